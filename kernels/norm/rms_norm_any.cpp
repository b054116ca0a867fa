// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "kernels/norm/rms_norm.h"
#include "kernels/quantize/q8_row.h"

namespace {

// x + delta of one row, 16 columns at a time. With Store the sum replaces x.
template <bool Delta, bool Store> struct Row {
  float *x;
  const float *delta;

  Vec<16> load(int64_t c) const {
    Vec<16> v = loadAs<Vec<16>>(x + c);
    return Delta ? v + loadAs<Vec<16>>(delta + c) : v;
  }
  Vec<16> tail(int64_t c, int64_t n) const {
    Vec<16> v = loadTail(x + c, n);
    return Delta ? v + loadTail(delta + c, n) : v;
  }

  // 1 / sqrt(mean of squares + epsilon).
  float inverseRms(int64_t width, float epsilon) const {
    Vec<16> sum = 0.0f;
    int64_t c = 0;
#pragma clang loop unroll_count(4)
    for (; c + 16 <= width; c += 16) {
      Vec<16> v = load(c);
      if (Store)
        storeAs(x + c, v);
      sum = fma(v, v, sum);
    }
    if (c < width) {
      Vec<16> v = tail(c, width - c);
      if (Store)
        storeTail(x + c, v, width - c);
      sum = fma(v, v, sum);
    }
    float mean = sum16(sum) / (float)width;
    return 1.0f / __builtin_sqrtf(mean + epsilon);
  }
};

// Writes one row of out. Interleave 0: f32.
template <typename RowType, int64_t Interleave>
void writeRow(const llmc_rms_norm_args *a, const RowType &row, float inverse,
              int64_t r) {
  for (int64_t c = 0; c < a->width; c += LLMC_Q8_BLOCK) {
    int64_t n = a->width - c, i = 0;
    n = n < LLMC_Q8_BLOCK ? n : LLMC_Q8_BLOCK;
    float y[LLMC_Q8_BLOCK];
    Vec<16> largest = 0.0f;
    float *out = Interleave ? y : static_cast<float *>(a->out) + r * a->width + c;
#pragma clang loop unroll_count(2)
    for (; i + 16 <= n; i += 16) {
      Vec<16> v = row.load(c + i) * inverse * loadAs<Vec<16>>(a->weight + c + i);
      storeAs(out + i, v);
      v = abs16(v);
      largest = larger(v, largest);
    }
    if (i < n) {
      Vec<16> v =
          row.tail(c + i, n - i) * inverse * loadTail(a->weight + c + i, n - i);
      if (Interleave)
        storeAs(out + i, v);
      else
        storeTail(out + i, v, n - i);
      v = abs16(v);
      largest = larger(v, largest);
      i += 16;
    }
    if (Interleave) {
      if (i % 32)
        storeAs(y + i, Vec<16>(0.0f));
      quantizeBlock<Interleave ? Interleave : 1>(
          y, llmc_q8_k(n), max16(largest), static_cast<char *>(a->out), r, c,
          a->width);
    }
  }
}

template <int64_t Interleave>
void rmsNorm(const void *args, int64_t begin, int64_t end) {
  const auto *a = static_cast<const llmc_rms_norm_args *>(args);
  float epsilon = (float)a->epsilon;
  for (int64_t i = begin; i < end; ++i) {
    int64_t r = a->row_index ? a->row_index[i] : i;
    float *x = a->x + r * a->width;
    const float *delta = a->delta ? a->delta + r * a->width : nullptr;
    if (delta && a->row_index) {
      Row<true, false> row = {x, delta};
      writeRow<Row<true, false>, Interleave>(
          a, row, row.inverseRms(a->width, epsilon), i);
      continue;
    }
    Row<false, false> row = {x, nullptr};
    float inverse = delta ? Row<true, true>{x, delta}.inverseRms(a->width, epsilon)
                          : row.inverseRms(a->width, epsilon);
    writeRow<Row<false, false>, Interleave>(a, row, inverse, i);
  }
  if (Interleave && end == a->rows && begin < end && end % (Interleave ? Interleave : 1))
    zeroPaddingRow(static_cast<char *>(a->out), end, a->width, Interleave);
}

} // namespace

LLMC_KERNEL(llmc_rms_norm_f32_f32_1x16_any) { rmsNorm<0>(args, begin, end); }
LLMC_KERNEL(llmc_rms_norm_q8_f32_1x16_any) { rmsNorm<1>(args, begin, end); }
LLMC_KERNEL(llmc_rms_norm_q8x2_f32_1x16_any) { rmsNorm<2>(args, begin, end); }
