// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What prefill does once per panel: int4 and int8 panels become plain int8
// (nibble * multiplier is exact) in the order that the tile reads, in
// thread-private scratch, and are then used for all rows.
//   Lane order   [k / 4][8 channels][4], as int8 panels are stored
//   Pair order   [k / 8][4 pairs of channels][2][8], for SMMLA
#ifndef LLMC_KERNELS_LINEAR_PANEL_INT8_ARM_H
#define LLMC_KERNELS_LINEAR_PANEL_INT8_ARM_H

#include "kernels/linear/int/linear_int_arm.h"

// 8 channels of two neighbouring quads of k: channels 0-3 and 4-7 of each.
// Two neighbouring quads of k, for channels 0-3 (h = 0) or 4-7: as they stand,
// or as two pairs of channels with 8 k each. Works on packed nibbles as well.
template <bool Pair>
LLMC_INLINE uint8x16x2_t loadQuads(const uint8_t *w, int h) {
  uint32x4_t a = vreinterpretq_u32_u8(vld1q_u8(w + 16 * h));
  uint32x4_t b = vreinterpretq_u32_u8(vld1q_u8(w + 32 + 16 * h));
  if (Pair)
    return {vreinterpretq_u8_u32(vzip1q_u32(a, b)),
            vreinterpretq_u8_u32(vzip2q_u32(a, b))};
  return {vreinterpretq_u8_u32(a), vreinterpretq_u8_u32(b)};
}

// From the 64 bytes of two quads to vector i of loadQuads(w, h).
template <bool Pair> constexpr int quadOffset(int h, int i) {
  return Pair ? 32 * h + 16 * i : 32 * i + 16 * h;
}

// 32 k of an int4 panel; r[h][i]: the multipliers of vector i of half h.
template <bool Pair>
LLMC_INLINE void unpack32(const uint8_t *w, const int8x16_t r[2][2],
                          int8_t *out) {
  LLMC_UNROLL
  for (int j = 0; j < 2; ++j, w += 64, out += 64) {
    LLMC_UNROLL
    for (int h = 0; h < 2; ++h) {
      uint8x16x2_t v = loadQuads<Pair>(w, h);
      LLMC_UNROLL
      for (int i = 0; i < 2; ++i) {
        int8_t *to = out + quadOffset<Pair>(h, i);
        vst1q_s8(to, vmulq_s8(lowNibbles(v.val[i]), r[h][i]));
        vst1q_s8(to + 128, vmulq_s8(highNibbles(v.val[i]), r[h][i]));
      }
    }
  }
}

// Each of the 8 multipliers at m repeated as the bytes of its channel.
template <bool Pair>
LLMC_INLINE void repeatMultipliers(const int8_t *m, int8x16_t r[2][2]) {
  int8x8_t eight = vld1_s8(m);
  int8x16_t both = vcombine_s8(eight, eight);
  // Bytes of channel 0, then 1 (Pair: 8 each), or of 0 to 3 (4 each).
  const uint8x16_t first = Pair ? vcombine_u8(vdup_n_u8(0), vdup_n_u8(1))
                                : vreinterpretq_u8_u32(uint32x4_t{
                                      0, 0x01010101, 0x02020202, 0x03030303});
  LLMC_UNROLL
  for (int i = 0; i < 4; ++i) {
    int from = Pair ? 2 * i : i / 2 * 4;
    r[i / 2][i % 2] = vqtbl1q_s8(both, vaddq_u8(first, vdupq_n_u8(from)));
  }
}

// k [k, k + span) of a superblock.
template <int64_t Group, bool Pair>
LLMC_INLINE void unpackBlock(const uint8_t *panel, int64_t span, int8_t *out) {
  const int8_t *multipliers = reinterpret_cast<const int8_t *>(panel);
  const uint8_t *w = panel + llmc_i4_multipliers(span, Group);
  for (int64_t g = 0; g < span; g += Group, multipliers += LLMC_NR) {
    int8x16_t r[2][2];
    repeatMultipliers<Pair>(multipliers, r);
    int64_t end = least(Group, span - g);
    for (int64_t i = 0; i < end; i += 32, w += 16 * LLMC_NR)
      unpack32<Pair>(w, r, out + (g + i) * LLMC_NR);
  }
}

template <int64_t Group, bool Pair>
static inline void unpackPanel(Int4Panel<Group>, const uint8_t *panel,
                               int64_t kp, int8_t *out) {
  int64_t k = 0;
  for (; k + LLMC_SUPERBLOCK <= kp; k += LLMC_SUPERBLOCK) {
    unpackBlock<Group, Pair>(panel, LLMC_SUPERBLOCK, out + k * LLMC_NR);
    panel += llmc_i4_block_bytes(Group);
  }
  if (k < kp)
    unpackBlock<Group, Pair>(panel, kp - k, out + k * LLMC_NR);
}

template <bool Pair>
static inline void unpackPanel(Int8Panel, const uint8_t *panel, int64_t kp,
                               int8_t *out) {
  for (int64_t i = 0; i < kp * LLMC_NR; i += 64)
    LLMC_UNROLL
  for (int h = 0; h < 2; ++h) {
    uint8x16x2_t v = loadQuads<Pair>(panel + i, h);
    LLMC_UNROLL
    for (int j = 0; j < 2; ++j)
      vst1q_s8(out + i + quadOffset<Pair>(h, j), vreinterpretq_s8_u8(v.val[j]));
  }
}

#endif
