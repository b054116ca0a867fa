// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Attention on AVX2: 2 query heads, 8 of the 16 registers accumulate.
#include "kernels/attention/attention_blocks.h"

LLMC_KERNEL(llmc_attention_f32_f32_kv_f32_2x64_avx2) {
  attentionBlocks<8, 2, float>(args, begin, end);
}
LLMC_KERNEL(llmc_attention_f32_f32_kv_f16_2x64_avx2) {
  attentionBlocks<8, 2, _Float16>(args, begin, end);
}
