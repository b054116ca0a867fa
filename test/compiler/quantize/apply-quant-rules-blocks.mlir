// Codes that a model brings are kept unless a rule says other; fused linears get
// a scheme that holds the codes of both, without a warning.
// RUN: llmc-opt %s --llmc-apply-quant-rules 2>&1 | FileCheck %s --implicit-check-not=warning
// RUN: llmc-opt %s --llmc-apply-quant-rules=rules=w=int4 | FileCheck %s --check-prefix=RULE

// CHECK: @w : {{.*}}quant = #llm.quant<block4, group = 16, asymmetric = true>
// CHECK: @gate : {{.*}}quant = #llm.quant<block8, group = 16, asymmetric = true>
// CHECK: @up : {{.*}}quant = #llm.quant<block8, group = 16, asymmetric = true>
// CHECK: @pairs : {{.*}}quant = #llm.quant<block4, group = 16>
// RULE: @w : {{.*}}quant = #llm.quant<int4, group = 32>
// RULE: @gate : {{.*}}quant = #llm.quant<block8
llm.weight @w : tensor<8x20xf32> {parts = [#llm.source<file = "f", offset = 0, type = ui4, rows = 8, columns = 20, rowStride = 32, columnStride = 1, blocks = <size = 16, scales = 128, scaleType = f32, zeros = 192>>]}
llm.weight @gate : tensor<8x20xf32> {parts = [#llm.source<file = "f", offset = 0, type = ui8, rows = 8, columns = 20, rowStride = 32, columnStride = 1, blocks = <size = 16, scales = 256, scaleType = f32>>]}
llm.weight @up : tensor<8x20xf32> {parts = [#llm.source<file = "f", offset = 0, type = ui4, rows = 8, columns = 20, rowStride = 32, columnStride = 1, blocks = <size = 16, scales = 128, scaleType = f32, zeros = 192>>]}
llm.weight @pairs : tensor<8x20xf32> {chunks = array<i64: 2, 2>, parts = [#llm.source<file = "f", offset = 0, type = ui4, rows = 4, columns = 20, rowStride = 64, columnStride = 1, blocks = <size = 16, scales = 128, scaleType = f32>>, #llm.source<file = "f", offset = 16, type = ui4, rows = 4, columns = 20, rowStride = 64, columnStride = 1, blocks = <size = 16, scales = 136, scaleType = f32>>]}
func.func @main(%x: tensor<?x20xf32>) -> tensor<?x8xf32> {
  // CHECK: llm.quantize %arg0
  %g = llm.linear %x, @gate : tensor<?x20xf32> -> tensor<?x8xf32>
  %u = llm.linear %x, @up : tensor<?x20xf32> -> tensor<?x8xf32>
  %0 = llm.gated_activation silu %g, %u : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  return %0 : tensor<?x8xf32>
}
