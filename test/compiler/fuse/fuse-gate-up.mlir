// RUN: llmc-opt %s --llmc-fuse-gate-up --llmc-remove-dead-weights | FileCheck %s

// CHECK: llm.weight @gate_up_proj : tensor<24x8xf32> {chunks = array<i64: 8, 8>
// CHECK-SAME: offset = 0, {{.*}} offset = 384
// CHECK-NOT: llm.weight
llm.weight @gate_proj : tensor<12x8xf32> {parts = [#llm.source<file = "f", offset = 0, type = f32, rows = 12, columns = 8, rowStride = 8, columnStride = 1>]}
llm.weight @up_proj : tensor<12x8xf32> {parts = [#llm.source<file = "f", offset = 384, type = f32, rows = 12, columns = 8, rowStride = 8, columnStride = 1>]}
func.func @main(%x: tensor<?x8xf32>) -> tensor<?x12xf32> {
  // CHECK: %[[GU:.*]] = llm.linear %arg0, @gate_up_proj : tensor<?x8xf32> -> tensor<?x24xf32>
  // CHECK-NEXT: llm.gated_activation silu %[[GU]] : (tensor<?x24xf32>) -> tensor<?x12xf32>
  %g = llm.linear %x, @gate_proj : tensor<?x8xf32> -> tensor<?x12xf32>
  %u = llm.linear %x, @up_proj : tensor<?x8xf32> -> tensor<?x12xf32>
  %a = llm.gated_activation silu %g, %u : (tensor<?x12xf32>, tensor<?x12xf32>) -> tensor<?x12xf32>
  return %a : tensor<?x12xf32>
}
