// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Oracle of the integer linears. Per 256 of k the sum is an exact integer;
//   acc = fma(float(sum), lhs scale of the block, acc) in ascending blocks,
// then acc * channel scale, then + bias.
#include "kernels/layouts/lhs_q8.h"
#include "kernels/layouts/panels.h"
#include "kernels/linear/linear.h"
#include "kernels/vectors.h"

namespace {

struct Int8 {
  static int64_t bytes(int64_t k) { return llmc_i8_panel_bytes(k); }
  static int64_t scales(int64_t k) { return llmc_i8_scales(k); }
  static int weight(const uint8_t *panel, int64_t i, int64_t c, int64_t) {
    return (int8_t)panel[i / 4 * 4 * LLMC_NR + c * 4 + i % 4];
  }
};

template <int64_t Group> struct Int4 {
  static int64_t bytes(int64_t k) { return llmc_i4_panel_bytes(k, Group); }
  static int64_t scales(int64_t k) { return llmc_i4_scales(k, Group); }
  static int weight(const uint8_t *panel, int64_t i, int64_t c, int64_t kp) {
    int byte = panel[llmc_i4_nibble_offset(i, c, kp, Group)];
    int nibble = i % 32 < 16 ? byte & 15 : byte >> 4;
    return ((nibble ^ 8) - 8) *
           (int8_t)panel[llmc_i4_multiplier_offset(i, c, Group)];
  }
};

template <typename Format>
void linear(const void *args, int64_t begin, int64_t end) {
  const auto *a = static_cast<const llmc_linear_args *>(args);
  const char *lhs = static_cast<const char *>(a->lhs);
  int64_t k = a->k, kp = llmc_round_up(k, 32);
  for (int64_t n = begin; n < end; ++n) {
    const uint8_t *panel = static_cast<const uint8_t *>(a->rhs) +
                           n / LLMC_NR * Format::bytes(k);
    int64_t c = n % LLMC_NR;
    float scale =
        loadAs<float>(panel + Format::scales(k) + c * sizeof(float));
    for (int64_t r = 0; r < a->rows; ++r) {
      const char *row = lhs + llmc_q8_offset(r, 0, k, 1);
      float acc = 0;
      for (int64_t b = 0; b < llmc_q8_blocks(k); ++b) {
        int32_t sum = 0;
        int64_t last = (b + 1) * LLMC_Q8_BLOCK < kp ? (b + 1) * LLMC_Q8_BLOCK : kp;
        for (int64_t i = b * LLMC_Q8_BLOCK; i < last; ++i)
          sum += Format::weight(panel, i, c, kp) * (int8_t)row[i];
        acc = __builtin_fmaf(
            (float)sum,
            loadAs<float>(lhs + llmc_q8_scale_offset(r, b, k, 1)), acc);
      }
      float value = acc * scale;
      a->out[r * a->out_stride + n] = a->bias ? value + a->bias[n] : value;
    }
  }
}

} // namespace

LLMC_KERNEL(llmc_linear_f32_q8_i8_n8_ref) { linear<Int8>(args, begin, end); }
LLMC_KERNEL(llmc_linear_f32_q8_i4_n8_g32_ref) {
  linear<Int4<32>>(args, begin, end);
}
LLMC_KERNEL(llmc_linear_f32_q8_i4_n8_g64_ref) {
  linear<Int4<64>>(args, begin, end);
}
LLMC_KERNEL(llmc_linear_f32_q8_i4_n8_g128_ref) {
  linear<Int4<128>>(args, begin, end);
}
