// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Scalar oracle of quantize.
#include "kernels/quantize/q8_row.h"
#include "kernels/quantize/quantize.h"

static void quantize(const llmc_quantize_args *a, int64_t begin, int64_t end,
                     int64_t interleave) {
  char *out = static_cast<char *>(a->out);
  for (int64_t r = begin; r < end; ++r)
    for (int64_t c = 0; c < a->width; c += LLMC_Q8_BLOCK) {
      int64_t n = a->width - c;
      n = n < LLMC_Q8_BLOCK ? n : LLMC_Q8_BLOCK;
      quantizeBlockScalar(a->in + r * a->width + c, n, out, r, c, a->width,
                          interleave);
    }
  if (end == a->rows && begin < end && end % interleave)
    zeroPaddingRow(out, end, a->width, interleave);
}

LLMC_KERNEL(llmc_quantize_q8_f32_ref) {
  quantize(static_cast<const llmc_quantize_args *>(args), begin, end, 1);
}
LLMC_KERNEL(llmc_quantize_q8x2_f32_ref) {
  quantize(static_cast<const llmc_quantize_args *>(args), begin, end, 2);
}
