// RUN: not llmc-opt %s --llmc-select-kernels=kv=i8 --split-input-file 2>&1 | FileCheck %s

// CHECK: 'llm.attention' op has no kernel for decode on generic-arm64, layout kv_i8
func.func @decode(%q: tensor<1x8xf32>, %c: !llm.kv_cache, %i: tensor<1xi32>) -> tensor<1x8xf32> {
  %a = llm.attention %q, %c at %i, %i {layer = 0, heads = 2, kv_heads = 1, head_dim = 4, scale = 1.0} : tensor<1x8xf32>, tensor<1xi32> -> tensor<1x8xf32>
  return %a : tensor<1x8xf32>
}

// -----
// CHECK: 'llm.add' op has no kernel of its own and was not fused; a norm must read the sum
func.func @decode(%x: tensor<1x8xf32>) -> tensor<1x8xf32> {
  %a = llm.add %x, %x : tensor<1x8xf32>
  return %a : tensor<1x8xf32>
}

// -----
// CHECK: 'llm.gated_activation' op has no kernel of its own and was not fused; gate and up must be linears of one x and one scheme
func.func @prefill(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %a = llm.gated_activation silu %x, %x : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  return %a : tensor<?x8xf32>
}
