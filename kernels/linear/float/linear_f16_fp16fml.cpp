// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// f16 weights by FMLAL, which multiplies f16 by f16 into f32: a row of
// activations is rounded to f16 times a power of two (half_row.h), products and
// sums are those of linear_float_ref.cpp's Half.
#include "kernels/layouts/panels.h"
#include "kernels/linear/linear.h"
#include "kernels/quantize/half_row.h"
#include <arm_neon.h>

namespace {

constexpr int kRows = 4;
constexpr int64_t kColumns = 64; // that share a conversion of rows

LLMC_INLINE int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

// Rows of activations as f16.
struct HalfRows {
  const float16_t *x[kRows];
  float unit[kRows];
};

LLMC_INLINE void store(const llmc_linear_args *a, int64_t row, int64_t n,
                       int64_t end, const float32x4_t acc[2], float unit) {
  float *out = a->out + row * a->out_stride + n;
  float32x4_t v[2] = {vmulq_n_f32(acc[0], unit), vmulq_n_f32(acc[1], unit)};
  if (n + LLMC_NR <= end) {
    LLMC_UNROLL
    for (int h = 0; h < 2; ++h)
      vst1q_f32(out + 4 * h,
                a->bias ? vaddq_f32(v[h], vld1q_f32(a->bias + n + 4 * h)) : v[h]);
    return;
  }
  for (int64_t c = 0; c < end - n; ++c)
    out[c] = a->bias ? v[c / 4][c % 4] + a->bias[n + c] : v[c / 4][c % 4];
}

// Rows from `row` on times Panels panels from channel n on.
template <int Rows, int Panels>
void tile(const llmc_linear_args *a, const HalfRows &rows, int64_t row,
          int64_t n, int64_t end) {
  int64_t k = a->k, panel = k * LLMC_NR, i = 0;
  const auto *w = static_cast<const float16_t *>(a->rhs) + n * k;
  float32x4_t acc[Rows][Panels][2];
  LLMC_UNROLL
  for (int j = 0; j < Rows * Panels * 2; ++j)
    acc[j / (Panels * 2)][j / 2 % Panels][j % 2] = vdupq_n_f32(0);
  for (; i + 8 <= k; i += 8) {
    float16x8_t x[Rows];
    LLMC_UNROLL
    for (int r = 0; r < Rows; ++r)
      x[r] = vld1q_f16(rows.x[r] + i);
#define LLMC_STEP(lane)                                                        \
  LLMC_UNROLL                                                                  \
  for (int p = 0; p < Panels; ++p) {                                           \
    float16x8_t v = vld1q_f16(w + p * panel + (i + lane) * LLMC_NR);           \
    LLMC_UNROLL                                                                \
    for (int r = 0; r < Rows; ++r) {                                           \
      acc[r][p][0] = vfmlalq_laneq_low_f16(acc[r][p][0], v, x[r], lane);       \
      acc[r][p][1] = vfmlalq_laneq_high_f16(acc[r][p][1], v, x[r], lane);      \
    }                                                                          \
  }
    LLMC_STEP(0)
    LLMC_STEP(1)
    LLMC_STEP(2)
    LLMC_STEP(3)
    LLMC_STEP(4)
    LLMC_STEP(5)
    LLMC_STEP(6)
    LLMC_STEP(7)
#undef LLMC_STEP
  }
  for (; i < k; ++i)
    LLMC_UNROLL
    for (int p = 0; p < Panels; ++p) {
      float16x8_t v = vld1q_f16(w + p * panel + i * LLMC_NR);
      LLMC_UNROLL
      for (int r = 0; r < Rows; ++r) {
        float16x8_t x = vdupq_n_f16(rows.x[r][i]);
        acc[r][p][0] = vfmlalq_low_f16(acc[r][p][0], v, x);
        acc[r][p][1] = vfmlalq_high_f16(acc[r][p][1], v, x);
      }
    }
  LLMC_UNROLL
  for (int r = 0; r < Rows; ++r)
    LLMC_UNROLL
    for (int p = 0; p < Panels; ++p)
      store(a, row + r, n + p * LLMC_NR, end, acc[r][p], rows.unit[r]);
}

// `count` <= kRows rows to scratch.
HalfRows convert(const llmc_linear_args *a, int64_t row, int64_t count) {
  HalfRows rows = {};
  auto *out = static_cast<_Float16 *>(a->scratch);
  for (int64_t r = 0; r < count; ++r, out += a->k) {
    const float *x = static_cast<const float *>(a->lhs) + (row + r) * a->k;
    HalfUnit unit = halfUnit(highestOf(x, a->k), 15);
    halfRow(x, a->k, unit, out, a->k);
    rows.x[r] = reinterpret_cast<const float16_t *>(out);
    rows.unit[r] = unit.unit;
  }
  return rows;
}

template <int Rows, int Panels>
void columns(const llmc_linear_args *a, int64_t row, int64_t begin, int64_t end) {
  HalfRows rows = convert(a, row, Rows);
  int64_t n = begin;
  for (; n + (Panels - 1) * LLMC_NR < end; n += Panels * LLMC_NR)
    tile<Rows, Panels>(a, rows, row, n, end);
  for (; n < end; n += LLMC_NR)
    tile<Rows, 1>(a, rows, row, n, end);
}

} // namespace

LLMC_KERNEL(llmc_linear_f32_f32_f16_n8_half_1x32_fp16fml) {
  columns<1, 4>(static_cast<const llmc_linear_args *>(args), 0, begin, end);
}

LLMC_KERNEL(llmc_linear_f32_f32_f16_n8_half_4x16_fp16fml) {
  const auto *a = static_cast<const llmc_linear_args *>(args);
  for (int64_t n = begin; n < end; n += kColumns) {
    int64_t last = least(end, n + kColumns), row = 0;
    for (; row + kRows <= a->rows; row += kRows)
      columns<kRows, 2>(a, row, n, last);
    for (; row < a->rows; ++row)
      columns<1, 4>(a, row, n, last);
  }
}
