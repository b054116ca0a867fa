// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Attention in half precision; FMLAL multiplies f16 into f32.
#include "kernels/attention/attention_half.h"

namespace {

struct Fml {
  LLMC_INLINE void widen(float32x4_t &lo, float32x4_t &hi, float16x8_t x) {
    const float16x8_t one = vdupq_n_f16(1);
    lo = vfmlalq_low_f16(lo, x, one);
    hi = vfmlalq_high_f16(hi, x, one);
  }
};

} // namespace

LLMC_KERNEL(llmc_attention_f32_f32_kv_f16_half_4x64_fp16fml) {
  attention<_Float16>(args, begin, end, AttendHalf<Fml>());
}
LLMC_KERNEL(llmc_attention_f32_f32_kv_i8_half_4x64_fp16fml) {
  attention<int8_t>(args, begin, end, AttendHalf<Fml>());
}
LLMC_KERNEL(llmc_decode_attention_f32_f32_kv_f16_half_4x64_fp16fml) {
  decodeAttention<_Float16>(args, begin, end, AttendHalf<Fml>());
}
LLMC_KERNEL(llmc_decode_attention_f32_f32_kv_i8_half_4x64_fp16fml) {
  decodeAttention<int8_t>(args, begin, end, AttendHalf<Fml>());
}
