// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Scalar oracle of rms_norm. The sum of squares goes through 16 partial sums,
// element i into partial i mod 16, folded halves onto halves.
#include "kernels/norm/rms_norm.h"
#include "kernels/quantize/q8_row.h"

// interleave 0: f32.
static void rmsNorm(const llmc_rms_norm_args *a, int64_t begin, int64_t end,
                    int64_t interleave) {
  for (int64_t i = begin; i < end; ++i) {
    int64_t r = a->row_index ? a->row_index[i] : i;
    float *x = a->x + r * a->width;
    const float *delta = a->delta ? a->delta + r * a->width : nullptr;
    // With row_index, x stays: the sum is formed again where it is used.
    bool store = delta && !a->row_index;
    if (store)
      for (int64_t c = 0; c < a->width; ++c)
        x[c] += delta[c];
    const float *add = store ? nullptr : delta;
    Vec<16> partial = 0.0f;
    for (int64_t c = 0; c < a->width; ++c) {
      float v = add ? x[c] + add[c] : x[c];
      partial[c % 16] = __builtin_fmaf(v, v, partial[c % 16]);
    }
    float mean = sum16(partial) / (float)a->width;
    float inverse = 1.0f / __builtin_sqrtf(mean + (float)a->epsilon);
    for (int64_t c = 0; c < a->width; c += LLMC_Q8_BLOCK) {
      float y[LLMC_Q8_BLOCK];
      int64_t n = a->width - c;
      n = n < LLMC_Q8_BLOCK ? n : LLMC_Q8_BLOCK;
      for (int64_t j = 0; j < n; ++j) {
        float v = add ? x[c + j] + add[c + j] : x[c + j];
        y[j] = v * inverse * a->weight[c + j];
      }
      if (interleave)
        quantizeBlockScalar(y, n, static_cast<char *>(a->out), i, c, a->width,
                            interleave);
      else
        for (int64_t j = 0; j < n; ++j)
          static_cast<float *>(a->out)[i * a->width + c + j] = y[j];
    }
  }
  if (interleave && end == a->rows && begin < end && end % interleave)
    zeroPaddingRow(static_cast<char *>(a->out), end, a->width, interleave);
}

LLMC_KERNEL(llmc_rms_norm_f32_f32_ref) {
  rmsNorm(static_cast<const llmc_rms_norm_args *>(args), begin, end, 0);
}
LLMC_KERNEL(llmc_rms_norm_q8_f32_ref) {
  rmsNorm(static_cast<const llmc_rms_norm_args *>(args), begin, end, 1);
}
LLMC_KERNEL(llmc_rms_norm_q8x2_f32_ref) {
  rmsNorm(static_cast<const llmc_rms_norm_args *>(args), begin, end, 2);
}
