// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Attention on AVX2: 2 query heads, 8 of the 16 registers accumulate.
#include "kernels/attention/attention_blocks.h"

LLMC_KERNEL(llmc_attention_f32_f32_kv_f32_2x64_avx2) {
  attention<float>(args, begin, end, AttendBlocks<8, 2>());
}
LLMC_KERNEL(llmc_attention_f32_f32_kv_f16_2x64_avx2) {
  attention<_Float16>(args, begin, end, AttendBlocks<8, 2>());
}
LLMC_KERNEL(llmc_attention_f32_f32_kv_i8_2x64_avx2) {
  attention<int8_t>(args, begin, end, AttendBlocks<8, 2>());
}
LLMC_KERNEL(llmc_decode_attention_f32_f32_kv_f32_2x64_avx2) {
  decodeAttention<float>(args, begin, end, AttendBlocks<8, 2>());
}
LLMC_KERNEL(llmc_decode_attention_f32_f32_kv_f16_2x64_avx2) {
  decodeAttention<_Float16>(args, begin, end, AttendBlocks<8, 2>());
}
LLMC_KERNEL(llmc_decode_attention_f32_f32_kv_i8_2x64_avx2) {
  decodeAttention<int8_t>(args, begin, end, AttendBlocks<8, 2>());
}
