// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "kernels/linear/avx2_x86.h"

LLMC_X86_LINEARS(Avx2, avx2)
LLMC_KERNEL(llmc_linear_f32_q8_i8_n8_4x16_avx2) {
  linearPrefill<Avx2, Int8Panel>(args, begin, end);
}
LLMC_KERNEL(llmc_linear_f32_q8_i4_n8_g32_4x16_avx2) {
  linearPrefill<Avx2, Int4Panel<32>>(args, begin, end);
}
LLMC_KERNEL(llmc_linear_f32_q8_i4_n8_g64_4x16_avx2) {
  linearPrefill<Avx2, Int4Panel<64>>(args, begin, end);
}
LLMC_KERNEL(llmc_linear_f32_q8_i4_n8_g128_4x16_avx2) {
  linearPrefill<Avx2, Int4Panel<128>>(args, begin, end);
}
