// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "kernels/linear/int/two_rows_arm.h"

namespace {

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
    out.toPairs(total);
  }
  for (int64_t k = from; k < to; k += LLMC_Q8_BLOCK, rowScales += 8) {
    int32x4_t acc[Pairs][4];
    pairBlock<Pairs, 32>(w + (k - from) * LLMC_NR, x + 2 * k, stride,
                         least(LLMC_Q8_BLOCK, to - k), acc);
    LLMC_UNROLL
    for (int p = 0; p < Pairs; ++p) {
      float32x4_t scale = pairScale(rowScales + p * stride);
      LLMC_UNROLL
      for (int c = 0; c < 4; ++c)
        total[p][c] = addPairSum(total[p][c], acc[p][c], scale);
    }
  }
  out.fromPairs(total);
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

template <typename Panel>
void prefill(const void *args, int64_t begin, int64_t end) {
  const auto *a = static_cast<const llmc_linear_args *>(args);
  Call call = {a, llmc_q8_k(a->k), llmc_q8_stride(a->k, 2)};
  if (a->rows == 2)
    return twoRows<Panel>(call, begin, end);
  if (a->rows < 2)
    return rowByRow(call, [&](const llmc_linear_args *one) {
      decode<Widening, Panel>(one, begin, end);
    });
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
