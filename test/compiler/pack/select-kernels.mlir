// RUN: llmc-opt %s --llmc-select-kernels='target=x86-64-v3 kv=f32' | FileCheck %s
// RUN: llmc-opt %s --llmc-select-kernels=target=generic-arm64 | FileCheck %s --check-prefix=ARM
llm.weight @h : tensor<16x8xf32> {quant = #llm.quant<int8>, packed = #llm.packed<"i8_n8", offset = 0, bytes = 576>, parts = [#llm.source<file = "f", offset = 0, type = f32, rows = 16, columns = 8, rowStride = 8, columnStride = 1>]}
llm.weight @n : tensor<8xf32> {value = array<f32: 1., 1., 1., 1., 1., 1., 1., 1.>}
func.func @decode(%x: tensor<1x8xf32>, %c: !llm.kv_cache, %i: tensor<1xi32>) -> tensor<1x8xf32> {
  // CHECK: llm.rms_norm {{.*}}kernel = "llmc_rms_norm_q8_f32_
  %y = llm.rms_norm %x, @n {epsilon = 1.0} : (tensor<1x8xf32>) -> tensor<1x8xi8, #llm.q8>
  // CHECK: llm.linear {{.*}}kernel = "llmc_linear_f32_q8_i8_n8_{{.*}}_avx2"
  // ARM: llm.linear {{.*}}kernel = "llmc_linear_f32_q8_i8_n8_{{.*(ref|neon)}}"
  %l = llm.linear %y, @h : tensor<1x8xi8, #llm.q8> -> tensor<1x16xf32>
  // CHECK: llm.attention {{.*}}kernel = "llmc_attention_f32_f32_kv_f32_
  // ARM: llm.attention {{.*}}kernel = "llmc_attention_f32_f32_kv_f16_
  %a = llm.attention %l, %c at %i, %i {layer = 0, heads = 2, kv_heads = 1, head_dim = 4, scale = 1.0} : tensor<1x16xf32>, tensor<1xi32> -> tensor<1x8xf32>
  return %a : tensor<1x8xf32>
}
