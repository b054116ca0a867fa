// RUN: llmc-opt %s --llmc-fuse-qkv --llmc-remove-dead-weights | FileCheck %s

// CHECK: llm.weight @l.qkv_proj : tensor<32x8xf32>
// CHECK-SAME: chunks = array<i64: 8, 4, 4>
// CHECK-SAME: offset = 0, {{.*}} rows = 16, {{.*}} offset = 512, {{.*}} rows = 8, {{.*}} offset = 768
// CHECK-SAME: quant = #llm.quant<f32>
// CHECK-NOT: llm.weight
llm.weight @l.q_proj : tensor<16x8xf32> {quant = #llm.quant<f32>, parts = [#llm.source<file = "f", offset = 0, type = f32, rows = 16, columns = 8, rowStride = 8, columnStride = 1>]}
llm.weight @l.k_proj : tensor<8x8xf32> {quant = #llm.quant<f32>, parts = [#llm.source<file = "f", offset = 512, type = f32, rows = 8, columns = 8, rowStride = 8, columnStride = 1>]}
llm.weight @l.v_proj : tensor<8x8xf32> {quant = #llm.quant<f32>, parts = [#llm.source<file = "f", offset = 768, type = f32, rows = 8, columns = 8, rowStride = 8, columnStride = 1>]}
func.func @main(%x: tensor<?x8xf32>, %t: tensor<?x4xf32>, %s: tensor<?xi32>, %p: tensor<?xi32>, %c: !llm.kv_cache) -> (tensor<?x16xf32>, !llm.kv_cache) {
  // CHECK: %[[QKV:.*]] = llm.linear %arg0, @l.qkv_proj : tensor<?x8xf32> -> tensor<?x32xf32>
  // CHECK-NEXT: %[[Q:.*]], %[[D:.*]] = llm.rope_append %[[QKV]], %arg1, %arg4 at %arg2, %arg3 {head_dim = 4 : i64, heads = 4 : i64, kv_heads = 2 : i64, layer = 3 : i64}
  // CHECK-NEXT: %[[A:.*]] = llm.attention %[[Q]], %[[D]] at %arg2, %arg3 {{.*}} : tensor<?x32xf32>, tensor<?xi32> -> tensor<?x16xf32>
  // CHECK-NEXT: return %[[A]], %[[D]]
  %q = llm.linear %x, @l.q_proj : tensor<?x8xf32> -> tensor<?x16xf32>
  %k = llm.linear %x, @l.k_proj : tensor<?x8xf32> -> tensor<?x8xf32>
  %v = llm.linear %x, @l.v_proj : tensor<?x8xf32> -> tensor<?x8xf32>
  %rq = llm.rope %q, %t {head_dim = 4} : tensor<?x16xf32>, tensor<?x4xf32>
  %rk = llm.rope %k, %t {head_dim = 4} : tensor<?x8xf32>, tensor<?x4xf32>
  %d = llm.kv_append %c, %rk, %v at %s, %p {layer = 3} : tensor<?x8xf32>, tensor<?xi32>
  %a = llm.attention %rq, %d at %s, %p {layer = 3, heads = 4, kv_heads = 2, head_dim = 4, scale = 0.5} : tensor<?x16xf32>, tensor<?xi32> -> tensor<?x16xf32>
  return %a, %d : tensor<?x16xf32>, !llm.kv_cache
}
