// RUN: llmc-opt %s --llmc-select-kernels=target=generic-arm64 | FileCheck %s

// One row: rope_append and attention are one kernel; more rows: each has its own.
func.func @decode(%x: tensor<1x16xf32>, %t: tensor<1x4xf32>, %c: !llm.kv_cache, %i: tensor<1xi32>) -> tensor<1x8xf32> {
  // CHECK-COUNT-2: kernel = "llmc_decode_attention_f32_f32_kv_f16_4x64_neon"
  %q, %d = llm.rope_append %x, %t, %c at %i, %i {layer = 0, heads = 2, kv_heads = 1, head_dim = 4} : tensor<1x16xf32>, tensor<1x4xf32>, tensor<1xi32>
  %a = llm.attention %q, %d at %i, %i {layer = 0, heads = 2, kv_heads = 1, head_dim = 4, scale = 1.0} : tensor<1x16xf32>, tensor<1xi32> -> tensor<1x8xf32>
  return %a : tensor<1x8xf32>
}
func.func @prefill(%x: tensor<?x16xf32>, %t: tensor<?x4xf32>, %c: !llm.kv_cache, %i: tensor<?xi32>) -> tensor<?x8xf32> {
  // CHECK: kernel = "llmc_rope_append_f32_kv_f16_1x8_any"
  %q, %d = llm.rope_append %x, %t, %c at %i, %i {layer = 0, heads = 2, kv_heads = 1, head_dim = 4} : tensor<?x16xf32>, tensor<?x4xf32>, tensor<?xi32>
  // CHECK: kernel = "llmc_attention_f32_f32_kv_f16_4x64_neon"
  %a = llm.attention %q, %d at %i, %i {layer = 0, heads = 2, kv_heads = 1, head_dim = 4, scale = 1.0} : tensor<?x16xf32>, tensor<?xi32> -> tensor<?x8xf32>
  return %a : tensor<?x8xf32>
}
