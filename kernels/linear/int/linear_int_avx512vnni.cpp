// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "kernels/linear/avx512vnni_x86.h"

LLMC_X86_LINEARS(Vnni, avx512vnni)
LLMC_KERNEL(llmc_linear_f32_q8_i8_n8_12x32_avx512vnni) {
  linearPrefill<Vnni, Int8Panel>(args, begin, end);
}
LLMC_KERNEL(llmc_linear_f32_q8_i4_n8_g32_12x32_avx512vnni) {
  linearPrefill<Vnni, Int4Panel<32>>(args, begin, end);
}
LLMC_KERNEL(llmc_linear_f32_q8_i4_n8_g64_12x32_avx512vnni) {
  linearPrefill<Vnni, Int4Panel<64>>(args, begin, end);
}
LLMC_KERNEL(llmc_linear_f32_q8_i4_n8_g128_12x32_avx512vnni) {
  linearPrefill<Vnni, Int4Panel<128>>(args, begin, end);
}
