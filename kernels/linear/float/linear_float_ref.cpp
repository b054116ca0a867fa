// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Oracle of the float linears: acc = fma(lhs[k], weight[k], acc) in ascending k
// from 0, then + bias. Half: lhs in f16 of a unit of its row (halfUnit), by which
// acc is multiplied.
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

} // namespace

LLMC_KERNEL(llmc_linear_f32_f32_f32_n8_ref) { linear<float>(args, begin, end); }
LLMC_KERNEL(llmc_linear_f32_f32_f16_n8_ref) { linear<F16>(args, begin, end); }
LLMC_KERNEL(llmc_linear_f32_f32_bf16_n8_ref) { linear<BF16>(args, begin, end); }
LLMC_KERNEL(llmc_linear_f32_f32_f16_n8_half_ref) {
  linear<F16, true>(args, begin, end);
}
