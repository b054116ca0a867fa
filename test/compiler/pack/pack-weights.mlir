// Offsets follow the first use in @decode; the section is a multiple of 64.
// RUN: llmc-opt %s --llmc-pack-weights | FileCheck %s

// CHECK: llm.weights_bytes = 1152 : i64
// CHECK: @h : {{.*}}packed = #llm.packed<"i8_n8", offset = 576, bytes = 576>
// CHECK: @n : {{.*}}packed = #llm.packed<"f32_n1", offset = 512, bytes = 32>
// CHECK: @e : {{.*}}packed = #llm.packed<"f32_n8", offset = 0, bytes = 512>
// CHECK: @unused : tensor<8xf32> {value
llm.weight @h : tensor<16x8xf32> {quant = #llm.quant<int8>, parts = [#llm.source<file = "f", offset = 0, type = f32, rows = 16, columns = 8, rowStride = 8, columnStride = 1>]}
llm.weight @n : tensor<8xf32> {value = array<f32: 1., 1., 1., 1., 1., 1., 1., 1.>}
llm.weight @e : tensor<16x8xf32> {quant = #llm.quant<f32>, parts = [#llm.source<file = "f", offset = 0, type = f32, rows = 16, columns = 8, rowStride = 8, columnStride = 1>]}
llm.weight @unused : tensor<8xf32> {value = array<f32: 1., 1., 1., 1., 1., 1., 1., 1.>}
func.func @decode(%t: tensor<1xi32>) -> tensor<1x16xf32> {
  %x = llm.embedding %t, @e : tensor<1xi32> -> tensor<1x8xf32>
  %y = llm.rms_norm %x, @n {epsilon = 1.0} : (tensor<1x8xf32>) -> tensor<1x8xi8, #llm.q8>
  %l = llm.linear %y, @h : tensor<1x8xi8, #llm.q8> -> tensor<1x16xf32>
  return %l : tensor<1x16xf32>
}
