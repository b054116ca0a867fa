// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// llmc_text_encode: added tokens are cut out of the raw text, the rest is
// normalized, added tokens are cut out of that, the rest is split by the
// pre-tokenizers, and each piece goes through the model.
#include "runtime/text/bpe.h"
#include "runtime/text/normalize.h"
#include "runtime/text/scanner.h"
#include "runtime/text/unicode.h"
#include <string.h>

namespace llmc::text {
namespace {

class Encoder {
public:
  explicit Encoder(const Asset &asset) : asset(asset), bpe(asset, ids) {}

  void run(const uint8_t *p, size_t size, bool addSpecial);
  bool failed() const;

  Array<int32_t> ids;

private:
  template <typename Next>
  void cutAddedTokens(Piece piece, uint32_t root, const bool *start, Next next);
  const uint8_t *longestAdded(uint32_t root, const uint8_t *p,
                              const uint8_t *end, uint32_t &token) const;
  void preTokenize(Piece piece, size_t stage);
  void emitPiece(Piece piece, size_t stage) {
    if (!piece.empty())
      preTokenize(piece, stage + 1);
  }
  void split(Piece piece, size_t stage);
  void splitIsolated(Piece piece, size_t stage);

  const Asset &asset;
  Bpe bpe;
  Buffers buffers;
};

bool startsWith(const uint8_t *p, const uint8_t *end, Bytes prefix) {
  return size_t(end - p) >= prefix.size() &&
         memcmp(p, prefix.items, prefix.size()) == 0;
}

const uint8_t *previousChar(const uint8_t *p) {
  do
    --p;
  while ((*p & 0xC0) == 0x80);
  return p;
}

bool isClass(const uint8_t *p, uint32_t classes) {
  unsigned length;
  return classBit(classOf(decodeUtf8(p, length))) & classes;
}

/// The end of the longest added token at p, or nullptr.
const uint8_t *Encoder::longestAdded(uint32_t root, const uint8_t *p,
                                     const uint8_t *end,
                                     uint32_t &token) const {
  const uint8_t *found = nullptr;
  uint32_t node = root;
  for (; p < end; ++p) {
    uint32_t e = asset.trie[node].firstEdge, last = asset.trie[node + 1].firstEdge;
    while (e < last && asset.trieEdges[e] >> 24 != *p)
      ++e;
    if (e == last)
      break;
    node = asset.trieEdges[e] & 0xFFFFFF;
    if (asset.trie[node].token != kNone) {
      token = asset.trie[node].token;
      found = p + 1;
    }
  }
  return found;
}

/// Emits the added tokens of `piece` and hands what lies between to `next`.
template <typename Next>
void Encoder::cutAddedTokens(Piece piece, uint32_t root, const bool *start,
                             Next next) {
  const uint8_t *done = piece.begin, *p = piece.begin;
  auto gap = [&](const uint8_t *to) {
    if (done < to)
      next(Piece{done, to, piece.first && done == piece.begin});
  };
  while (p < piece.end) {
    uint32_t token;
    const uint8_t *stop;
    if (!start[*p] || !(stop = longestAdded(root, p, piece.end, token))) {
      ++p;
      continue;
    }
    const uint8_t *from = p;
    p = stop;
    uint16_t flags = asset.tokenFlags[token];
    if ((flags & kTokenSingleWord) &&
        ((from > piece.begin && isClass(previousChar(from), kWordChar)) ||
         (stop < piece.end && isClass(stop, kWordChar))))
      continue;
    if (flags & kTokenLeftStrip)
      while (from > done && isClass(previousChar(from), classBit(kSpace)))
        from = previousChar(from);
    if (flags & kTokenRightStrip) {
      unsigned length;
      for (; stop < piece.end && isClass(stop, classBit(kSpace)); stop += length)
        decodeUtf8(stop, length);
    }
    gap(from);
    ids.push(int32_t(token));
    done = stop > done ? stop : done;
  }
  gap(piece.end);
}

void Encoder::preTokenize(Piece piece, size_t index) {
  if (index == asset.stages.size())
    return bpe.encode(piece.begin, piece.size());
  const Stage &stage = asset.stages[index];
  Array<uint8_t> &buffer = buffers.stage[index];
  if (stage.kind == kStageSpacePrefix) {
    static const uint8_t space = ' ';
    return emitPiece(*piece.begin == ' ' ? piece
                                         : prefixed(piece, {&space, 1}, buffer),
                     index);
  }
  if (stage.kind == kStageMetaspace) {
    static const uint8_t space = ' ';
    Bytes marker = asset.string(stage.b);
    buffer.clear();
    bool prepend = (stage.options & kPrependAlways) ||
                   ((stage.options & kPrependFirst) && piece.first);
    if (prepend && *piece.begin != ' ' &&
        !startsWith(piece.begin, piece.end, marker))
      buffer.append(marker.items, marker.size());
    replaceAll(piece.begin, piece.end, {&space, 1}, marker, buffer);
    piece = {buffer.begin(), buffer.end(), piece.first};
    if (!(stage.options & kSplitAtMarker))
      return emitPiece(piece, index);
  }
  if (stage.behavior == kIsolated)
    return splitIsolated(piece, index);
  split(piece, index);
}

void Encoder::splitIsolated(Piece piece, size_t index) {
  const Stage &stage = asset.stages[index];
  const uint8_t *done = piece.begin;
  auto emit = [&](const uint8_t *from, const uint8_t *to) {
    emitPiece({from, to, piece.first && from == piece.begin}, index);
  };
  Match match;
  while (findMatch(asset, stage, done, piece.end, match)) {
    emit(done, match.begin);
    emit(match.begin, match.end);
    done = match.end;
  }
  emit(done, piece.end);
}

/// The behaviours under which a match is not a piece of its own.
void Encoder::split(Piece piece, size_t index) {
  const Stage &stage = asset.stages[index];
  // [open, at) is the piece that is being collected.
  const uint8_t *open = piece.begin, *at = piece.begin;
  auto close = [&](const uint8_t *to) {
    emitPiece({open, to, piece.first && open == piece.begin}, index);
    open = to;
  };
  Match match;
  bool inMatches = false;
  while (findMatch(asset, stage, at, piece.end, match)) {
    if (match.begin > at && inMatches) // kContiguous: a run of matches ends
      close(at), inMatches = false;
    switch (stage.behavior) {
    case kRemoved:
      close(match.begin);
      open = match.end;
      break;
    case kMergedWithPrevious:
      close(match.end);
      break;
    case kMergedWithNext:
      close(match.begin);
      break;
    default:
      if (!inMatches)
        close(match.begin);
      inMatches = true;
    }
    at = match.end;
  }
  if (inMatches)
    close(at);
  close(piece.end);
}

void Encoder::run(const uint8_t *p, size_t size, bool addSpecial) {
  if (addSpecial)
    ids.append(asset.prefix.items, asset.prefix.size());
  cutAddedTokens(
      {p, p + size, true}, asset.model->rawTrie, asset.rawStart,
      [&](Piece raw) {
        cutAddedTokens(normalize(asset, raw, buffers), asset.model->normalizedTrie,
                       asset.normalizedStart, [&](Piece piece) {
                         preTokenize(piece, asset.model->normalizers);
                       });
      });
  if (addSpecial)
    ids.append(asset.suffix.items, asset.suffix.size());
}

bool Encoder::failed() const {
  bool result = ids.failed() || bpe.failed();
  return result || buffers.failed();
}

} // namespace
} // namespace llmc::text

using namespace llmc::text;

llmc_text_status llmc_text_encode(const llmc_text *text, const char *string,
                                  size_t length, int add_special, int32_t **ids,
                                  size_t *count, llmc_text_message *message) {
  *ids = nullptr;
  *count = 0;
  const Asset &asset = text->asset;
  if (!asset.has(kHasTokenizer))
    return report(LLMC_TEXT_ABSENT, message, "the model has no tokenizer");
  auto *bytes = reinterpret_cast<const uint8_t *>(string);
  size_t valid = validUtf8(bytes, length);
  if (valid < length)
    return report(LLMC_TEXT_BAD_INPUT, message,
                  "the text is not UTF-8 (byte %zu)", valid);
  Encoder encoder(asset);
  encoder.run(bytes, length, add_special);
  if (encoder.failed())
    return report(LLMC_TEXT_NO_MEMORY, message, "out of memory");
  *count = encoder.ids.size();
  *ids = encoder.ids.release();
  return LLMC_TEXT_OK;
}
