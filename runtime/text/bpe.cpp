// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/text/bpe.h"
#include "runtime/text/unicode.h"
#include <string.h>

namespace llmc::text {

void Bpe::encode(const uint8_t *p, size_t size) {
  if (asset.has(kIgnoreMerges)) {
    uint32_t token = asset.findWord(p, size);
    if (token != kNone)
      return out.push(int32_t(token));
  }
  if (!asset.has(kCutAtMarker))
    return encodePart(p, size);
  // Cut before each marker that follows another character: no merge reaches
  // across, so the parts give the same tokens as the whole.
  Bytes marker = asset.string(asset.model->marker);
  const uint8_t *end = p + size, *begin = p;
  auto isMarker = [&](const uint8_t *at) {
    return size_t(end - at) >= marker.size() &&
           memcmp(at, marker.items, marker.size()) == 0;
  };
  while (p < end) {
    while (p < end && isMarker(p))
      p += marker.size();
    while (p < end && !isMarker(p)) {
      auto *next = static_cast<const uint8_t *>(
          memchr(p + 1, marker[0], size_t(end - p - 1)));
      p = next ? next : end;
    }
    encodePart(begin, size_t(p - begin));
    begin = p;
  }
}

void Bpe::encodePart(const uint8_t *p, size_t size) {
  uint32_t token = asset.findWord(p, size);
  if (token != kNone && (asset.tokenFlags[token] & kTokenWhole))
    return out.push(int32_t(token));
  encodeByMerges(p, size);
}

void Bpe::encodeByMerges(const uint8_t *p, size_t size) {
  symbols.clear();
  heap.clear();
  addSymbols(p, size);
  // Positions are 32 bits wide.
  if (symbols.failed() || symbols.size() >= kNone)
    return symbols.fail();
  if (symbols.empty())
    return;
  for (uint32_t i = 0; i < symbols.size(); ++i) {
    symbols[i].previous = i ? i - 1 : kNone;
    symbols[i].next = i + 1 < symbols.size() ? i + 1 : kNone;
  }
  for (uint32_t i = 0; i + 1 < symbols.size(); ++i)
    lookUp(i);
  mergeAll();
  for (uint32_t i = 0; i != kNone; i = symbols[i].next)
    out.push(int32_t(symbols[i].token));
}

void Bpe::addSymbol(uint32_t token) {
  symbols.push({token, kNone, kNone, kNone, kNone});
}

void Bpe::addUnknown(bool &pending) {
  if (asset.model->unknown == kNone)
    return;
  if (!pending || !asset.has(kFuseUnknown))
    addSymbol(asset.model->unknown);
  pending = true;
}

/// The byte tokens of one character, if there is one for each byte.
bool Bpe::addFallback(const uint8_t *p, size_t size) {
  if (!asset.has(kByteFallback))
    return false;
  for (size_t i = 0; i < size; ++i)
    if (asset.byteTokens[p[i]] == kNone)
      return false;
  for (size_t i = 0; i < size; ++i)
    addSymbol(asset.byteTokens[p[i]]);
  return true;
}

void Bpe::addSymbols(const uint8_t *p, size_t size) {
  const uint8_t *end = p + size;
  bool pending = false; // an unknown token that a further one fuses with
  if (asset.has(kByteLevel)) {
    for (; p < end; ++p) {
      uint32_t token = asset.byteTokens[*p];
      if (token == kNone)
        addUnknown(pending);
      else
        addSymbol(token), pending = false;
    }
    return;
  }
  for (unsigned length; p < end; p += length) {
    decodeUtf8(p, length);
    uint32_t token =
        *p < 128 ? asset.asciiWords[*p] : asset.findWord(p, length);
    if (token != kNone)
      addSymbol(token), pending = false;
    else if (!addFallback(p, length))
      addUnknown(pending);
  }
}

/// Finds the merge of the symbol at `position` with the next one.
void Bpe::lookUp(uint32_t position) {
  Symbol &symbol = symbols[position];
  symbol.rank = kNone;
  if (symbol.next == kNone)
    return;
  ++work;
  if (auto *merge = asset.findMerge(symbol.token, symbols[symbol.next].token)) {
    symbol.rank = merge->rank;
    symbol.result = merge->result;
    pushHeap(uint64_t(merge->rank) << 32 | position);
  }
}

void Bpe::mergeAll() {
  while (!heap.empty()) {
    uint64_t key = popHeap();
    uint32_t position = uint32_t(key);
    Symbol &symbol = symbols[position];
    // An entry is out of date where the symbol or its neighbour was merged.
    if (symbol.rank != uint32_t(key >> 32) || symbol.next == kNone)
      continue;
    Symbol &right = symbols[symbol.next];
    symbol.token = symbol.result;
    right.rank = kNone;
    symbol.next = right.next;
    if (symbol.next != kNone)
      symbols[symbol.next].previous = position;
    lookUp(position);
    if (symbol.previous != kNone)
      lookUp(symbol.previous);
  }
}

void Bpe::pushHeap(uint64_t key) {
  heap.push(key);
  if (heap.failed())
    return;
  size_t i = heap.size() - 1;
  for (; i > 0 && heap[(i - 1) / 2] > key; i = (i - 1) / 2, ++work)
    heap[i] = heap[(i - 1) / 2];
  heap[i] = key;
}

uint64_t Bpe::popHeap() {
  uint64_t top = heap[0], key = heap.back();
  heap.pop();
  size_t size = heap.size(), i = 0;
  for (size_t child; (child = 2 * i + 1) < size; i = child, ++work) {
    if (child + 1 < size && heap[child + 1] < heap[child])
      ++child;
    if (heap[child] >= key)
      break;
    heap[i] = heap[child];
  }
  if (size)
    heap[i] = key;
  return top;
}

} // namespace llmc::text
