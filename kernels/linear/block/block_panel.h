// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A panel of the block layouts (layouts/panels.h) as a template argument of the
// linears that read it. A span is the k of one superblock, at most 256.
#ifndef LLMC_KERNELS_LINEAR_BLOCK_BLOCK_PANEL_H
#define LLMC_KERNELS_LINEAR_BLOCK_BLOCK_PANEL_H

#include "kernels/layouts/panels.h"

namespace {

template <int Bits, int64_t Group, bool Zeros> struct BlockPanel {
  static constexpr int kBits = Bits;
  static constexpr int64_t kGroup = Group;
  static constexpr bool kZeros = Zeros;
  static int64_t bytes(int64_t k) {
    return llmc_block_panel_bytes(k, Bits, Group, Zeros);
  }
  static int64_t bytesOf(int64_t span) {
    return llmc_block_span_bytes(span, Bits, Group, Zeros);
  }
  static const uint8_t *codes(const uint8_t *in, int64_t span) {
    return in + llmc_block_codes(span, Group, Zeros);
  }
  static const int8_t *zeros(const uint8_t *in, int64_t span) {
    return reinterpret_cast<const int8_t *>(in + llmc_block_zeros(span, Group));
  }
};

} // namespace

#endif
