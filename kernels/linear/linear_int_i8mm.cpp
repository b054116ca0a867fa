// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Prefill by SMMLA: 2 rows x 2 channels x 8 k an instruction. The integer sums
// of a block start at 0x4b400000, whose bits read as f32 are 12582912: as the
// sums stay below 2^22, the bits are then 12582912 + sum, and one subtraction
// gives the exact float. lhs: layouts/lhs_q8.h, q8x2.
#include "kernels/linear/dot_arm.h"

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
  for (int64_t i = 0; i < span; i += 32, w += 32 * LLMC_NR) {
    LLMC_UNROLL
    for (int h = 0; h < 4; ++h) {
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

// A tile at the end of the rows or of the channels, or with a bias.
template <int Pairs>
__attribute__((noinline)) void
storeEdge(const llmc_linear_args *a, int64_t row, int64_t n, int64_t end,
          const uint8_t *scales, const float32x4_t out[2 * Pairs][2]) {
  for (int r = 0; r < 2 * Pairs && row + r < a->rows; ++r)
    storePanel(a, row + r, n, end, out[r][0], out[r][1], scales);
}

// 2 * Pairs rows from `row` (even) on, all k; channels [n, end).
template <int Pairs>
void tile(const Call &call, const int8_t *w, int64_t row, int64_t n,
          int64_t end, const uint8_t *channelScales) {
  const llmc_linear_args *a = call.a;
  const int64_t kp = call.kp, stride = call.stride;
  const int8_t *x = static_cast<const int8_t *>(a->lhs) + row / 2 * stride;
  const int8_t *rowScales = x + 2 * kp;
  float32x4_t total[Pairs][4];
  for (int p = 0; p < Pairs; ++p)
    for (int c = 0; c < 4; ++c)
      total[p][c] = vdupq_n_f32(0);
  for (int64_t k = 0; k < kp; k += LLMC_Q8_BLOCK, rowScales += 8) {
    int32x4_t acc[Pairs][4];
    block<Pairs>(w + k * LLMC_NR, x + 2 * k, stride,
                 least(LLMC_Q8_BLOCK, kp - k), acc);
    LLMC_UNROLL
    for (int p = 0; p < Pairs; ++p) {
      // [s0 s1] to [s0 s0 s1 s1].
      float32x4_t s = vreinterpretq_f32_f64(vld1q_dup_f64(
          reinterpret_cast<const double *>(rowScales + p * stride)));
      float32x4_t scale = vzip1q_f32(s, s);
      LLMC_UNROLL
      for (int c = 0; c < 4; ++c) {
        float32x4_t sum =
            vsubq_f32(vreinterpretq_f32_s32(acc[p][c]), vdupq_n_f32(kMagic));
        total[p][c] = vfmaq_f32(total[p][c], sum, scale);
      }
    }
  }
  float32x4_t out[2 * Pairs][2]; // rows of 8 channels
  LLMC_UNROLL
  for (int i = 0; i < 2 * Pairs; ++i) {
    float64x2_t first = vreinterpretq_f64_f32(total[i / 2][i % 2 * 2]);
    float64x2_t second = vreinterpretq_f64_f32(total[i / 2][i % 2 * 2 + 1]);
    out[i / 2 * 2][i % 2] = vreinterpretq_f32_f64(vzip1q_f64(first, second));
    out[i / 2 * 2 + 1][i % 2] =
        vreinterpretq_f32_f64(vzip2q_f64(first, second));
  }
  if (a->bias || n + LLMC_NR > end || row + 2 * Pairs > a->rows)
    return storeEdge<Pairs>(a, row, n, end, channelScales, out);
  const float *s = reinterpret_cast<const float *>(channelScales);
  float32x4_t lo = vld1q_f32(s), hi = vld1q_f32(s + 4);
  float *to = a->out + row * a->out_stride + n;
  LLMC_UNROLL
  for (int r = 0; r < 2 * Pairs; ++r, to += a->out_stride) {
    vst1q_f32(to, vmulq_f32(out[r][0], lo));
    vst1q_f32(to + 4, vmulq_f32(out[r][1], hi));
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
void panels(const Call &call, int64_t begin, int64_t end) {
  const llmc_linear_args *a = call.a;
  int64_t kp = call.kp, bytes = Panel::bytes(a->k);
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
    const uint8_t *scales = packed + Panel::scales(a->k);
    for (int64_t n = begin; n < end; n += LLMC_NR, scales += bytes) {
      const int8_t *v = w + (n - begin) * kp;
      if (pairs == 3)
        tile<3>(call, v, row, n, end, scales);
      else if (pairs == 2)
        tile<2>(call, v, row, n, end, scales);
      else
        tile<1>(call, v, row, n, end, scales);
    }
    row += 2 * pairs;
  }
}

// One or two rows: unpacking would cost more than decoding row by row. A row
// is taken out of its pair into scratch, in the layout of decode.
template <typename Panel>
void fewRows(const Call &call, int64_t begin, int64_t end) {
  llmc_linear_args one = *call.a;
  const int8_t *pair = static_cast<const int8_t *>(one.lhs);
  int8_t *plain = static_cast<int8_t *>(one.scratch);
  one.lhs = plain;
  for (int64_t r = 0; r < call.a->rows; ++r) {
    for (int64_t k = 0; k < call.kp; k += 8)
      vst1_s8(plain + k, vld1_s8(pair + 2 * k + 8 * r));
    const int8_t *scales = pair + 2 * call.kp + 4 * r;
    for (int64_t k = 0; k < call.kp; k += LLMC_Q8_BLOCK)
      storeAs(plain + call.kp + k / LLMC_Q8_BLOCK * 4,
              loadAs<float>(scales + k / LLMC_Q8_BLOCK * 8));
    one.out = call.a->out + r * one.out_stride;
    decode<Widening, Panel>(&one, begin, end);
  }
}

template <typename Panel>
void prefill(const void *args, int64_t begin, int64_t end) {
  const auto *a = static_cast<const llmc_linear_args *>(args);
  Call call = {a, llmc_q8_k(a->k), llmc_q8_stride(a->k, 2)};
  if (a->rows <= 2)
    return fewRows<Panel>(call, begin, end);
  for (int64_t n = begin; n < end; n += kPanels * LLMC_NR)
    panels<Panel>(call, n, least(end, n + kPanels * LLMC_NR));
}

} // namespace

#define KERNEL(layout, Panel)                                                  \
  LLMC_KERNEL(llmc_linear_f32_q8x2_##layout##_6x8_i8mm) {                      \
    prefill<Panel>(args, begin, end);                                          \
  }
LLMC_INT_LAYOUTS(KERNEL)
