// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Up to 6 rows by SMMLA straight from packed panels: a panel is read once for
// all, and nothing is unpacked to scratch, which pays from 7 rows on. Needs
// what prefill_pair_arm.h needs.
#ifndef LLMC_KERNELS_LINEAR_INT_FEW_ROWS_ARM_H
#define LLMC_KERNELS_LINEAR_INT_FEW_ROWS_ARM_H

#include "kernels/linear/panel_int8_arm.h"
#include "kernels/linear/prefill_pair_arm.h"

namespace {

constexpr int64_t kFewPairs = 3;

// Sums of pairs of rows with the 4 pairs of channels.
template <int Pairs> struct PairSums {
  int32x4_t v[Pairs][4];

  LLMC_INLINE_MEMBER void clear() {
    LLMC_UNROLL
    for (int i = 0; i < 4 * Pairs; ++i)
      v[i / 4][i % 4] = vdupq_n_s32(0);
  }
};

// 32 k of an int4 panel, times 16. Low nibbles hold k 0-15, high ones 16-31.
template <int Pairs>
LLMC_INLINE void addNibbles(PairSums<Pairs> &s, const uint8_t *w,
                            const int8_t *x, int64_t stride) {
  const uint8x16_t mask = vdupq_n_u8(0xf0);
  LLMC_UNROLL
  for (int j = 0; j < 2; ++j) {
    int8x16_t low[Pairs], high[Pairs];
    LLMC_UNROLL
    for (int p = 0; p < Pairs; ++p) {
      low[p] = vld1q_s8(x + p * stride + 16 * j);
      high[p] = vld1q_s8(x + p * stride + 32 + 16 * j);
    }
    LLMC_UNROLL
    for (int c = 0; c < 4; ++c) {
      uint8x16_t v = loadQuads<true>(w + 64 * j, c / 2).val[c % 2];
      int8x16_t lowWeights = vreinterpretq_s8_u8(vshlq_n_u8(v, 4));
      int8x16_t highWeights = vreinterpretq_s8_u8(vandq_u8(v, mask));
      LLMC_UNROLL
      for (int p = 0; p < Pairs; ++p) {
        s.v[p][c] = vmmlaq_s32(s.v[p][c], low[p], lowWeights);
        s.v[p][c] = vmmlaq_s32(s.v[p][c], high[p], highWeights);
      }
    }
  }
}

// total += s * the 8 multipliers at r.
template <int Pairs>
LLMC_INLINE void addGroup(PairSums<Pairs> &total, const PairSums<Pairs> &s,
                          const uint8_t *r) {
  int16x8_t m = vmovl_s8(vld1_s8(reinterpret_cast<const int8_t *>(r)));
  int64x2_t half[2] = {vreinterpretq_s64_s32(vmovl_s16(vget_low_s16(m))),
                       vreinterpretq_s64_s32(vmovl_high_s16(m))};
  LLMC_UNROLL
  for (int c = 0; c < 4; ++c) {
    int64x2_t x = half[c / 2];
    x = c % 2 ? vzip2q_s64(x, x) : vzip1q_s64(x, x);
    LLMC_UNROLL
    for (int p = 0; p < Pairs; ++p)
      total.v[p][c] =
          vmlaq_s32(total.v[p][c], s.v[p][c], vreinterpretq_s32_s64(x));
  }
}

// Sums over `span` k from k on, times 2^sumShift.
template <int64_t Group, int Pairs>
LLMC_INLINE void addBlock(PairSums<Pairs> &total, Int4Panel<Group>,
                          const uint8_t *panel, const int8_t *x, int64_t stride,
                          int64_t k, int64_t span) {
  const uint8_t *r = panel + k / LLMC_SUPERBLOCK * llmc_i4_block_bytes(Group);
  const uint8_t *w = r + llmc_i4_multipliers(span, Group);
  for (int64_t i = 0; i < span; i += Group, r += LLMC_NR) {
    PairSums<Pairs> s;
    s.clear();
    for (int64_t j = i; j < least(i + Group, span); j += 32)
      addNibbles(s, w + j / 2 * LLMC_NR, x + 2 * j, stride);
    addGroup(total, s, r);
  }
}
template <int Pairs>
LLMC_INLINE void addBlock(PairSums<Pairs> &total, Int8Panel,
                          const uint8_t *panel, const int8_t *x, int64_t stride,
                          int64_t k, int64_t span) {
  const uint8_t *w = panel + k * LLMC_NR;
  for (int64_t i = 0; i < span; i += 8, w += 64, x += 16)
    LLMC_UNROLL
  for (int c = 0; c < 4; ++c) {
    int8x16_t v = vreinterpretq_s8_u8(loadQuads<true>(w, c / 2).val[c % 2]);
    LLMC_UNROLL
    for (int p = 0; p < Pairs; ++p)
      total.v[p][c] = vmmlaq_s32(total.v[p][c], vld1q_s8(x + p * stride), v);
  }
}

template <int64_t Group> constexpr int sumShift(Int4Panel<Group>) { return 4; }
constexpr int sumShift(Int8Panel) { return 0; }

// A call of up to 2 * Pairs rows.
template <typename Panel, int Pairs>
__attribute__((noinline)) void pairsOfRows(const Chunk &of) {
  const Chunk call = of; // nobody else writes to the copy
  const llmc_linear_args &a = call.a;
  const int8_t *x = call.rows(0);
  constexpr int Shift = sumShift(Panel());
  for (int64_t n = call.begin; n < call.end; n += LLMC_NR) {
    const uint8_t *panel =
        static_cast<const uint8_t *>(a.rhs) + n / LLMC_NR * Panel::bytes(a.k);
    float32x4_t total[Pairs][4];
    LLMC_UNROLL
    for (int i = 0; i < 4 * Pairs; ++i)
      total[i / 4][i % 4] = vdupq_n_f32(0);
    for (int64_t k = 0; k < call.kp; k += LLMC_Q8_BLOCK) {
      PairSums<Pairs> s;
      s.clear();
      addBlock(s, Panel(), panel, x + 2 * k, call.stride, k,
               least(LLMC_Q8_BLOCK, call.kp - k));
      LLMC_UNROLL
      for (int p = 0; p < Pairs; ++p) {
        float32x4_t scale = pairScale(x + 2 * call.kp + k / LLMC_Q8_BLOCK * 8 +
                                      p * call.stride);
        LLMC_UNROLL
        for (int c = 0; c < 4; ++c) {
          float32x4_t f =
              Shift ? vcvtq_n_f32_s32(s.v[p][c], 4) : vcvtq_f32_s32(s.v[p][c]);
          total[p][c] = vfmaq_f32(total[p][c], f, scale);
        }
      }
    }
    const uint8_t *scales = panel + Panel::scales(a.k);
    LLMC_UNROLL
    for (int r = 0; r < 2 * Pairs; ++r)
      if (r < a.rows)
        storePanel(&a, r, n, call.end,
                   zipPairs(total[r / 2][0], total[r / 2][1], r % 2),
                   zipPairs(total[r / 2][2], total[r / 2][3], r % 2), scales);
  }
}

// A call of 2 to 2 * kFewPairs rows.
template <typename Panel> void fewPairs(const Chunk &call) {
  if (call.a.rows <= 2)
    pairsOfRows<Panel, 1>(call);
  else if (call.a.rows <= 4)
    pairsOfRows<Panel, 2>(call);
  else
    pairsOfRows<Panel, 3>(call);
}

} // namespace

#endif
