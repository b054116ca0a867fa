// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "kernels/activation/elementary.h"
#include "kernels/activation/gate_chunks.h"

// Two pairs of chunks at a time as one Vec<16>; a row's last pairs singly.
template <typename Act>
static void gatedActivation(const void *args, int64_t begin, int64_t end) {
  forGateRuns(
      static_cast<const llmc_gated_activation_args *>(args), begin, end,
      [](const float *in, float *out, int64_t n) {
        int64_t i = 0;
        for (; i + 16 <= n; i += 16) {
          Vec<16> gate, up;
          gate.lo = loadAs<Vec<8>>(in + 2 * i);
          up.lo = loadAs<Vec<8>>(in + 2 * i + 8);
          gate.hi = loadAs<Vec<8>>(in + 2 * i + 16);
          up.hi = loadAs<Vec<8>>(in + 2 * i + 24);
          storeAs(out + i, Act::of(gate) * up);
        }
        for (; i < n; i += 8) {
          int64_t m = n - i < 8 ? n - i : 8;
          Vec<16> v = Act::of(loadTail(in + 2 * i, m)) *
                      loadTail(in + 2 * i + m, m);
          storeTail(out + i, v, m);
        }
      });
}

#define ACTIVATION(symbol, Act)                                                \
  LLMC_KERNEL(symbol) { gatedActivation<Act>(args, begin, end); }
ACTIVATION(llmc_gated_activation_f32_f32_silu_1x16_any, Silu)
ACTIVATION(llmc_gated_activation_f32_f32_gelu_tanh_1x16_any, GeluTanh)
ACTIVATION(llmc_gated_activation_f32_f32_gelu_1x16_any, Gelu)
ACTIVATION(llmc_gated_activation_f32_f32_relu_1x16_any, Relu)
