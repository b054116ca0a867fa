// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Prefill by SMMLA: 2 rows x 2 channels x 8 k an instruction, over int8 panels
// in pair order. The integer sums of a block start at 0x4b400000, whose bits
// read as f32 are 12582912: as the sums stay below 2^22, the bits are then
// 12582912 + sum, and one subtraction gives the exact float. lhs:
// layouts/lhs_q8.h, q8x2. BFMMLA (linear_bf16_bf16.cpp) has its sums by pairs too.
#ifndef LLMC_KERNELS_LINEAR_PREFILL_PAIR_ARM_H
#define LLMC_KERNELS_LINEAR_PREFILL_PAIR_ARM_H

#include "kernels/linear/dot_arm.h"

namespace {

constexpr float kMagic = 12582912.0f;
// Panels and k unpacked at a time: with the rows of a tile they stay in L1. The
// sums of the chunks before stand in out meanwhile.
constexpr int kPanels = 2;
constexpr int64_t kChunk = 2048;

// 2 * Pairs rows x 8 channels over `span` k, a multiple of Step (16 or 32):
// acc[pair of rows][pair of channels].
template <int Pairs, int64_t Step>
LLMC_INLINE void pairBlock(const int8_t *w, const int8_t *x, int64_t stride,
                       int64_t span, int32x4_t acc[Pairs][4]) {
  int32x4_t magic = vreinterpretq_s32_f32(vdupq_n_f32(kMagic));
  LLMC_UNROLL
  for (int p = 0; p < Pairs; ++p)
    LLMC_UNROLL
    for (int c = 0; c < 4; ++c)
      acc[p][c] = magic;
  for (int64_t i = 0; i < span; i += Step, w += Step * LLMC_NR) {
    LLMC_UNROLL
    for (int h = 0; h < Step / 8; ++h) {
      int8x16_t b[4], a[Pairs];
      LLMC_UNROLL
      for (int c = 0; c < 4; ++c)
        b[c] = vld1q_s8(w + 64 * h + 16 * c);
      LLMC_UNROLL
      for (int p = 0; p < Pairs; ++p)
        a[p] = vld1q_s8(x + p * stride + 2 * i + 16 * h);
      LLMC_UNROLL
      for (int p = 0; p < Pairs; ++p)
        LLMC_UNROLL
        for (int c = 0; c < 4; ++c)
          acc[p][c] = vmmlaq_s32(acc[p][c], a[p], b[c]);
    }
  }
}

// What all tiles of a call share.
struct Call {
  const llmc_linear_args *a;
  int64_t kp, stride; // of lhs: k as stored, bytes between pairs of rows
};

LLMC_INLINE float32x4_t zipPairs(float32x4_t a, float32x4_t b, bool second) {
  float64x2_t x = vreinterpretq_f64_f32(a), y = vreinterpretq_f64_f32(b);
  return vreinterpretq_f32_f64(second ? vzip2q_f64(x, y) : vzip1q_f64(x, y));
}

// The scales of a pair of rows, [s0 s1] to [s0 s0 s1 s1].
LLMC_INLINE float32x4_t pairScale(const int8_t *scales) {
  float32x4_t s = vreinterpretq_f32_f64(
      vld1q_dup_f64(reinterpret_cast<const double *>(scales)));
  return vzip1q_f32(s, s);
}

// total + (sum that began at kMagic) * scale.
LLMC_INLINE float32x4_t addPairSum(float32x4_t total, int32x4_t sum,
                                   float32x4_t scale) {
  float32x4_t f = vsubq_f32(vreinterpretq_f32_s32(sum), vdupq_n_f32(kMagic));
  return vfmaq_f32(total, f, scale);
}

// Rows of 8 channels, and where they go.
template <int Rows> struct Out {
  float32x4_t v[Rows][2];

  // From and to sums by pairs, total[pair of rows][pair of channels].
  LLMC_INLINE_MEMBER void fromPairs(const float32x4_t (*total)[4]) {
    LLMC_UNROLL
    for (int i = 0; i < 2 * Rows; ++i)
      v[i / 2][i % 2] = zipPairs(total[i / 4][i % 2 * 2],
                                 total[i / 4][i % 2 * 2 + 1], i / 2 % 2);
  }
  LLMC_INLINE_MEMBER void toPairs(float32x4_t (*total)[4]) const {
    LLMC_UNROLL
    for (int i = 0; i < 2 * Rows; ++i)
      total[i / 4][i % 4] =
          zipPairs(v[i / 4 * 2][i % 4 / 2], v[i / 4 * 2 + 1][i % 4 / 2], i % 2);
  }

  // Sums of earlier chunks; what lies outside out is 0.
  __attribute__((noinline)) void load(const llmc_linear_args *a, int64_t row,
                                      int64_t n, int64_t end) {
    for (int r = 0; r < Rows; ++r) {
      float x[LLMC_NR] = {};
      const float *from = a->out + (row + r) * a->out_stride + n;
      if (n + LLMC_NR > end || row + r >= a->rows) {
        for (int64_t c = 0; c < least(end - n, LLMC_NR) && row + r < a->rows;
             ++c)
          x[c] = from[c];
        from = x;
      }
      v[r][0] = vld1q_f32(from);
      v[r][1] = vld1q_f32(from + 4);
    }
  }
  __attribute__((noinline)) void store(const llmc_linear_args *a, int64_t row,
                                       int64_t n, int64_t end) const {
    for (int r = 0; r < Rows && row + r < a->rows; ++r) {
      float x[LLMC_NR], *to = a->out + (row + r) * a->out_stride + n;
      bool whole = n + LLMC_NR <= end;
      vst1q_f32(whole ? to : x, v[r][0]);
      vst1q_f32(whole ? to + 4 : x + 4, v[r][1]);
      for (int64_t c = 0; !whole && c < end - n; ++c)
        to[c] = x[c];
    }
  }
  // A tile at the end of the rows or of the channels, or with a bias. scales:
  // of the channels, or null.
  __attribute__((noinline)) void finish(const llmc_linear_args *a, int64_t row,
                                        int64_t n, int64_t end,
                                        const uint8_t *scales) const {
    for (int r = 0; r < Rows && row + r < a->rows; ++r)
      if (scales)
        storePanel(a, row + r, n, end, v[r][0], v[r][1], scales);
      else
        storeValues(a, row + r, n, end, v[r][0], v[r][1]);
  }
};

// A row or two: unpacking would cost more than decoding row by row. A row
// is taken out of its pair into scratch, in the layout of decode; then
// decode(args, what scratch has left).
template <typename Decode>
static void rowByRow(const Call &call, Decode decode) {
  llmc_linear_args one = *call.a;
  const int8_t *pair = static_cast<const int8_t *>(one.lhs);
  int8_t *plain = static_cast<int8_t *>(one.scratch);
  one.lhs = plain;
  one.scratch = plain + llmc_q8_stride(one.k, 1);
  for (int64_t r = 0; r < call.a->rows; ++r) {
    for (int64_t k = 0; k < call.kp; k += 8)
      vst1_s8(plain + k, vld1_s8(pair + 2 * k + 8 * r));
    const int8_t *scales = pair + 2 * call.kp + 4 * r;
    for (int64_t k = 0; k < call.kp; k += LLMC_Q8_BLOCK)
      storeAs(plain + call.kp + k / LLMC_Q8_BLOCK * 4,
              loadAs<float>(scales + k / LLMC_Q8_BLOCK * 8));
    one.out = call.a->out + r * one.out_stride;
    decode(&one);
  }
}

} // namespace

#endif
