// Not joined: another scheme, then a second use of gate.
// RUN: llmc-opt %s --llmc-fuse-gate-up | FileCheck %s

// CHECK-COUNT-2: llm.gated_activation silu %{{.*}}, %{{.*}} :
llm.weight @gate_proj : tensor<12x8xf32> {parts = [#llm.source<file = "f", offset = 0, type = f32, rows = 12, columns = 8, rowStride = 8, columnStride = 1>]}
llm.weight @up_proj : tensor<12x8xf32> {parts = [#llm.source<file = "f", offset = 384, type = f32, rows = 12, columns = 8, rowStride = 8, columnStride = 1>]}
llm.weight @other : tensor<12x8xf32> {quant = #llm.quant<f16>, parts = [#llm.source<file = "f", offset = 768, type = f32, rows = 12, columns = 8, rowStride = 8, columnStride = 1>]}
func.func @scheme(%x: tensor<?x8xf32>) -> tensor<?x12xf32> {
  %g = llm.linear %x, @gate_proj : tensor<?x8xf32> -> tensor<?x12xf32>
  %u = llm.linear %x, @other : tensor<?x8xf32> -> tensor<?x12xf32>
  %a = llm.gated_activation silu %g, %u : (tensor<?x12xf32>, tensor<?x12xf32>) -> tensor<?x12xf32>
  return %a : tensor<?x12xf32>
}
func.func @used(%x: tensor<?x8xf32>) -> (tensor<?x12xf32>, tensor<?x12xf32>) {
  %g = llm.linear %x, @gate_proj : tensor<?x8xf32> -> tensor<?x12xf32>
  %u = llm.linear %x, @up_proj : tensor<?x8xf32> -> tensor<?x12xf32>
  %a = llm.gated_activation silu %g, %u : (tensor<?x12xf32>, tensor<?x12xf32>) -> tensor<?x12xf32>
  return %a, %g : tensor<?x12xf32>, tensor<?x12xf32>
}
