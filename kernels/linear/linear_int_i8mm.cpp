// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Prefill by SMMLA: 2 rows x 2 channels x 8 k an instruction. The integer sums
// of a block start at 0x4b400000, whose bits read as f32 are 12582912: as the
// sums stay below 2^22, the bits are then 12582912 + sum, and one subtraction
// gives the exact float. lhs: layouts/lhs_q8.h, q8x2.
#include "kernels/linear/panel_int8_arm.h"

namespace {

constexpr float kMagic = 12582912.0f;
constexpr int kPanels = 2; // unpacked at a time

// 2 * Pairs rows x 8 channels over `span` k: acc[pair of rows][pair of
// channels].
template <int Pairs>
LLMC_INLINE void block(const int8_t *w, const int8_t *x, int64_t stride,
                       int64_t span, int32x4_t acc[Pairs][4]) {
  int32x4_t magic = vreinterpretq_s32_f32(vdupq_n_f32(kMagic));
  LLMC_UNROLL
  for (int p = 0; p < Pairs; ++p)
    LLMC_UNROLL
    for (int c = 0; c < 4; ++c)
      acc[p][c] = magic;
  for (int64_t i = 0; i < span; i += 16, w += 16 * LLMC_NR) {
    LLMC_UNROLL
    for (int h = 0; h < 2; ++h) {
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

// 2 * Pairs rows from `row` (even) on, all k; channels [n, end).
template <int Pairs>
void tile(const llmc_linear_args *a, const int8_t *w, int64_t row, int64_t n,
          int64_t end, const uint8_t *channelScales) {
  int64_t kp = llmc_q8_k(a->k), stride = llmc_q8_stride(a->k, 2);
  const int8_t *x = static_cast<const int8_t *>(a->lhs) + row / 2 * stride;
  float32x4_t total[Pairs][4];
  for (int p = 0; p < Pairs; ++p)
    for (int c = 0; c < 4; ++c)
      total[p][c] = vdupq_n_f32(0);
  for (int64_t k = 0; k < kp; k += LLMC_Q8_BLOCK) {
    int32x4_t acc[Pairs][4];
    block<Pairs>(w + k * LLMC_NR, x + 2 * k, stride,
                 least(LLMC_Q8_BLOCK, kp - k), acc);
    LLMC_UNROLL
    for (int p = 0; p < Pairs; ++p) {
      float32x2_t s = vld1_f32(reinterpret_cast<const float *>(
          x + p * stride + 2 * kp + k / LLMC_Q8_BLOCK * 8));
      float32x4_t both = vcombine_f32(s, s);
      float32x4_t scale = vzip1q_f32(both, both);
      LLMC_UNROLL
      for (int c = 0; c < 4; ++c) {
        float32x4_t sum =
            vsubq_f32(vreinterpretq_f32_s32(acc[p][c]), vdupq_n_f32(kMagic));
        total[p][c] = vfmaq_f32(total[p][c], sum, scale);
      }
    }
  }
  LLMC_UNROLL
  for (int p = 0; p < Pairs; ++p) {
    float64x2_t t[4];
    for (int c = 0; c < 4; ++c)
      t[c] = vreinterpretq_f64_f32(total[p][c]);
    storePanel(a, row + 2 * p, n, end,
               vreinterpretq_f32_f64(vzip1q_f64(t[0], t[1])),
               vreinterpretq_f32_f64(vzip1q_f64(t[2], t[3])), channelScales);
    if (row + 2 * p + 1 < a->rows)
      storePanel(a, row + 2 * p + 1, n, end,
                 vreinterpretq_f32_f64(vzip2q_f64(t[0], t[1])),
                 vreinterpretq_f32_f64(vzip2q_f64(t[2], t[3])), channelScales);
  }
}

template <int64_t Group>
void unpack(Int4Panel<Group> p, const uint8_t *panel, int64_t kp, int8_t *out) {
  unpackPanel<Group, true>(p, panel, kp, out);
}
void unpack(Int8Panel p, const uint8_t *panel, int64_t kp, int8_t *out) {
  unpackPanel<true>(p, panel, kp, out);
}

// One group of up to kPanels panels: unpacked once, then all rows.
template <typename Panel>
void panels(const llmc_linear_args *a, int64_t begin, int64_t end) {
  int64_t kp = llmc_q8_k(a->k), bytes = Panel::bytes(a->k);
  int8_t *w = static_cast<int8_t *>(a->scratch);
  const uint8_t *packed =
      static_cast<const uint8_t *>(a->rhs) + begin / LLMC_NR * bytes;
  int64_t count = (end - begin + LLMC_NR - 1) / LLMC_NR;
  for (int64_t i = 0; i < count; ++i)
    unpack(Panel(), packed + i * bytes, kp, w + i * kp * LLMC_NR);
  for (int64_t row = 0; row < a->rows;) {
    // Three pairs keep all sums in registers; four are better cut evenly.
    int64_t pairs = (a->rows - row + 1) / 2;
    pairs = pairs == 4 ? 2 : least(pairs, 3);
    for (int64_t i = 0; i < count; ++i) {
      const int8_t *v = w + i * kp * LLMC_NR;
      const uint8_t *scales = packed + i * bytes + Panel::scales(a->k);
      int64_t n = begin + i * LLMC_NR;
      if (pairs == 3)
        tile<3>(a, v, row, n, end, scales);
      else if (pairs == 2)
        tile<2>(a, v, row, n, end, scales);
      else
        tile<1>(a, v, row, n, end, scales);
    }
    row += 2 * pairs;
  }
}

template <typename Panel>
void prefill(const void *args, int64_t begin, int64_t end) {
  const auto *a = static_cast<const llmc_linear_args *>(args);
  for (int64_t n = begin; n < end; n += kPanels * LLMC_NR)
    panels<Panel>(a, n, least(end, n + kPanels * LLMC_NR));
}

} // namespace

#define KERNEL(layout, Panel)                                                  \
  LLMC_KERNEL(llmc_linear_f32_q8x2_##layout##_6x8_i8mm) {                      \
    prefill<Panel>(args, begin, end);                                          \
  }
LLMC_INT_LAYOUTS(KERNEL)
