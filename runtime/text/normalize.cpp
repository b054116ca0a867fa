// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/text/normalize.h"
#include "runtime/text/unicode.h"
#include <string.h>

namespace llmc::text {

void replaceAll(const uint8_t *p, const uint8_t *end, Bytes from, Bytes to,
                Array<uint8_t> &out) {
  out.reserve(size_t(end - p) + size_t(end - p) / 4);
  while (p < end) {
    auto *at = static_cast<const uint8_t *>(
        from.size() == 1 ? memchr(p, from[0], size_t(end - p))
                         : memmem(p, size_t(end - p), from.items, from.size()));
    out.append(p, size_t((at ? at : end) - p));
    if (!at)
      return;
    out.append(to.items, to.size());
    p = at + from.size();
  }
}

Piece prefixed(Piece piece, Bytes prefix, Array<uint8_t> &buffer) {
  buffer.clear();
  buffer.append(prefix.items, prefix.size());
  buffer.append(piece.begin, piece.size());
  return {buffer.begin(), buffer.end(), piece.first};
}

Piece normalize(const Asset &asset, Piece piece, Buffers &buffers) {
  for (uint32_t i = 0; i < asset.model->normalizers; ++i) {
    const Stage &stage = asset.stages[i];
    Array<uint8_t> &buffer = buffers.stage[i];
    Bytes a = asset.string(stage.a);
    if (stage.kind == kStagePrepend) {
      piece = piece.empty() ? piece : prefixed(piece, a, buffer);
      continue;
    }
    buffer.clear();
    if (stage.kind == kStageReplace)
      replaceAll(piece.begin, piece.end, a, asset.string(stage.b), buffer);
    else if (stage.kind == kStageNfc)
      composeNfc(piece.begin, piece.size(), buffer);
    else
      continue;
    piece = {buffer.begin(), buffer.end(), piece.first};
  }
  return piece;
}

} // namespace llmc::text
