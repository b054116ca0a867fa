// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Prefill by SMMLA: 2 rows x 2 channels x 8 k an instruction. The integer sums
// of a block start at 0x4b400000, whose bits read as f32 are 12582912: as the
// sums stay below 2^22, the bits are then 12582912 + sum, and one subtraction
// gives the exact float. lhs: layouts/lhs_q8.h, q8x2.
#include "kernels/linear/dot_arm.h"

namespace {

constexpr float kMagic = 12582912.0f;
// Panels and k unpacked at a time: with the rows of a tile they stay in L1. The
// sums of the chunks before stand in out meanwhile.
constexpr int kPanels = 2;
constexpr int64_t kChunk = 2048;

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

// Rows of 8 channels, and where they go.
template <int Rows> struct Out {
  float32x4_t v[Rows][2];

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
  // A tile at the end of the rows or of the channels, or with a bias.
  __attribute__((noinline)) void finish(const llmc_linear_args *a, int64_t row,
                                        int64_t n, int64_t end,
                                        const uint8_t *scales) const {
    for (int r = 0; r < Rows && row + r < a->rows; ++r)
      storePanel(a, row + r, n, end, v[r][0], v[r][1], scales);
  }
};

LLMC_INLINE float32x4_t zipPairs(float32x4_t a, float32x4_t b, bool second) {
  float64x2_t x = vreinterpretq_f64_f32(a), y = vreinterpretq_f64_f32(b);
  return vreinterpretq_f32_f64(second ? vzip2q_f64(x, y) : vzip1q_f64(x, y));
}

// 2 * Pairs rows from `row` (even) on, k from `from` to `to`; channels [n, end).
template <int Pairs>
void tile(const Call &call, const int8_t *w, int64_t from, int64_t to,
          int64_t row, int64_t n, int64_t end, const uint8_t *channelScales) {
  const llmc_linear_args *a = call.a;
  const int64_t stride = call.stride;
  const int8_t *x = static_cast<const int8_t *>(a->lhs) + row / 2 * stride;
  const int8_t *rowScales = x + 2 * call.kp + from / LLMC_Q8_BLOCK * 8;
  float32x4_t total[Pairs][4];
  for (int p = 0; p < Pairs; ++p)
    for (int c = 0; c < 4; ++c)
      total[p][c] = vdupq_n_f32(0);
  Out<2 * Pairs> out;
  if (from) {
    out.load(a, row, n, end);
    for (int i = 0; i < 4 * Pairs; ++i)
      total[i / 4][i % 4] = zipPairs(out.v[i / 4 * 2][i % 4 / 2],
                                     out.v[i / 4 * 2 + 1][i % 4 / 2], i % 2);
  }
  for (int64_t k = from; k < to; k += LLMC_Q8_BLOCK, rowScales += 8) {
    int32x4_t acc[Pairs][4];
    block<Pairs>(w + (k - from) * LLMC_NR, x + 2 * k, stride,
                 least(LLMC_Q8_BLOCK, to - k), acc);
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
  LLMC_UNROLL
  for (int i = 0; i < 4 * Pairs; ++i)
    out.v[i / 2][i % 2] = zipPairs(total[i / 4][i % 2 * 2],
                                   total[i / 4][i % 2 * 2 + 1], i / 2 % 2);
  if (to < call.kp)
    return out.store(a, row, n, end);
  if (a->bias || n + LLMC_NR > end || row + 2 * Pairs > a->rows)
    return out.finish(a, row, n, end, channelScales);
  const float *s = reinterpret_cast<const float *>(channelScales);
  float32x4_t lo = vld1q_f32(s), hi = vld1q_f32(s + 4);
  float *at = a->out + row * a->out_stride + n;
  LLMC_UNROLL
  for (int r = 0; r < 2 * Pairs; ++r, at += a->out_stride) {
    vst1q_f32(at, vmulq_f32(out.v[r][0], lo));
    vst1q_f32(at + 4, vmulq_f32(out.v[r][1], hi));
  }
}

// k from `from` (a multiple of 256) to `to` of a panel.
template <int64_t Group>
void unpack(Int4Panel<Group> p, const uint8_t *panel, int64_t from, int64_t to,
            int8_t *out) {
  panel += from / LLMC_SUPERBLOCK * llmc_i4_block_bytes(Group);
  unpackPanel<Group, true>(p, panel, to - from, out);
}
void unpack(Int8Panel p, const uint8_t *panel, int64_t from, int64_t to,
            int8_t *out) {
  unpackPanel<true>(p, panel + from * LLMC_NR, to - from, out);
}

// One chunk of up to kPanels panels: unpacked once, then all rows.
template <typename Panel>
void chunk(const Call &call, int64_t from, int64_t to, int64_t begin,
           int64_t end) {
  const llmc_linear_args *a = call.a;
  int64_t bytes = Panel::bytes(a->k), span = to - from;
  int8_t *w = static_cast<int8_t *>(a->scratch);
  const uint8_t *packed =
      static_cast<const uint8_t *>(a->rhs) + begin / LLMC_NR * bytes;
  for (int64_t n = begin; n < end; n += LLMC_NR)
    unpack(Panel(), packed + (n - begin) / LLMC_NR * bytes, from, to,
           w + (n - begin) * span);
  for (int64_t row = 0; row < a->rows;) {
    // Three pairs keep all sums in registers; four are better cut evenly.
    int64_t pairs = (a->rows - row + 1) / 2;
    pairs = pairs == 4 ? 2 : least(pairs, 3);
    const uint8_t *scales = packed + Panel::scales(a->k);
    for (int64_t n = begin; n < end; n += LLMC_NR, scales += bytes) {
      const int8_t *v = w + (n - begin) * span;
      if (pairs == 3)
        tile<3>(call, v, from, to, row, n, end, scales);
      else if (pairs == 2)
        tile<2>(call, v, from, to, row, n, end, scales);
      else
        tile<1>(call, v, from, to, row, n, end, scales);
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
    for (int64_t k = 0; k < call.kp; k += kChunk)
      chunk<Panel>(call, k, least(call.kp, k + kChunk), n,
                   least(end, n + kPanels * LLMC_NR));
}

} // namespace

#define KERNEL(layout, Panel)                                                  \
  LLMC_KERNEL(llmc_linear_f32_q8x2_##layout##_6x8_i8mm) {                      \
    prefill<Panel>(args, begin, end);                                          \
  }
LLMC_INT_LAYOUTS(KERNEL)
