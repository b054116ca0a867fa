// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// bf16 weights by BFDOT and BFMMLA, which multiply bf16 by bf16 into f32:
// activations are rounded to bf16, products and sums are those of
// linear_float_ref.cpp's linearBfdot. BFMMLA adds two pairs of k one after the
// other, each as BFDOT does, so that both give the same bits.
#include "kernels/linear/prefill_pair_arm.h"

namespace {

typedef uint16_t Bits; // of a bf16

LLMC_INLINE bfloat16x8_t asBf16(uint16x8_t x) { return vreinterpretq_bf16_u16(x); }
LLMC_INLINE uint16x8_t asBits(bfloat16x8_t x) { return vreinterpretq_u16_bf16(x); }

// 4 of each, rounded.
LLMC_INLINE uint16x8_t round(float32x4_t lo, float32x4_t hi) {
  return asBits(vcvtq_high_bf16_f32(vcvtq_low_bf16_f32(lo), hi));
}
// The first n floats at p, the rest 0.
LLMC_INLINE float32x4_t load(const float *p, int64_t n) {
  if (n >= 4)
    return vld1q_f32(p);
  float v[4] = {};
  for (int64_t i = 0; i < n; ++i)
    v[i] = p[i];
  return vld1q_f32(v);
}
// k `i` of 8 channels, 0 behind the last.
LLMC_INLINE uint16x8_t load(const Bits *w, int64_t i, int64_t k) {
  return i < k ? vld1q_u16(w + i * LLMC_NR) : vdupq_n_u16(0);
}

// A row or two, by BFDOT: pairs of k are zipped while they are read.
// x: rows of `stride` bf16; times Panels panels from channel n on.
template <int Rows, int Panels>
void rowTile(const llmc_linear_args *a, const Bits *x, int64_t stride, int64_t n,
             int64_t end) {
  int64_t k = a->k, panel = k * LLMC_NR, i = 0;
  const auto *w = static_cast<const Bits *>(a->rhs) + n * k;
  float32x4_t acc[Rows][Panels][2];
  LLMC_UNROLL
  for (int j = 0; j < Rows * Panels * 2; ++j)
    acc[j / (Panels * 2)][j / 2 % Panels][j % 2] = vdupq_n_f32(0);
  for (; i + 8 <= k; i += 8) {
    bfloat16x8_t b[Rows];
    LLMC_UNROLL
    for (int r = 0; r < Rows; ++r)
      b[r] = asBf16(vld1q_u16(x + r * stride + i));
#define LLMC_STEP(lane)                                                        \
  LLMC_UNROLL                                                                  \
  for (int p = 0; p < Panels; ++p) {                                           \
    const Bits *v = w + p * panel + (i + 2 * lane) * LLMC_NR;                  \
    uint16x8_t even = vld1q_u16(v), odd = vld1q_u16(v + LLMC_NR);              \
    bfloat16x8_t lo = asBf16(vzip1q_u16(even, odd));                           \
    bfloat16x8_t hi = asBf16(vzip2q_u16(even, odd));                           \
    LLMC_UNROLL                                                                \
    for (int r = 0; r < Rows; ++r) {                                           \
      acc[r][p][0] = vbfdotq_laneq_f32(acc[r][p][0], lo, b[r], lane);          \
      acc[r][p][1] = vbfdotq_laneq_f32(acc[r][p][1], hi, b[r], lane);          \
    }                                                                          \
  }
    LLMC_STEP(0)
    LLMC_STEP(1)
    LLMC_STEP(2)
    LLMC_STEP(3)
#undef LLMC_STEP
  }
  for (; i < llmc_round_up(k, 4); i += 2) // as BFMMLA takes them
    LLMC_UNROLL
    for (int p = 0; p < Panels; ++p) {
      uint16x8_t even = load(w + p * panel, i, k);
      uint16x8_t odd = load(w + p * panel, i + 1, k);
      bfloat16x8_t lo = asBf16(vzip1q_u16(even, odd));
      bfloat16x8_t hi = asBf16(vzip2q_u16(even, odd));
      LLMC_UNROLL
      for (int r = 0; r < Rows; ++r) {
        bfloat16x8_t b = asBf16(vreinterpretq_u16_u32(
            vdupq_n_u32(loadAs<uint32_t>(x + r * stride + i))));
        acc[r][p][0] = vbfdotq_f32(acc[r][p][0], lo, b);
        acc[r][p][1] = vbfdotq_f32(acc[r][p][1], hi, b);
      }
    }
  LLMC_UNROLL
  for (int r = 0; r < Rows; ++r)
    LLMC_UNROLL
    for (int p = 0; p < Panels; ++p)
      storeValues(a, r, n + p * LLMC_NR, end, acc[r][p][0], acc[r][p][1]);
}

template <int Rows>
void rowByRow(const llmc_linear_args *a, int64_t begin, int64_t end) {
  Bits *x = static_cast<Bits *>(a->scratch);
  int64_t stride = llmc_round_up(a->k, 8), n = begin;
  for (int r = 0; r < Rows; ++r) {
    const float *from = static_cast<const float *>(a->lhs) + r * a->k;
    for (int64_t i = 0; i < a->k; i += 8)
      vst1q_u16(x + r * stride + i, round(load(from + i, a->k - i),
                                          load(from + i + 4, a->k - i - 4)));
  }
  for (; n + 3 * LLMC_NR < end; n += 4 * LLMC_NR)
    rowTile<Rows, 4>(a, x, stride, n, end);
  for (; n + LLMC_NR < end; n += 2 * LLMC_NR)
    rowTile<Rows, 2>(a, x, stride, n, end);
  if (n < end)
    rowTile<Rows, 1>(a, x, stride, n, end);
}

// More rows, by BFMMLA: 2 rows x 2 channels x 4 k an instruction. kRows rows by
// kDepth k at a time stay in L2 as bf16, kPanels panels of it in the order of
// BFMMLA in L1. The sums of the k before stand in out meanwhile.
constexpr int64_t kRows = 128, kDepth = 1024;

struct Block {
  llmc_linear_args a;         // no bias before the last k
  int64_t row, rows, k, span; // what of lhs
  Bits *x;                    // pairs of rows of [span / 4][2][4]
  Bits *w;                    // panels of [span / 4][8][4]
  int64_t stride() const { return 2 * llmc_round_up(span, 4); }
  int64_t panel() const { return llmc_round_up(span, 4) * LLMC_NR; }
};

// A last row without a second has itself there.
void roundRows(const Block &b) {
  const float *lhs = static_cast<const float *>(b.a.lhs) + b.k;
  Bits *x = b.x;
  for (int64_t r = b.row; r < b.row + b.rows; r += 2) {
    const float *first = lhs + r * b.a.k;
    const float *second = r + 1 < b.a.rows ? first + b.a.k : first;
    int64_t i = 0;
    for (; i + 4 <= b.span; i += 4, x += 8)
      vst1q_u16(x, round(vld1q_f32(first + i), vld1q_f32(second + i)));
    if (i < b.span) {
      vst1q_u16(x, round(load(first + i, b.span - i), load(second + i, b.span - i)));
      x += 8;
    }
  }
}

// 4 k of 8 channels to [8][4].
LLMC_INLINE void turn(const uint16x8_t v[4], Bits *out) {
  LLMC_UNROLL
  for (int h = 0; h < 2; ++h) {
    uint32x4_t lo = vreinterpretq_u32_u16(h ? vzip2q_u16(v[0], v[1])
                                            : vzip1q_u16(v[0], v[1]));
    uint32x4_t hi = vreinterpretq_u32_u16(h ? vzip2q_u16(v[2], v[3])
                                            : vzip1q_u16(v[2], v[3]));
    vst1q_u16(out + 16 * h, vreinterpretq_u16_u32(vzip1q_u32(lo, hi)));
    vst1q_u16(out + 16 * h + 8, vreinterpretq_u16_u32(vzip2q_u32(lo, hi)));
  }
}

void turnPanel(const Bits *w, int64_t span, Bits *out) {
  int64_t i = 0;
  for (; i + 4 <= span; i += 4, out += 4 * LLMC_NR) {
    uint16x8_t v[4];
    LLMC_UNROLL
    for (int j = 0; j < 4; ++j)
      v[j] = vld1q_u16(w + (i + j) * LLMC_NR);
    turn(v, out);
  }
  if (i < span) {
    uint16x8_t v[4];
    LLMC_UNROLL
    for (int j = 0; j < 4; ++j)
      v[j] = load(w, i + j, span);
    turn(v, out);
  }
}

// Sums by pairs, [pair of rows][pair of channels], from and to out. Not inlined:
// sorting them in registers would claim neighbouring ones.
template <int Pairs>
__attribute__((noinline)) void loadTile(const Block &b, int64_t row, int64_t n,
                                        int64_t end, float32x4_t (*sums)[4]) {
  Rim<2 * Pairs> rim(b.a, row, n, end);
  loadSums<Pairs>(rim.enter(), sums);
}
template <int Pairs>
__attribute__((noinline)) void storeTile(const Block &b, int64_t row, int64_t n,
                                         int64_t end, const float32x4_t (*sums)[4]) {
  Rim<2 * Pairs> rim(b.a, row, n, end);
  storeSums<Pairs>(rim.enter(), sums, nullptr);
  rim.leave();
}

// 2 * Pairs rows from the block's `row` (even) on, Panels panels from channel n
// on, whose first is the block's panel `at`.
template <int Pairs, int Panels>
void pairTile(const Block &b, int64_t row, int64_t at, int64_t n, int64_t end) {
  const int64_t stride = b.stride(), panel = b.panel();
  const Bits *x = b.x + row / 2 * stride, *w = b.w + at * panel;
  float32x4_t sums[Panels * Pairs][4] = {}, acc[Panels * Pairs][4];
  for (int p = 0; p < Panels && b.k; ++p)
    loadTile<Pairs>(b, b.row + row, n + p * LLMC_NR, end, sums + p * Pairs);
  LLMC_UNROLL
  for (int i = 0; i < Panels * Pairs * 4; ++i)
    acc[i / 4][i % 4] = sums[i / 4][i % 4];
  for (int64_t i = 0; i < b.span; i += 4) {
    bfloat16x8_t u[Pairs];
    LLMC_UNROLL
    for (int r = 0; r < Pairs; ++r)
      u[r] = asBf16(vld1q_u16(x + r * stride + 2 * i));
    LLMC_UNROLL
    for (int c = 0; c < Panels * 4; ++c) {
      bfloat16x8_t v =
          asBf16(vld1q_u16(w + c / 4 * panel + i * LLMC_NR + c % 4 * 8));
      LLMC_UNROLL
      for (int r = 0; r < Pairs; ++r) {
        float32x4_t &to = acc[c / 4 * Pairs + r][c % 4];
        to = vbfmmlaq_f32(to, u[r], v);
      }
    }
  }
  LLMC_UNROLL
  for (int i = 0; i < Panels * Pairs * 4; ++i)
    sums[i / 4][i % 4] = acc[i / 4][i % 4];
  for (int p = 0; p < Panels; ++p)
    storeTile<Pairs>(b, b.row + row, n + p * LLMC_NR, end, sums + p * Pairs);
}

// 2 * Pairs rows times `count` panels from channel n on.
template <int Pairs>
void tiles(const Block &b, int64_t row, int64_t count, int64_t n, int64_t end) {
  if (Pairs <= 3 && count == 2) // with fewer sums they would wait for themselves
    return pairTile<Pairs, 2>(b, row, 0, n, end);
  for (int64_t p = 0; p < count; ++p)
    pairTile<Pairs, 1>(b, row, p, n + p * LLMC_NR, end);
}

// Up to kPanels panels: turned once, then all rows of the block.
void panels(const Block &b, int64_t begin, int64_t end) {
  const auto *rhs = static_cast<const Bits *>(b.a.rhs) + b.k * LLMC_NR;
  int64_t count = (end - begin + LLMC_NR - 1) / LLMC_NR;
  for (int64_t p = 0; p < count; ++p)
    turnPanel(rhs + (begin + p * LLMC_NR) * b.a.k, b.span, b.w + p * b.panel());
  for (int64_t row = 0; row < b.rows;) {
    // Five pairs keep all sums in registers; six are better cut evenly.
    int64_t pairs = (b.rows - row + 1) / 2;
    pairs = pairs == 6 ? 3 : least(pairs, 5);
    if (pairs == 5)
      tiles<5>(b, row, count, begin, end);
    else if (pairs == 4)
      tiles<4>(b, row, count, begin, end);
    else if (pairs == 3)
      tiles<3>(b, row, count, begin, end);
    else if (pairs == 2)
      tiles<2>(b, row, count, begin, end);
    else
      tiles<1>(b, row, count, begin, end);
    row += 2 * pairs;
  }
}

} // namespace

LLMC_KERNEL(llmc_linear_f32_f32_bf16_n8_bfdot_1x32_bf16) {
  rowByRow<1>(static_cast<const llmc_linear_args *>(args), begin, end);
}

LLMC_KERNEL(llmc_linear_f32_f32_bf16_n8_bfdot_10x8_bf16) {
  const auto *a = static_cast<const llmc_linear_args *>(args);
  if (a->rows == 1)
    return rowByRow<1>(a, begin, end);
  if (a->rows == 2)
    return rowByRow<2>(a, begin, end);
  auto *w = static_cast<Bits *>(a->scratch);
  Bits *x = w + kPanels * kDepth * LLMC_NR;
  for (int64_t k = 0; k < a->k; k += kDepth)
    for (int64_t row = 0; row < a->rows; row += kRows) {
      int64_t rows = least(kRows, a->rows - row), span = least(kDepth, a->k - k);
      Block b = {*a, row, rows, k, span, x, w};
      if (k + span < a->k)
        b.a.bias = nullptr;
      roundRows(b);
      for (int64_t n = begin; n < end; n += kPanels * LLMC_NR)
        panels(b, n, least(end, n + kPanels * LLMC_NR));
    }
}
