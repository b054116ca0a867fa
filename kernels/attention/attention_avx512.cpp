// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Attention on AVX-512: 4 query heads, 16 accumulators.
#include "kernels/attention/attention_blocks.h"

LLMC_KERNEL(llmc_attention_f32_f32_kv_f32_4x64_avx512) {
  attention<float>(args, begin, end, AttendBlocks<16, 4>());
}
LLMC_KERNEL(llmc_attention_f32_f32_kv_f16_4x64_avx512) {
  attention<_Float16>(args, begin, end, AttendBlocks<16, 4>());
}
LLMC_KERNEL(llmc_attention_f32_f32_kv_i8_4x64_avx512) {
  attention<int8_t>(args, begin, end, AttendBlocks<16, 4>());
}
LLMC_KERNEL(llmc_decode_attention_f32_f32_kv_f32_4x64_avx512) {
  decodeAttention<float>(args, begin, end, AttendBlocks<16, 4>());
}
LLMC_KERNEL(llmc_decode_attention_f32_f32_kv_f16_4x64_avx512) {
  decodeAttention<_Float16>(args, begin, end, AttendBlocks<16, 4>());
}
LLMC_KERNEL(llmc_decode_attention_f32_f32_kv_i8_4x64_avx512) {
  decodeAttention<int8_t>(args, begin, end, AttendBlocks<16, 4>());
}
