// What fuse joins has one scheme, the most precise that a rule gave.
// RUN: llmc-opt %s --llmc-apply-quant-rules=rules=int4,up=int8 2>&1 | FileCheck %s

// CHECK: warning: gate gets the scheme int8: q, k and v are one linear
// CHECK: @gate : {{.*}}quant = #llm.quant<int8>
// CHECK: @up : {{.*}}quant = #llm.quant<int8>
// CHECK: @other : {{.*}}quant = #llm.quant<int4, group = 32>
llm.weight @gate : tensor<8x2xf32> {parts = [#llm.source<file = "f", offset = 0, type = f32, rows = 8, columns = 2, rowStride = 2, columnStride = 1>]}
llm.weight @up : tensor<8x2xf32> {parts = [#llm.source<file = "f", offset = 64, type = f32, rows = 8, columns = 2, rowStride = 2, columnStride = 1>]}
llm.weight @other : tensor<8x2xf32> {parts = [#llm.source<file = "f", offset = 128, type = f32, rows = 8, columns = 2, rowStride = 2, columnStride = 1>]}
func.func @main(%x: tensor<?x2xf32>) -> tensor<?x8xf32> {
  %g = llm.linear %x, @gate : tensor<?x2xf32> -> tensor<?x8xf32>
  %u = llm.linear %x, @up : tensor<?x2xf32> -> tensor<?x8xf32>
  %0 = llm.gated_activation silu %g, %u : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  return %0 : tensor<?x8xf32>
}
