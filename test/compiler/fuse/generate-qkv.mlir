// q, k and v of different inputs are joined by generated code.
// RUN: llmc-opt %s --split-input-file --llmc-generate-qkv | FileCheck %s

// Rotated by one table.
// CHECK: func.func private @generated_qkv(%{{.*}}: tensor<16xf32>, %{{.*}}: tensor<8xf32>, %{{.*}}: tensor<8xf32>, %{{.*}}: tensor<32xf32>) -> tensor<32xf32> attributes {llm.generated = "rrrw"}
// CHECK: %[[J:.*]] = llm.generated @generated_qkv(%arg0, %arg1, %arg2) units = 1
// CHECK: %[[Q:.*]], %{{.*}} = llm.rope_append %[[J]], %arg3, %arg6 at %arg4, %arg5 {head_dim = 4 : i64, heads = 4 : i64, kv_heads = 2 : i64, layer = 0 : i64}
// CHECK-NOT: llm.rope %
// CHECK: llm.attention %[[Q]]
func.func @main(%q: tensor<?x16xf32>, %k: tensor<?x8xf32>, %v: tensor<?x8xf32>, %t: tensor<?x4xf32>, %s: tensor<?xi32>, %p: tensor<?xi32>, %c: !llm.kv_cache) -> tensor<?x16xf32> {
  %rq = llm.rope %q, %t {head_dim = 4 : i64} : tensor<?x16xf32>, tensor<?x4xf32>
  %rk = llm.rope %k, %t {head_dim = 4 : i64} : tensor<?x8xf32>, tensor<?x4xf32>
  %d = llm.kv_append %c, %rk, %v at %s, %p {layer = 0 : i64} : tensor<?x8xf32>, tensor<?xi32>
  %a = llm.attention %rq, %d at %s, %p {head_dim = 4 : i64, heads = 4 : i64, kv_heads = 2 : i64, layer = 0 : i64, scale = 0.5 : f64} : tensor<?x16xf32>, tensor<?xi32> -> tensor<?x16xf32>
  return %a : tensor<?x16xf32>
}

// -----

// Without a rotation: by a table of frequency 0.
// CHECK: llm.weight @rope.none : tensor<1xf32> {value = array<f32: 0.000000e+00>}
// CHECK: %[[J:.*]] = llm.generated @generated_qkv
// CHECK: %[[T:.*]] = llm.rope_table %arg4, @rope.none : tensor<?xi32> -> tensor<?x2xf32>
// CHECK: llm.rope_append %[[J]], %[[T]]
func.func @main(%y: tensor<?x16xf32>, %k: tensor<?x8xf32>, %v: tensor<?x8xf32>, %s: tensor<?xi32>, %p: tensor<?xi32>, %c: !llm.kv_cache) -> tensor<?x16xf32> {
  %q = llm.add %y, %y : tensor<?x16xf32>
  %d = llm.kv_append %c, %k, %v at %s, %p {layer = 0 : i64} : tensor<?x8xf32>, tensor<?xi32>
  %a = llm.attention %q, %d at %s, %p {head_dim = 4 : i64, heads = 4 : i64, kv_heads = 2 : i64, layer = 0 : i64, scale = 0.5 : f64} : tensor<?x16xf32>, tensor<?xi32> -> tensor<?x16xf32>
  return %a : tensor<?x16xf32>
}

// -----

// Rotated by two tables: left as it is, for pack to refuse.
// CHECK-NOT: llm.generated
// CHECK: llm.kv_append
func.func @main(%q: tensor<?x16xf32>, %k: tensor<?x8xf32>, %v: tensor<?x8xf32>, %t: tensor<?x4xf32>, %u: tensor<?x4xf32>, %s: tensor<?xi32>, %p: tensor<?xi32>, %c: !llm.kv_cache) -> tensor<?x16xf32> {
  %rq = llm.rope %q, %t {head_dim = 4 : i64} : tensor<?x16xf32>, tensor<?x4xf32>
  %rk = llm.rope %k, %u {head_dim = 4 : i64} : tensor<?x8xf32>, tensor<?x4xf32>
  %d = llm.kv_append %c, %rk, %v at %s, %p {layer = 0 : i64} : tensor<?x8xf32>, tensor<?xi32>
  %a = llm.attention %rq, %d at %s, %p {head_dim = 4 : i64, heads = 4 : i64, kv_heads = 2 : i64, layer = 0 : i64, scale = 0.5 : f64} : tensor<?x16xf32>, tensor<?xi32> -> tensor<?x16xf32>
  return %a : tensor<?x16xf32>
}
