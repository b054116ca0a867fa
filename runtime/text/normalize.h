// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Normalizers: a piece of text in, the same text as the model wants it out, in
// one of the buffers. The encoder and the compiler (for added tokens that are
// matched in normalized text) share them.
#ifndef LLMC_RUNTIME_TEXT_NORMALIZE_H
#define LLMC_RUNTIME_TEXT_NORMALIZE_H

#include "runtime/text/array.h"
#include "runtime/text/asset.h"

namespace llmc::text {

/// A piece of text; `first` where it begins with the text's first character.
struct Piece {
  const uint8_t *begin, *end;
  bool first;

  bool empty() const { return begin == end; }
  size_t size() const { return size_t(end - begin); }
};

/// Where each stage of the asset writes.
struct Buffers {
  Array<uint8_t> stage[16];

  bool failed() const {
    for (const Array<uint8_t> &buffer : stage)
      if (buffer.failed())
        return true;
    return false;
  }
};

/// Appends [p, end) to `out` with every `from` (not empty) replaced by `to`.
void replaceAll(const uint8_t *p, const uint8_t *end, Bytes from, Bytes to,
                Array<uint8_t> &out);

/// `prefix` and `piece` in `buffer`.
Piece prefixed(Piece piece, Bytes prefix, Array<uint8_t> &buffer);

/// Runs the normalizers of the asset. The result stands in `piece` itself or in
/// a buffer, until the next call.
Piece normalize(const Asset &asset, Piece piece, Buffers &buffers);

} // namespace llmc::text

#endif // LLMC_RUNTIME_TEXT_NORMALIZE_H
