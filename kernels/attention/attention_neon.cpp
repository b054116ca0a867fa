// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Attention on NEON: 4 query heads, 16 accumulators.
#include "kernels/attention/attention_blocks.h"

LLMC_KERNEL(llmc_attention_f32_f32_kv_f32_4x64_neon) {
  attentionBlocks<4, 4, float>(args, begin, end);
}
LLMC_KERNEL(llmc_attention_f32_f32_kv_f16_4x64_neon) {
  attentionBlocks<4, 4, _Float16>(args, begin, end);
}
