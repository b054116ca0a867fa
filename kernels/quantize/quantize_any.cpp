// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "kernels/quantize/q8_row.h"
#include "kernels/quantize/quantize.h"

template <int64_t Interleave>
static void quantize(const void *args, int64_t begin, int64_t end) {
  const auto *a = static_cast<const llmc_quantize_args *>(args);
  char *out = static_cast<char *>(a->out);
  for (int64_t r = begin; r < end; ++r)
    for (int64_t c = 0; c < a->width; c += LLMC_Q8_BLOCK) {
      const float *x = a->in + r * a->width + c;
      int64_t n = a->width - c, i = 0;
      n = n < LLMC_Q8_BLOCK ? n : LLMC_Q8_BLOCK;
      float padded[LLMC_Q8_BLOCK];
      Vec<16> largest = 0.0f;
#pragma clang loop unroll_count(2)
      for (; i + 16 <= n; i += 16) {
        Vec<16> v = abs16(loadAs<Vec<16>>(x + i));
        largest = larger(v, largest);
      }
      const float *from = x;
      if (n % 32) { // the row's last block
        for (int64_t j = 0; j < i; ++j)
          padded[j] = x[j];
        for (; i < n; i += 16) {
          Vec<16> v = loadTail(x + i, n - i);
          storeAs(padded + i, v);
          v = abs16(v);
          largest = larger(v, largest);
        }
        if (i % 32)
          storeAs(padded + i, Vec<16>(0.0f));
        from = padded;
      }
      quantizeBlock<Interleave>(from, llmc_q8_k(n), max16(largest), out, r, c,
                                a->width);
    }
  if (end == a->rows && begin < end && end % Interleave)
    zeroPaddingRow(out, end, a->width, Interleave);
}

LLMC_KERNEL(llmc_quantize_q8_f32_1x16_any) { quantize<1>(args, begin, end); }
LLMC_KERNEL(llmc_quantize_q8x2_f32_1x16_any) { quantize<2>(args, begin, end); }
