// RUN: not llmc-opt %s --llmc-pack-weights 2>&1 | FileCheck %s
// RUN: not llmc-opt %s --llmc-pack-weights=target=z80 2>&1 | FileCheck %s --check-prefix=TARGET

// CHECK: llm.linear cannot read #llm.quant<int4, group = 32, asymmetric = true> on generic-arm64; layouts that all uses of the weight can read: {{.*}}i4_n8_g32
// TARGET: unknown target 'z80'
llm.weight @h : tensor<16x8xf32> {quant = #llm.quant<int4, group = 32, asymmetric = true>, parts = [#llm.source<file = "f", offset = 0, type = f32, rows = 16, columns = 8, rowStride = 8, columnStride = 1>]}
func.func @decode(%y: tensor<1x8xi8, #llm.q8>) -> tensor<1x16xf32> {
  %l = llm.linear %y, @h : tensor<1x8xi8, #llm.q8> -> tensor<1x16xf32>
  return %l : tensor<1x16xf32>
}
