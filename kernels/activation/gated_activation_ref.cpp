// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Scalar oracle of gated_activation.
#include "kernels/activation/elementary.h"
#include "kernels/activation/gate_chunks.h"

template <typename Act>
static void gatedActivation(const void *args, int64_t begin, int64_t end) {
  forGateRuns(static_cast<const llmc_gated_activation_args *>(args), begin, end,
              [](const float *gate, float *out, int64_t n) {
                for (int64_t i = 0; i < n; i += LLMC_GATE_CHUNK) {
                  int64_t m = n - i < LLMC_GATE_CHUNK ? n - i : LLMC_GATE_CHUNK;
                  for (int64_t j = 0; j < m; ++j)
                    out[i + j] = Act::of(gate[2 * i + j]) * gate[2 * i + m + j];
                }
              });
}

#define ACTIVATION(symbol, Act)                                                \
  LLMC_KERNEL(symbol) { gatedActivation<Act>(args, begin, end); }
ACTIVATION(llmc_gated_activation_f32_f32_silu_ref, Silu)
ACTIVATION(llmc_gated_activation_f32_f32_gelu_tanh_ref, GeluTanh)
ACTIVATION(llmc_gated_activation_f32_f32_gelu_ref, Gelu)
ACTIVATION(llmc_gated_activation_f32_f32_relu_ref, Relu)
