// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// cos and sin: the f32 angle is reduced in double by multiples of pi / 2 (Cody
// and Waite, 1980, in two parts with fused multiply-adds), then two short
// Taylor polynomials; the error is far below half an ulp of f32 for angles below
// 2^30.
#include "kernels/kernel.h"
#include "kernels/rope/rope.h"

namespace {

struct CosSin {
  double cos, sin;
};

CosSin cosSin(double x) {
  const double kShift = 6755399441055744.0; // 1.5 * 2^52: rounds to an integer
  double shifted = x * 0.63661977236758134308 + kShift;
  double n = shifted - kShift;
  int64_t quadrant = __builtin_bit_cast(int64_t, shifted) & 3;
  double r = __builtin_fma(-n, 0x1.921fb54442d18p+0, x);
  r = __builtin_fma(-n, 0x1.1a62633145c07p-54, r);
  double z = r * r;
  double s = __builtin_fma(z, 1.0 / 6227020800.0, -1.0 / 39916800.0);
  s = __builtin_fma(s, z, 1.0 / 362880.0);
  s = __builtin_fma(s, z, -1.0 / 5040.0);
  s = __builtin_fma(s, z, 1.0 / 120.0);
  s = __builtin_fma(s, z, -1.0 / 6.0);
  s = __builtin_fma(s * z, r, r);
  double c = __builtin_fma(z, 1.0 / 479001600.0, -1.0 / 3628800.0);
  c = __builtin_fma(c, z, 1.0 / 40320.0);
  c = __builtin_fma(c, z, -1.0 / 720.0);
  c = __builtin_fma(c, z, 1.0 / 24.0);
  c = __builtin_fma(c, z, -0.5);
  c = __builtin_fma(c, z, 1.0);
  double cosine = quadrant & 1 ? s : c, sine = quadrant & 1 ? c : s;
  return {(quadrant + 1) & 2 ? -cosine : cosine, quadrant & 2 ? -sine : sine};
}

} // namespace

LLMC_KERNEL(llmc_rope_table_f32_ref) {
  const auto *a = static_cast<const llmc_rope_table_args *>(args);
  int64_t half = a->head_dim / 2;
  for (int64_t r = begin; r < end; ++r)
    for (int64_t i = 0; i < half; ++i) {
      float angle = (float)a->positions[r] * a->inv_freq[i];
      CosSin v = cosSin(angle);
      float *out = a->table + r * 2 * half + i;
      out[0] = (float)v.cos * (float)a->scale;
      out[half] = (float)v.sin * (float)a->scale;
    }
}
