// RUN: not llmc-opt %s --llmc-select-kernels=kv=f64 --split-input-file 2>&1 | FileCheck %s

// CHECK: 'llm.attention' op has no kernel for decode on generic-arm64, layout kv_f64
func.func @decode(%q: tensor<1x8xf32>, %c: !llm.kv_cache, %i: tensor<1xi32>) -> tensor<1x8xf32> {
  %a = llm.attention %q, %c at %i, %i {layer = 0, heads = 2, kv_heads = 1, head_dim = 4, scale = 1.0} : tensor<1x8xf32>, tensor<1xi32> -> tensor<1x8xf32>
  return %a : tensor<1x8xf32>
}

// -----
// CHECK: error: a norm must read the selected rows; llm.select_rows has no kernel of its own
func.func @decode(%x: tensor<1x8xf32>, %i: tensor<1xi32>) -> tensor<1x8xf32> {
  %a = llm.select_rows %x, %i : tensor<1x8xf32>, tensor<1xi32> -> tensor<1x8xf32>
  return %a : tensor<1x8xf32>
}

// -----
// CHECK: error: gate and up must have one scheme, one input and a bias each or none; llm.gated_activation has no kernel of its own
func.func @prefill(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %a = llm.gated_activation silu %x, %x : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  return %a : tensor<?x8xf32>
}
