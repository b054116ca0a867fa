// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Oracle of the float linears: acc = fma(lhs[k], weight[k], acc) in ascending k
// from 0, then + bias. Half: lhs in f16 of a unit of its row (halfUnit), by which
// acc is multiplied. Bfdot: what BFDOT and BFMMLA do without FEAT_EBF16, lhs in
// bf16: acc = acc + (lhs[k] * weight[k] + lhs[k + 1] * weight[k + 1]) in ascending
// pairs of k padded with zeros to a multiple of 4; sums are rounded to odd, and
// operands and results that are subnormal are 0.
#include "kernels/formats/float16.h"
#include "kernels/layouts/panels.h"
#include "kernels/linear/linear.h"
#include "kernels/quantize/half_row.h"

namespace {

float decode(float x) { return x; }
struct F16 {
  uint16_t bits;
};
struct BF16 {
  uint16_t bits;
};
float decode(F16 x) { return llmc_f16_to_float(x.bits); }
float decode(BF16 x) { return llmc_bf16_to_float(x.bits); }

template <typename T, bool Half = false>
void linear(const void *args, int64_t begin, int64_t end) {
  const auto *a = static_cast<const llmc_linear_args *>(args);
  const T *rhs = static_cast<const T *>(a->rhs);
  for (int64_t r = 0; r < a->rows; ++r) {
    const float *lhs = static_cast<const float *>(a->lhs) + r * a->k;
    float highest = 0;
    for (int64_t i = 0; i < a->k; ++i)
      highest = __builtin_fabsf(lhs[i]) > highest ? __builtin_fabsf(lhs[i]) : highest;
    HalfUnit unit = Half ? halfUnit(highest, 15) : HalfUnit{1, 1};
    for (int64_t first = begin; first < end; first += LLMC_NR) {
      const T *panel = rhs + first * a->k;
      float acc[LLMC_NR] = {};
      for (int64_t i = 0; i < a->k; ++i) {
        float x = lhs[i];
        if (Half)
          x = llmc_f16_to_float(llmc_float_to_f16(x * unit.inverse));
        for (int64_t c = 0; c < LLMC_NR; ++c)
          acc[c] = __builtin_fmaf(x, decode(panel[i * LLMC_NR + c]), acc[c]);
      }
      for (int64_t c = 0; c < LLMC_NR && first + c < end; ++c) {
        float y = acc[c] * unit.unit;
        a->out[r * a->out_stride + first + c] =
            a->bias ? y + a->bias[first + c] : y;
      }
    }
  }
}

// Below 2^-126: 0 of the sign. The only NaN is the default one.
float flushed(float x) {
  if (x != x)
    return llmc_bits_float(0x7fc00000);
  return __builtin_fabsf(x) < 0x1p-126f ? __builtin_copysignf(0.0f, x) : x;
}

// x + y, and of the two floats around an inexact sum the one whose last bit is 1.
float addToOdd(float x, float y) {
  float sum = x + y, part = sum - x;
  float error = (x - (sum - part)) + (y - part); // exact (Knuth's TwoSum)
  if (__builtin_isinf(sum)) // or only rounded up to it
    return __builtin_fabs((double)x + y) < 0x1p128
               ? __builtin_copysignf(__FLT_MAX__, sum)
               : sum;
  uint32_t bits = llmc_float_bits(sum);
  if (error != 0 && bits % 2 == 0)
    sum = llmc_bits_float((error > 0) == (sum > 0) ? bits + 1 : bits - 1);
  return flushed(sum);
}

float productOf(uint16_t x, uint16_t w) {
  return flushed(flushed(llmc_bf16_to_float(x)) * flushed(llmc_bf16_to_float(w)));
}

void linearBfdot(const void *args, int64_t begin, int64_t end) {
  const auto *a = static_cast<const llmc_linear_args *>(args);
  const int64_t k = a->k;
  for (int64_t r = 0; r < a->rows; ++r)
    for (int64_t n = begin; n < end; ++n) {
      const float *lhs = static_cast<const float *>(a->lhs) + r * k;
      const auto *w = static_cast<const uint16_t *>(a->rhs) +
                      n / LLMC_NR * LLMC_NR * k + n % LLMC_NR;
      auto product = [&](int64_t i) {
        return i < k ? productOf(llmc_float_to_bf16(lhs[i]), w[i * LLMC_NR]) : 0;
      };
      float acc = 0;
      for (int64_t i = 0; i < llmc_round_up(k, 4); i += 2)
        acc = addToOdd(acc, addToOdd(product(i), product(i + 1)));
      a->out[r * a->out_stride + n] = a->bias ? acc + a->bias[n] : acc;
    }
}

} // namespace

LLMC_KERNEL(llmc_linear_f32_f32_f32_n8_ref) { linear<float>(args, begin, end); }
LLMC_KERNEL(llmc_linear_f32_f32_f16_n8_ref) { linear<F16>(args, begin, end); }
LLMC_KERNEL(llmc_linear_f32_f32_bf16_n8_ref) { linear<BF16>(args, begin, end); }
LLMC_KERNEL(llmc_linear_f32_f32_f16_n8_half_ref) {
  linear<F16, true>(args, begin, end);
}
LLMC_KERNEL(llmc_linear_f32_f32_bf16_n8_bfdot_ref) {
  linearBfdot(args, begin, end);
}
