// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The integer sums of a tile by SMMLA: 2 rows x 2 channels x 8 k an
// instruction. w: int8 panels in pair order, [k / 8][4 pairs of
// channels][2][8]; x: pairs of rows, `stride` bytes apart, [k / 8][2][8]. The
// sums start at kMagic, whose bits read as f32 are 12582912: as they stay below
// 2^22, the bits are then 12582912 + sum, and one subtraction gives the exact
// float.
#ifndef LLMC_KERNELS_LINEAR_PAIR_BLOCK_ARM_H
#define LLMC_KERNELS_LINEAR_PAIR_BLOCK_ARM_H

#include "kernels/layouts/layout.h"
#include "kernels/layouts/lhs_q8.h"
#include "kernels/vectors.h"
#include <arm_neon.h>

namespace {

constexpr float kMagic = 12582912.0f;

// acc[pair of rows][pair of channels] += 2 * Pairs rows x 8 channels over a
// whole block. In assembly, as compilers load ahead until sums are spilled: for
// 16 k at a time the rows take v24 to v29 and weights v30 and v31.
// clang-format off
#define LLMC_TWO_SUMS(p, row, c, d)                                            \
  "smmla %[s" #p #c "].4s, v" #row ".16b, v30.16b\n"                           \
  "smmla %[s" #p #d "].4s, v" #row ".16b, v31.16b\n"
#define LLMC_SUMS_1(c, d, x0, x1, x2) LLMC_TWO_SUMS(0, x0, c, d)
#define LLMC_SUMS_2(c, d, x0, x1, x2)                                          \
  LLMC_SUMS_1(c, d, x0, x1, x2) LLMC_TWO_SUMS(1, x1, c, d)
#define LLMC_SUMS_3(c, d, x0, x1, x2)                                          \
  LLMC_SUMS_2(c, d, x0, x1, x2) LLMC_TWO_SUMS(2, x2, c, d)
#define LLMC_ROWS_1 "ldp q24, q25, [%[x0], #32 * \\j]\n"
#define LLMC_ROWS_2 LLMC_ROWS_1 "ldp q26, q27, [%[x1], #32 * \\j]\n"
#define LLMC_ROWS_3 LLMC_ROWS_2 "ldp q28, q29, [%[x2], #32 * \\j]\n"
#define LLMC_WHOLE_BLOCK(ROWS, SUMS)                                           \
  ".irp j, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n"             \
  ROWS                                                                         \
  "ldp q30, q31, [%[w], #128 * \\j - 1024]\n" SUMS(0, 1, 24, 26, 28)          \
  "ldp q30, q31, [%[w], #128 * \\j - 992]\n" SUMS(2, 3, 24, 26, 28)           \
  "ldp q30, q31, [%[w], #128 * \\j - 960]\n" SUMS(0, 1, 25, 27, 29)           \
  "ldp q30, q31, [%[w], #128 * \\j - 928]\n" SUMS(2, 3, 25, 27, 29)           \
  ".endr\n"
#define LLMC_SUMS_OF(p)                                                        \
  [s##p##0] "+w"(acc[p][0]), [s##p##1] "+w"(acc[p][1]),                        \
  [s##p##2] "+w"(acc[p][2]), [s##p##3] "+w"(acc[p][3])
// clang-format on

template <int Pairs>
LLMC_INLINE void wholeBlock(const int8_t *w, const int8_t *x, int64_t stride,
                            int32x4_t acc[Pairs][4]) {
  w += 1024; // so that all offsets are immediates
  if constexpr (Pairs == 1)
    __asm__(LLMC_WHOLE_BLOCK(LLMC_ROWS_1, LLMC_SUMS_1)
            : LLMC_SUMS_OF(0)
            : [w] "r"(w), [x0] "r"(x)
            : "v24", "v25", "v30", "v31", "memory");
  else if constexpr (Pairs == 2)
    __asm__(LLMC_WHOLE_BLOCK(LLMC_ROWS_2, LLMC_SUMS_2)
            : LLMC_SUMS_OF(0), LLMC_SUMS_OF(1)
            : [w] "r"(w), [x0] "r"(x), [x1] "r"(x + stride)
            : "v24", "v25", "v26", "v27", "v30", "v31", "memory");
  else
    __asm__(LLMC_WHOLE_BLOCK(LLMC_ROWS_3, LLMC_SUMS_3)
            : LLMC_SUMS_OF(0), LLMC_SUMS_OF(1), LLMC_SUMS_OF(2)
            : [w] "r"(w), [x0] "r"(x), [x1] "r"(x + stride),
              [x2] "r"(x + 2 * stride)
            : "v24", "v25", "v26", "v27", "v28", "v29", "v30", "v31", "memory");
}

#undef LLMC_TWO_SUMS
#undef LLMC_SUMS_1
#undef LLMC_SUMS_2
#undef LLMC_SUMS_3
#undef LLMC_ROWS_1
#undef LLMC_ROWS_2
#undef LLMC_ROWS_3
#undef LLMC_WHOLE_BLOCK
#undef LLMC_SUMS_OF

// The same from kMagic on and over `span` k, a multiple of Step (16 or 32).
template <int Pairs, int64_t Step>
LLMC_INLINE void pairBlock(const int8_t *w, const int8_t *x, int64_t stride,
                           int64_t span, int32x4_t acc[Pairs][4]) {
  int32x4_t magic = vreinterpretq_s32_f32(vdupq_n_f32(kMagic));
  LLMC_UNROLL
  for (int p = 0; p < Pairs; ++p)
    LLMC_UNROLL
  for (int c = 0; c < 4; ++c)
    acc[p][c] = magic;
  if (span == LLMC_Q8_BLOCK)
    return wholeBlock<Pairs>(w, x, stride, acc);
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

} // namespace

#endif
