// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Prefill over int8 panels in lane order, for ISAs whose dot product takes one
// quad of a vector of activations (dotprod; neon emulates it). A tile is R rows
// by one panel of 8 channels. lhs: layouts/lhs_q8.h, plain rows.
#ifndef LLMC_KERNELS_LINEAR_PREFILL_LANE_ARM_H
#define LLMC_KERNELS_LINEAR_PREFILL_LANE_ARM_H

#include "kernels/linear/panel_int8_arm.h"
#include <type_traits>

// Integer sums of R rows over `span` k.
template <typename P, int R>
LLMC_INLINE void laneBlock(const int8_t *w, const int8_t *x, int64_t stride,
                           int64_t span, typename P::Acc acc[R][2]) {
  LLMC_UNROLL
  for (int r = 0; r < R; ++r)
    acc[r][0] = acc[r][1] = P::zero();
  for (int64_t i = 0; i < span; i += 16, w += 16 * LLMC_NR) {
    int8x16_t row[R];
    LLMC_UNROLL
    for (int r = 0; r < R; ++r)
      row[r] = vld1q_s8(x + r * stride + i);
#define LLMC_QUAD(j)                                                           \
  {                                                                            \
    int8x16_t w0 = vld1q_s8(w + 32 * j), w1 = vld1q_s8(w + 32 * j + 16);       \
    LLMC_UNROLL                                                                \
    for (int r = 0; r < R; ++r) {                                              \
      P::template dot<j>(acc[r][0], w0, row[r]);                               \
      P::template dot<j>(acc[r][1], w1, row[r]);                               \
    }                                                                          \
  }
    LLMC_QUAD(0)
    LLMC_QUAD(1)
    LLMC_QUAD(2)
    LLMC_QUAD(3)
#undef LLMC_QUAD
  }
}

// R rows from `row` on, all k; channels [n, end).
template <typename P, int R>
static void laneTile(const llmc_linear_args *a, const int8_t *w, int64_t row,
                     int64_t n, int64_t end, const uint8_t *channelScales) {
  int64_t kp = llmc_q8_k(a->k), stride = llmc_q8_stride(a->k, 1);
  const int8_t *x = static_cast<const int8_t *>(a->lhs) + row * stride;
  float32x4_t total[R][2];
  for (int r = 0; r < R; ++r)
    total[r][0] = total[r][1] = vdupq_n_f32(0);
  for (int64_t k = 0; k < kp; k += LLMC_Q8_BLOCK) {
    typename P::Acc acc[R][2];
    laneBlock<P, R>(w + k * LLMC_NR, x + k, stride,
                    least(LLMC_Q8_BLOCK, kp - k), acc);
    LLMC_UNROLL
    for (int r = 0; r < R; ++r) {
      float s = loadAs<float>(x + r * stride + kp + k / LLMC_Q8_BLOCK * 4);
      total[r][0] = scaleSum<0>(total[r][0], P::sum(acc[r][0]), s);
      total[r][1] = scaleSum<0>(total[r][1], P::sum(acc[r][1]), s);
    }
  }
  for (int r = 0; r < R; ++r)
    storePanel(a, row + r, n, end, total[r][0], total[r][1], channelScales);
}

// All rows of one panel whose int8 values stand at w.
template <typename P>
static inline void laneRows(const llmc_linear_args *a, const int8_t *w,
                            int64_t n, int64_t end, const uint8_t *scales) {
  constexpr int R = P::kRows;
  int64_t row = 0;
  for (; row + R <= a->rows; row += R)
    laneTile<P, R>(a, w, row, n, end, scales);
  for (; row + 2 <= a->rows; row += 2)
    laneTile<P, 2>(a, w, row, n, end, scales);
  if (row < a->rows)
    laneTile<P, 1>(a, w, row, n, end, scales);
}

template <typename P, int64_t Group>
static inline void lanePanel(const llmc_linear_args *a, Int4Panel<Group> p,
                             const uint8_t *panel, int64_t n, int64_t end) {
  int8_t *w = static_cast<int8_t *>(a->scratch);
  unpackPanel<Group, false>(p, panel, llmc_q8_k(a->k), w);
  laneRows<P>(a, w, n, end, panel + p.scales(a->k));
}

template <typename P>
static inline void lanePanel(const llmc_linear_args *a, Int8Panel p,
                             const uint8_t *panel, int64_t n, int64_t end) {
  laneRows<P>(a, reinterpret_cast<const int8_t *>(panel), n, end,
              panel + p.scales(a->k));
}

// Up to so many rows cost less from packed panels than unpacking does.
constexpr int64_t kFewRows = 5;

// Channels [n, end) of a panel for few rows.
template <typename P, typename Panel>
static void fewRows(const llmc_linear_args *a, int64_t n, int64_t end) {
  if (a->rows == 4)
    return decodeRows<P, Panel, 4>(a, 0, n, end);
  int64_t row = a->rows >= 3 ? 3 : 0;
  if (row)
    decodeRows<P, Panel, 3>(a, 0, n, end);
  if (row + 2 == a->rows)
    decodeRows<P, Panel, 2>(a, row, n, end);
  else if (row < a->rows)
    decodeRows<P, Panel, 1>(a, row, n, end);
}

template <typename P, typename Panel>
static inline void prefillLane(const void *args, int64_t begin, int64_t end) {
  const auto *a = static_cast<const llmc_linear_args *>(args);
  bool few = !std::is_same_v<Panel, Int8Panel> && a->rows <= kFewRows;
  for (int64_t n = begin; n < end; n += LLMC_NR)
    if (few)
      fewRows<P, Panel>(a, n, least(end, n + LLMC_NR));
    else
      lanePanel<P>(a, Panel(),
                   static_cast<const uint8_t *>(a->rhs) +
                       n / LLMC_NR * Panel::bytes(a->k),
                   n, end);
}

#endif
