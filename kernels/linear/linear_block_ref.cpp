// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Oracle of the linears with a float scale per group (block4, block8). A
// group's sum of (code - zero point) * activation is an exact integer;
//   part = fma(float(sum), group scale, part) in ascending groups of 256 k,
//   acc = fma(part, lhs scale of the 256, acc) in ascending order, then + bias.
#include "kernels/layouts/lhs_q8.h"
#include "kernels/layouts/panels.h"
#include "kernels/linear/linear.h"
#include "kernels/vectors.h"

namespace {

template <int Bits, int64_t Group, bool Zeros>
int weight(const uint8_t *in, int64_t span, int64_t i, int64_t c) {
  const uint8_t *codes = in + llmc_block_codes(span, Group, Zeros);
  int byte = codes[llmc_block_code_offset(i, c, Bits)];
  int nibble = i % 32 < 16 ? byte & 15 : byte >> 4;
  int code = Bits == 8 ? (int8_t)byte : (nibble ^ 8) - 8;
  int64_t zero = llmc_block_zeros(span, Group) + i / Group * LLMC_NR + c;
  return Zeros ? code - (int8_t)in[zero] : code;
}

// Channel c of a panel times a row of activations.
template <int Bits, int64_t Group, bool Zeros>
float dot(const uint8_t *in, int64_t c, const int8_t *row, const float *scales,
          int64_t kp) {
  float acc = 0;
  for (int64_t k = 0; k < kp; k += LLMC_Q8_BLOCK) {
    int64_t span = kp - k < LLMC_Q8_BLOCK ? kp - k : LLMC_Q8_BLOCK;
    float part = 0;
    for (int64_t g = 0; g < span; g += Group) {
      int32_t sum = 0;
      for (int64_t i = g; i < g + Group && i < span; ++i)
        sum += weight<Bits, Group, Zeros>(in, span, i, c) * row[k + i];
      float scale = loadAs<float>(in + (g / Group * LLMC_NR + c) * 4);
      part = __builtin_fmaf((float)sum, scale, part);
    }
    acc = __builtin_fmaf(part, scales[k / LLMC_Q8_BLOCK], acc);
    in += llmc_block_span_bytes(span, Bits, Group, Zeros);
  }
  return acc;
}

template <int Bits, int64_t Group, bool Zeros>
void linear(const void *args, int64_t begin, int64_t end) {
  const auto *a = static_cast<const llmc_linear_args *>(args);
  int64_t kp = llmc_q8_k(a->k);
  for (int64_t n = begin; n < end; ++n) {
    const uint8_t *panel =
        static_cast<const uint8_t *>(a->rhs) +
        n / LLMC_NR * llmc_block_panel_bytes(a->k, Bits, Group, Zeros);
    for (int64_t r = 0; r < a->rows; ++r) {
      const int8_t *row =
          static_cast<const int8_t *>(a->lhs) + llmc_q8_offset(r, 0, a->k, 1);
      const float *scales = reinterpret_cast<const float *>(row + kp);
      float value = dot<Bits, Group, Zeros>(panel, n % LLMC_NR, row, scales, kp);
      a->out[r * a->out_stride + n] = a->bias ? value + a->bias[n] : value;
    }
  }
}

} // namespace

#define KERNEL(layout, bits, group, zeros)                                     \
  LLMC_KERNEL(llmc_linear_f32_q8_##layout##_ref) {                             \
    linear<bits, group, zeros>(args, begin, end);                              \
  }
LLMC_BLOCK_LAYOUTS(KERNEL)
