// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Two rows by SMMLA straight from packed panels: a panel is read once for both,
// and nothing is unpacked to scratch. Needs what prefill_pair_arm.h needs.
#ifndef LLMC_KERNELS_LINEAR_INT_TWO_ROWS_ARM_H
#define LLMC_KERNELS_LINEAR_INT_TWO_ROWS_ARM_H

#include "kernels/linear/panel_int8_arm.h"
#include "kernels/linear/prefill_pair_arm.h"

namespace {

// Sums of 2 rows with the 4 pairs of channels.
struct PairSums {
  int32x4_t v[4];

  LLMC_INLINE_MEMBER void clear() {
    LLMC_UNROLL
    for (int c = 0; c < 4; ++c)
      v[c] = vdupq_n_s32(0);
  }
};

// 32 k of an int4 panel, times 16. Low nibbles hold k 0-15, high ones 16-31.
LLMC_INLINE void addNibbles(PairSums &s, const uint8_t *w, const int8_t *x) {
  const uint8x16_t mask = vdupq_n_u8(0xf0);
  LLMC_UNROLL
  for (int j = 0; j < 2; ++j) {
    int8x16_t low = vld1q_s8(x + 16 * j), high = vld1q_s8(x + 32 + 16 * j);
    LLMC_UNROLL
    for (int c = 0; c < 4; ++c) {
      uint8x16_t v = loadQuads<true>(w + 64 * j, c / 2).val[c % 2];
      s.v[c] = vmmlaq_s32(s.v[c], low, vreinterpretq_s8_u8(vshlq_n_u8(v, 4)));
      s.v[c] = vmmlaq_s32(s.v[c], high, vreinterpretq_s8_u8(vandq_u8(v, mask)));
    }
  }
}

// total += s * the 8 multipliers at r.
LLMC_INLINE void addGroup(PairSums &total, const PairSums &s,
                          const uint8_t *r) {
  int16x8_t m = vmovl_s8(vld1_s8(reinterpret_cast<const int8_t *>(r)));
  int64x2_t half[2] = {vreinterpretq_s64_s32(vmovl_s16(vget_low_s16(m))),
                       vreinterpretq_s64_s32(vmovl_high_s16(m))};
  LLMC_UNROLL
  for (int c = 0; c < 4; ++c) {
    int64x2_t x = half[c / 2];
    x = c % 2 ? vzip2q_s64(x, x) : vzip1q_s64(x, x);
    total.v[c] = vmlaq_s32(total.v[c], s.v[c], vreinterpretq_s32_s64(x));
  }
}

// Sums over `span` k from k on, times 2^shift.
template <int64_t Group>
LLMC_INLINE void addBlock(PairSums &total, Int4Panel<Group>,
                          const uint8_t *panel, const int8_t *x, int64_t k,
                          int64_t span) {
  const uint8_t *r = panel + k / LLMC_SUPERBLOCK * llmc_i4_block_bytes(Group);
  const uint8_t *w = r + llmc_i4_multipliers(span, Group);
  for (int64_t i = 0; i < span; i += Group, r += LLMC_NR) {
    PairSums s;
    s.clear();
    for (int64_t j = i; j < least(i + Group, span); j += 32)
      addNibbles(s, w + j / 2 * LLMC_NR, x + 2 * j);
    addGroup(total, s, r);
  }
}
LLMC_INLINE void addBlock(PairSums &total, Int8Panel, const uint8_t *panel,
                          const int8_t *x, int64_t k, int64_t span) {
  const uint8_t *w = panel + k * LLMC_NR;
  for (int64_t i = 0; i < span; i += 8, w += 64, x += 16)
    LLMC_UNROLL
  for (int c = 0; c < 4; ++c)
    total.v[c] =
        vmmlaq_s32(total.v[c], vld1q_s8(x),
                   vreinterpretq_s8_u8(loadQuads<true>(w, c / 2).val[c % 2]));
}

template <int64_t Group> constexpr int sumShift(Int4Panel<Group>) { return 4; }
constexpr int sumShift(Int8Panel) { return 0; }

// A call of two rows.
template <typename Panel> void twoRows(const Chunk &call) {
  const llmc_linear_args *a = &call.a;
  const int8_t *x = static_cast<const int8_t *>(a->lhs);
  constexpr int Shift = sumShift(Panel());
  for (int64_t n = call.begin; n < call.end; n += LLMC_NR) {
    const uint8_t *panel =
        static_cast<const uint8_t *>(a->rhs) + n / LLMC_NR * Panel::bytes(a->k);
    float32x4_t total[1][4];
    LLMC_UNROLL
    for (int c = 0; c < 4; ++c)
      total[0][c] = vdupq_n_f32(0);
    for (int64_t k = 0; k < call.kp; k += LLMC_Q8_BLOCK) {
      PairSums s;
      s.clear();
      addBlock(s, Panel(), panel, x + 2 * k, k,
               least(LLMC_Q8_BLOCK, call.kp - k));
      float32x4_t scale = pairScale(x + 2 * call.kp + k / LLMC_Q8_BLOCK * 8);
      LLMC_UNROLL
      for (int c = 0; c < 4; ++c) {
        float32x4_t f =
            Shift ? vcvtq_n_f32_s32(s.v[c], 4) : vcvtq_f32_s32(s.v[c]);
        total[0][c] = vfmaq_f32(total[0][c], f, scale);
      }
    }
    const uint8_t *scales = panel + Panel::scales(a->k);
    for (int r = 0; r < 2; ++r)
      storePanel(a, r, n, call.end, zipPairs(total[0][0], total[0][1], r),
                 zipPairs(total[0][2], total[0][3], r), scales);
  }
}

} // namespace

#endif
