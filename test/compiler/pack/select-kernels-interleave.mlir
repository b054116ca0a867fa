// Prefill on i8mm reads pairs of rows; decode reads single ones.
// RUN: llmc-opt %s --llmc-select-kernels=target=neoverse-v2 | FileCheck %s
// RUN: llmc-opt %s --llmc-select-kernels=target=neoverse-n1 | FileCheck %s --check-prefix=N1

// CHECK-LABEL: @decode
// CHECK: llm.quantize %arg0 {kernel = "llmc_quantize_q8_f32_{{.*}}"} : tensor<1x8xf32> -> tensor<1x8xi8, #llm.q8>
// CHECK-LABEL: @prefill
// CHECK: llm.quantize %arg0 {kernel = "llmc_quantize_q8x2_f32_{{.*}}"} : tensor<?x8xf32> -> tensor<?x8xi8, #llm.q8<interleave = 2>>
// CHECK: llm.linear %0, @h {kernel = "llmc_linear_f32_q8x2_i8_n8_{{.*}}_i8mm"}
// N1-LABEL: @prefill
// N1: llm.linear %0, @h {kernel = "llmc_linear_f32_q8_i8_n8_{{.*}}_dotprod"} : tensor<?x8xi8, #llm.q8>
llm.weight @h : tensor<16x8xf32> {quant = #llm.quant<int8>, packed = #llm.packed<"i8_n8", offset = 0, bytes = 576>, parts = [#llm.source<file = "f", offset = 0, type = f32, rows = 16, columns = 8, rowStride = 8, columnStride = 1>]}
func.func @decode(%x: tensor<1x8xf32>) -> tensor<1x16xf32> {
  %y = llm.quantize %x : tensor<1x8xf32> -> tensor<1x8xi8, #llm.q8>
  %l = llm.linear %y, @h : tensor<1x8xi8, #llm.q8> -> tensor<1x16xf32>
  return %l : tensor<1x16xf32>
}
func.func @prefill(%x: tensor<?x8xf32>) -> tensor<?x16xf32> {
  %y = llm.quantize %x : tensor<?x8xf32> -> tensor<?x8xi8, #llm.q8>
  %l = llm.linear %y, @h : tensor<?x8xi8, #llm.q8> -> tensor<?x16xf32>
  return %l : tensor<?x16xf32>
}
