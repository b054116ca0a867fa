// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Byte-pair encoding of one piece of text: bytes in, token ids appended. The
// merges are done in order of rank, then position, on a heap: n log n for a
// piece of n symbols (Sennrich et al. 2016, arXiv:1508.07909). A piece that is
// a token which its own merges would give is looked up at once.
#ifndef LLMC_RUNTIME_TEXT_BPE_H
#define LLMC_RUNTIME_TEXT_BPE_H

#include "runtime/text/array.h"
#include "runtime/text/asset.h"

namespace llmc::text {

class Bpe {
public:
  Bpe(const Asset &asset, Array<int32_t> &out) : asset(asset), out(out) {}

  /// Encodes valid UTF-8 as the model says.
  void encode(const uint8_t *p, size_t size);

  /// The same by merges alone: no lookup of the whole and no cuts.
  void encodeByMerges(const uint8_t *p, size_t size);

  bool failed() const { return symbols.failed() || heap.failed(); }

  /// Work done so far: heap entries moved and merges looked up.
  uint64_t steps() const { return work; }

private:
  struct Symbol {
    uint32_t token;
    uint32_t rank;   ///< of the merge with the next symbol, or kNone
    uint32_t result; ///< of that merge
    uint32_t previous, next;
  };

  void encodePart(const uint8_t *p, size_t size);
  void addSymbols(const uint8_t *p, size_t size);
  void addUnknown(bool &pending);
  bool addFallback(const uint8_t *p, size_t size);
  void addSymbol(uint32_t token);
  void lookUp(uint32_t position);
  void mergeAll();
  void pushHeap(uint64_t key);
  uint64_t popHeap();

  const Asset &asset;
  Array<int32_t> &out;
  Array<Symbol> symbols;
  Array<uint64_t> heap; ///< rank << 32 | position, the smallest on top
  uint64_t work = 0;
};

} // namespace llmc::text

#endif // LLMC_RUNTIME_TEXT_BPE_H
