// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Attention in half precision, without FMLAL.
#include "kernels/attention/attention_half.h"

namespace {

struct Fp16 {
  LLMC_INLINE void widen(float32x4_t &lo, float32x4_t &hi, float16x8_t x) {
    lo = vaddq_f32(lo, vcvt_f32_f16(vget_low_f16(x)));
    hi = vaddq_f32(hi, vcvt_high_f32_f16(x));
  }
};

} // namespace

LLMC_KERNEL(llmc_attention_f32_f32_kv_f16_half_4x64_fp16) {
  attention<_Float16>(args, begin, end, AttendHalf<Fp16>());
}
LLMC_KERNEL(llmc_attention_f32_f32_kv_i8_half_4x64_fp16) {
  attention<int8_t>(args, begin, end, AttendHalf<Fp16>());
}
LLMC_KERNEL(llmc_decode_attention_f32_f32_kv_f16_half_4x64_fp16) {
  decodeAttention<_Float16>(args, begin, end, AttendHalf<Fp16>());
}
LLMC_KERNEL(llmc_decode_attention_f32_f32_kv_i8_half_4x64_fp16) {
  decodeAttention<int8_t>(args, begin, end, AttendHalf<Fp16>());
}
