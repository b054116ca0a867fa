// Every operation reads and prints back as it stands here.
// RUN: llmc-opt %s | llmc-opt | FileCheck %s
llm.weight @t : tensor<32x16xf32> {parts = [#llm.source<file = "f", offset = 8, type = bf16, rows = 32, columns = 16, rowStride = 16, columnStride = 1, addend = 1>], quant = #llm.quant<int4, group = 32>}
llm.weight @n : tensor<16xf32> {value = array<f32: 1., 1., 1., 1., 1., 1., 1., 1., 1., 1., 1., 1., 1., 1., 1., 1.>}
llm.weight @r : tensor<2xf32> {value = array<f32: 1., 0.5>, packed = #llm.packed<"f32_n1", offset = 64, bytes = 8>}
// CHECK: addend = 1
// CHECK: #llm.packed<"f32_n1", offset = 64, bytes = 8>
func.func @main(%t: tensor<?xi32>, %c: !llm.kv_cache) -> tensor<?x16xf32> {
  // CHECK: llm.embedding %{{.*}}, @t {scale = 2.000000e+00 : f64} : tensor<?xi32> -> tensor<?x16xf32>
  %x = llm.embedding %t, @t {scale = 2.0 : f64} : tensor<?xi32> -> tensor<?x16xf32>
  // CHECK: llm.rope_table %{{.*}}, @r : tensor<?xi32> -> tensor<?x4xf32>
  %r = llm.rope_table %t, @r : tensor<?xi32> -> tensor<?x4xf32>
  // CHECK: llm.rms_norm %{{.*}} select %{{.*}}, @n {epsilon = 1.000000e-05 : f64}
  %y = llm.rms_norm %x select %t, @n {epsilon = 1.0e-5} : (tensor<?x16xf32>, tensor<?xi32>) -> tensor<?x16xf32>
  // CHECK: llm.add_rms_norm
  %s, %q = llm.add_rms_norm %x, %y, @n {epsilon = 1.0e-5} : (tensor<?x16xf32>, tensor<?x16xf32>) -> (tensor<?x16xf32>, tensor<?x16xi8, #llm.q8<interleave = 2>>)
  // CHECK: llm.linear %{{.*}}, @t {kernel = "k"} : tensor<?x16xi8, #llm.q8<interleave = 2>> -> tensor<?x32xf32>
  %l = llm.linear %q, @t {kernel = "k"} : tensor<?x16xi8, #llm.q8<interleave = 2>> -> tensor<?x32xf32>
  // CHECK: llm.rope_append
  %p, %d = llm.rope_append %l, %r, %c at %t, %t {layer = 0, heads = 4, kv_heads = 2, head_dim = 4} : tensor<?x32xf32>, tensor<?x4xf32>, tensor<?xi32>
  // CHECK: llm.attention
  %a = llm.attention %p, %d at %t, %t {layer = 0, heads = 4, kv_heads = 2, head_dim = 4, scale = 0.5} : tensor<?x32xf32>, tensor<?xi32> -> tensor<?x16xf32>
  // CHECK: llm.gated_activation silu %{{.*}} : (tensor<?x32xf32>) -> tensor<?x16xf32>
  %g = llm.gated_activation silu %p : (tensor<?x32xf32>) -> tensor<?x16xf32>
  // CHECK: llm.select_rows
  %z = llm.select_rows %g, %t : tensor<?x16xf32>, tensor<?xi32> -> tensor<?x16xf32>
  return %z : tensor<?x16xf32>
}
