// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Oracle of the linears with a float scale per group (block4, block8). A
// group's sum of (code - zero point) * activation is an exact integer;
//   part = fma(float(sum), group scale, part) in ascending groups of 256 k,
//   acc = fma(part, lhs scale of the 256, acc) in ascending order, then + bias.
#include "kernels/layouts/lhs_q8.h"
#include "kernels/linear/block/block_panel.h"
#include "kernels/linear/linear.h"
#include "kernels/vectors.h"

namespace {

template <typename Panel>
int weight(const uint8_t *in, int64_t span, int64_t i, int64_t c) {
  constexpr int bits = Panel::kBits;
  int byte = Panel::codes(in, span)[llmc_block_code_offset(i, c, bits)];
  int nibble = i % 32 < 16 ? byte & 15 : byte >> 4;
  int code = bits == 8 ? (int8_t)byte : (nibble ^ 8) - 8;
  if (!Panel::kZeros)
    return code;
  return code - Panel::zeros(in, span)[i / Panel::kGroup * LLMC_NR + c];
}

// Channel c of a panel times a row of activations.
template <typename Panel>
float dot(const uint8_t *in, int64_t c, const int8_t *row, const float *scales,
          int64_t kp) {
  float acc = 0;
  for (int64_t k = 0; k < kp; k += LLMC_Q8_BLOCK) {
    int64_t span = kp - k < LLMC_Q8_BLOCK ? kp - k : LLMC_Q8_BLOCK;
    float part = 0;
    for (int64_t g = 0; g < span; g += Panel::kGroup) {
      int32_t sum = 0;
      for (int64_t i = g; i < g + Panel::kGroup && i < span; ++i)
        sum += weight<Panel>(in, span, i, c) * row[k + i];
      float scale = loadAs<float>(in + (g / Panel::kGroup * LLMC_NR + c) * 4);
      part = __builtin_fmaf((float)sum, scale, part);
    }
    acc = __builtin_fmaf(part, scales[k / LLMC_Q8_BLOCK], acc);
    in += Panel::bytesOf(span);
  }
  return acc;
}

template <typename Panel>
void linear(const void *args, int64_t begin, int64_t end) {
  const auto *a = static_cast<const llmc_linear_args *>(args);
  int64_t kp = llmc_q8_k(a->k);
  for (int64_t n = begin; n < end; ++n) {
    const uint8_t *panel = static_cast<const uint8_t *>(a->rhs) +
                           n / LLMC_NR * Panel::bytes(a->k);
    for (int64_t r = 0; r < a->rows; ++r) {
      const int8_t *row =
          static_cast<const int8_t *>(a->lhs) + llmc_q8_offset(r, 0, a->k, 1);
      const float *scales = reinterpret_cast<const float *>(row + kp);
      float value = dot<Panel>(panel, n % LLMC_NR, row, scales, kp);
      a->out[r * a->out_stride + n] = a->bias ? value + a->bias[n] : value;
    }
  }
}

} // namespace

#define KERNEL(layout, bits, group, zeros)                                     \
  LLMC_KERNEL(llmc_linear_f32_q8_##layout##_ref) {                             \
    linear<BlockPanel<bits, group, zeros>>(args, begin, end);                  \
  }
LLMC_BLOCK_LAYOUTS(KERNEL)
