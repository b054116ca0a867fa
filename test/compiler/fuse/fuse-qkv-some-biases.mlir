// Not joined: k has no bias.
// RUN: llmc-opt %s --llmc-fuse-qkv | FileCheck %s

// CHECK-NOT: llm.rope_append
// CHECK: llm.kv_append
llm.weight @q : tensor<16x8xf32> {parts = [#llm.source<file = "f", offset = 0, type = f32, rows = 16, columns = 8, rowStride = 8, columnStride = 1>]}
llm.weight @k : tensor<8x8xf32> {parts = [#llm.source<file = "f", offset = 512, type = f32, rows = 8, columns = 8, rowStride = 8, columnStride = 1>]}
llm.weight @v : tensor<8x8xf32> {parts = [#llm.source<file = "f", offset = 768, type = f32, rows = 8, columns = 8, rowStride = 8, columnStride = 1>]}
llm.weight @bq : tensor<16xf32> {parts = [#llm.source<file = "f", offset = 4000, type = f32, rows = 1, columns = 16, rowStride = 16, columnStride = 1>]}
llm.weight @bv : tensor<8xf32> {parts = [#llm.source<file = "f", offset = 4096, type = f32, rows = 1, columns = 8, rowStride = 8, columnStride = 1>]}
func.func @main(%x: tensor<?x8xf32>, %t: tensor<?x4xf32>, %s: tensor<?xi32>, %p: tensor<?xi32>, %c: !llm.kv_cache) -> (tensor<?x16xf32>, !llm.kv_cache) {
  %q = llm.linear %x, @q bias @bq : tensor<?x8xf32> -> tensor<?x16xf32>
  %k = llm.linear %x, @k : tensor<?x8xf32> -> tensor<?x8xf32>
  %v = llm.linear %x, @v bias @bv : tensor<?x8xf32> -> tensor<?x8xf32>
  %rq = llm.rope %q, %t {head_dim = 4} : tensor<?x16xf32>, tensor<?x4xf32>
  %rk = llm.rope %k, %t {head_dim = 4} : tensor<?x8xf32>, tensor<?x4xf32>
  %d = llm.kv_append %c, %rk, %v at %s, %p {layer = 3} : tensor<?x8xf32>, tensor<?xi32>
  %a = llm.attention %rq, %d at %s, %p {layer = 3, heads = 4, kv_heads = 2, head_dim = 4, scale = 0.5} : tensor<?x16xf32>, tensor<?xi32> -> tensor<?x16xf32>
  return %a, %d : tensor<?x16xf32>, !llm.kv_cache
}
