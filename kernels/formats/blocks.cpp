// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "kernels/formats/int_formats.h"

namespace {

struct Step {
  float scale;
  int zero;
};

// What a block of n weights is rounded with.
Step stepOf(const float *w, int64_t n, int half, bool asymmetric) {
  float low = 0, high = 0;
  for (int64_t i = 0; i < n; ++i) {
    low = w[i] < low ? w[i] : low;
    high = w[i] > high ? w[i] : high;
  }
  if (high - low < 1e-30f)
    return {0, 0};
  if (!asymmetric)
    return {(high > -low ? high : low) / (float)-half, 0};
  float scale = (high - low) / (float)(2 * half - 1);
  return {scale, (int)__builtin_rintf(-low / scale) - half};
}

} // namespace

void llmc_encode_blocks(const float *row, int64_t k, int64_t bits,
                        int64_t group, int asymmetric, int8_t *codes,
                        int8_t *zeros, float *scales) {
  int half = 1 << (bits - 1);
  for (int64_t g = 0; g * group < k; ++g) {
    int64_t first = g * group, n = k - first < group ? k - first : group;
    Step step = stepOf(row + first, n, half, asymmetric);
    for (int64_t i = first; i < first + n; ++i) {
      int code = step.zero;
      if (step.scale != 0)
        code += (int)__builtin_rintf(row[i] / step.scale);
      codes[i] =
          (int8_t)(code < -half ? -half : code > half - 1 ? half - 1 : code);
    }
    zeros[g] = (int8_t)step.zero;
    scales[g] = step.scale;
  }
  for (int64_t i = k; i < (k + 31) / 32 * 32; ++i)
    codes[i] = 0;
}
