// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What prefill does once per panel: int4 and int8 panels become plain int8
// (nibble * multiplier is exact) in the order that the tile reads, in
// thread-private scratch, and are then used for all rows.
//   Lane order   [k / 4][8 channels][4], as int8 panels are stored
//   Pair order   [k / 8][4 pairs of channels][2][8], for SMMLA
#ifndef LLMC_KERNELS_LINEAR_PANEL_INT8_ARM_H
#define LLMC_KERNELS_LINEAR_PANEL_INT8_ARM_H

#include "kernels/linear/linear_int_arm.h"

// 8 channels of two neighbouring quads of k: channels 0-3 and 4-7 of each.
namespace {
struct Quads {
  int8x16_t first[2], second[2];
};
} // namespace

LLMC_INLINE void storeLane(int8_t *out, const Quads &q) {
  vst1q_s8(out, q.first[0]);
  vst1q_s8(out + 16, q.first[1]);
  vst1q_s8(out + 32, q.second[0]);
  vst1q_s8(out + 48, q.second[1]);
}

LLMC_INLINE void storePair(int8_t *out, const Quads &q) {
  for (int h = 0; h < 2; ++h) {
    int32x4_t a = vreinterpretq_s32_s8(q.first[h]);
    int32x4_t b = vreinterpretq_s32_s8(q.second[h]);
    vst1q_s8(out + 32 * h, vreinterpretq_s8_s32(vzip1q_s32(a, b)));
    vst1q_s8(out + 32 * h + 16, vreinterpretq_s8_s32(vzip2q_s32(a, b)));
  }
}

template <bool Pair> LLMC_INLINE void storeQuads(int8_t *out, const Quads &q) {
  if (Pair)
    storePair(out, q);
  else
    storeLane(out, q);
}

// 32 k of an int4 panel; r: the multipliers, each repeated four times.
template <bool Pair>
LLMC_INLINE void unpack32(const uint8_t *w, const int8x16_t r[2], int8_t *out) {
  LLMC_UNROLL
  for (int j = 0; j < 2; ++j, w += 64) {
    Quads low, high;
    LLMC_UNROLL
    for (int h = 0; h < 2; ++h) {
      uint8x16_t a = vld1q_u8(w + 16 * h), b = vld1q_u8(w + 32 + 16 * h);
      low.first[h] = vmulq_s8(lowNibbles(a), r[h]);
      low.second[h] = vmulq_s8(lowNibbles(b), r[h]);
      high.first[h] = vmulq_s8(highNibbles(a), r[h]);
      high.second[h] = vmulq_s8(highNibbles(b), r[h]);
    }
    storeQuads<Pair>(out + 64 * j, low);
    storeQuads<Pair>(out + 128 + 64 * j, high);
  }
}

template <int64_t Group, bool Pair>
static inline void unpackPanel(Int4Panel<Group>, const uint8_t *panel,
                               int64_t kp, int8_t *out) {
  static const uint8_t kRepeat[32] = {0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,
                                      2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5,
                                      5, 5, 6, 6, 6, 6, 7, 7, 7, 7};
  uint8x16_t repeat[2] = {vld1q_u8(kRepeat), vld1q_u8(kRepeat + 16)};
  for (int64_t k = 0; k < kp; k += LLMC_SUPERBLOCK) {
    int64_t span = least(LLMC_SUPERBLOCK, kp - k);
    const int8_t *multipliers = reinterpret_cast<const int8_t *>(panel);
    const uint8_t *w = panel + llmc_i4_multipliers(span, Group);
    int8x16_t r[2];
    for (int64_t i = 0; i < span; i += 32, w += 16 * LLMC_NR) {
      if (i % Group == 0) {
        int8x8_t m = vld1_s8(multipliers + i / Group * LLMC_NR);
        r[0] = vqtbl1q_s8(vcombine_s8(m, m), repeat[0]);
        r[1] = vqtbl1q_s8(vcombine_s8(m, m), repeat[1]);
      }
      unpack32<Pair>(w, r, out + (k + i) * LLMC_NR);
    }
    panel += llmc_i4_block_bytes(Group);
  }
}

template <bool Pair>
static inline void unpackPanel(Int8Panel, const uint8_t *panel, int64_t kp,
                               int8_t *out) {
  for (int64_t i = 0; i < kp * LLMC_NR; i += 64) {
    Quads q;
    for (int h = 0; h < 2; ++h) {
      q.first[h] = vreinterpretq_s8_u8(vld1q_u8(panel + i + 16 * h));
      q.second[h] = vreinterpretq_s8_u8(vld1q_u8(panel + i + 32 + 16 * h));
    }
    storeQuads<Pair>(out + i, q);
  }
}

#endif
