// Weights whose even rows come first are joined too, as runs of rows.
// RUN: llmc-opt %s --split-input-file --llmc-fuse-qkv --llmc-remove-dead-weights | FileCheck %s

// CHECK: llm.weight @l.qkv_proj : tensor<12x8xf32> {parts = [
// CHECK-SAME: offset = 0, type = f32, rows = 2, columns = 8, rowStride = 16,
// CHECK-SAME: offset = 32, type = f32, rows = 2, columns = 8, rowStride = 16,
// CHECK-SAME: offset = 128, type = f32, rows = 2, columns = 8, rowStride = 16,
// CHECK-SAME: offset = 160, type = f32, rows = 2, columns = 8, rowStride = 16,
// CHECK-SAME: offset = 256, type = f32, rows = 4, columns = 8, rowStride = 8, columnStride = 1>], quant
// CHECK-NOT: llm.weight
llm.weight @l.q_proj : tensor<4x8xf32> {quant = #llm.quant<f32>, chunks = array<i64: 2, 2>, parts = [#llm.source<file = "f", offset = 0, type = f32, rows = 2, columns = 8, rowStride = 16, columnStride = 1>, #llm.source<file = "f", offset = 32, type = f32, rows = 2, columns = 8, rowStride = 16, columnStride = 1>]}
llm.weight @l.k_proj : tensor<4x8xf32> {quant = #llm.quant<f32>, chunks = array<i64: 2, 2>, parts = [#llm.source<file = "f", offset = 128, type = f32, rows = 2, columns = 8, rowStride = 16, columnStride = 1>, #llm.source<file = "f", offset = 160, type = f32, rows = 2, columns = 8, rowStride = 16, columnStride = 1>]}
llm.weight @l.v_proj : tensor<4x8xf32> {quant = #llm.quant<f32>, parts = [#llm.source<file = "f", offset = 256, type = f32, rows = 4, columns = 8, rowStride = 8, columnStride = 1>]}
func.func @main(%x: tensor<?x8xf32>, %t: tensor<?x4xf32>, %s: tensor<?xi32>, %p: tensor<?xi32>, %c: !llm.kv_cache) -> tensor<?x4xf32> {
  %q = llm.linear %x, @l.q_proj : tensor<?x8xf32> -> tensor<?x4xf32>
  %k = llm.linear %x, @l.k_proj : tensor<?x8xf32> -> tensor<?x4xf32>
  %v = llm.linear %x, @l.v_proj : tensor<?x8xf32> -> tensor<?x4xf32>
  %rq = llm.rope %q, %t {head_dim = 4} : tensor<?x4xf32>, tensor<?x4xf32>
  %rk = llm.rope %k, %t {head_dim = 4} : tensor<?x4xf32>, tensor<?x4xf32>
  %d = llm.kv_append %c, %rk, %v at %s, %p {layer = 3} : tensor<?x4xf32>, tensor<?xi32>
  %a = llm.attention %rq, %d at %s, %p {layer = 3, heads = 1, kv_heads = 1, head_dim = 4, scale = 0.5} : tensor<?x4xf32>, tensor<?xi32> -> tensor<?x4xf32>
  return %a : tensor<?x4xf32>
}

// -----

// So are codes, with their scales and zero points; q has two heads here.
// CHECK: llm.weight @l.qkv_proj : tensor<16x16xf32> {parts = [
// CHECK-SAME: offset = 0, type = ui8, rows = 2, columns = 16, rowStride = 32, columnStride = 1, blocks = <size = 16, scales = 256, scaleType = f32, zeros = 320>
// CHECK-SAME: offset = 16, {{.*}} scales = 260, scaleType = f32, zeros = 321>
// CHECK-SAME: offset = 64, {{.*}} scales = 272, scaleType = f32, zeros = 324>
// CHECK-SAME: offset = 80, {{.*}} scales = 276, scaleType = f32, zeros = 325>
// CHECK-SAME: offset = 128, {{.*}} scales = 288, scaleType = f32, zeros = 328>
llm.weight @l.q_proj : tensor<8x16xf32> {quant = #llm.quant<block8, group = 16, asymmetric = true>, chunks = array<i64: 2, 2>, parts = [#llm.source<file = "f", offset = 0, type = ui8, rows = 4, columns = 16, rowStride = 32, columnStride = 1, blocks = <size = 16, scales = 256, scaleType = f32, zeros = 320>>, #llm.source<file = "f", offset = 16, type = ui8, rows = 4, columns = 16, rowStride = 32, columnStride = 1, blocks = <size = 16, scales = 260, scaleType = f32, zeros = 321>>]}
llm.weight @l.k_proj : tensor<4x16xf32> {quant = #llm.quant<block8, group = 16, asymmetric = true>, chunks = array<i64: 2, 2>, parts = [#llm.source<file = "f", offset = 128, type = ui8, rows = 2, columns = 16, rowStride = 32, columnStride = 1, blocks = <size = 16, scales = 288, scaleType = f32, zeros = 328>>, #llm.source<file = "f", offset = 144, type = ui8, rows = 2, columns = 16, rowStride = 32, columnStride = 1, blocks = <size = 16, scales = 292, scaleType = f32, zeros = 329>>]}
llm.weight @l.v_proj : tensor<4x16xf32> {quant = #llm.quant<block8, group = 16, asymmetric = true>, parts = [#llm.source<file = "f", offset = 256, type = ui8, rows = 4, columns = 16, rowStride = 16, columnStride = 1, blocks = <size = 16, scales = 320, scaleType = f32, zeros = 336>>]}
func.func @main(%x: tensor<?x16xf32>, %t: tensor<?x4xf32>, %s: tensor<?xi32>, %p: tensor<?xi32>, %c: !llm.kv_cache) -> tensor<?x8xf32> {
  %y = llm.quantize %x : tensor<?x16xf32> -> tensor<?x16xi8, #llm.q8>
  %q = llm.linear %y, @l.q_proj : tensor<?x16xi8, #llm.q8> -> tensor<?x8xf32>
  %k = llm.linear %y, @l.k_proj : tensor<?x16xi8, #llm.q8> -> tensor<?x4xf32>
  %v = llm.linear %y, @l.v_proj : tensor<?x16xi8, #llm.q8> -> tensor<?x4xf32>
  %rq = llm.rope %q, %t {head_dim = 4} : tensor<?x8xf32>, tensor<?x4xf32>
  %rk = llm.rope %k, %t {head_dim = 4} : tensor<?x4xf32>, tensor<?x4xf32>
  %d = llm.kv_append %c, %rk, %v at %s, %p {layer = 3} : tensor<?x4xf32>, tensor<?xi32>
  %a = llm.attention %rq, %d at %s, %p {layer = 3, heads = 2, kv_heads = 1, head_dim = 4, scale = 0.5} : tensor<?x8xf32>, tensor<?xi32> -> tensor<?x8xf32>
  return %a : tensor<?x8xf32>
}
