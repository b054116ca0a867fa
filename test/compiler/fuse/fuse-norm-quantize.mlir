// RUN: llmc-opt %s --llmc-fuse-norm-quantize | FileCheck %s
llm.weight @n : tensor<8xf32> {value = array<f32: 1., 1., 1., 1., 1., 1., 1., 1.>}
func.func @main(%x: tensor<?x8xf32>) -> tensor<?x8xi8, #llm.q8> {
  // CHECK: %[[Q:.*]] = llm.rms_norm %arg0, @n {{.*}} -> tensor<?x8xi8, #llm.q8>
  // CHECK-NEXT: return %[[Q]]
  %0 = llm.rms_norm %x, @n {epsilon = 1.0} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %q = llm.quantize %0 : tensor<?x8xf32> -> tensor<?x8xi8, #llm.q8>
  return %q : tensor<?x8xi8, #llm.q8>
}
// A linear of f32 reads the norm as well.
// CHECK-LABEL: @mixed
func.func @mixed(%x: tensor<?x8xf32>) -> (tensor<?x8xf32>, tensor<?x8xi8, #llm.q8>) {
  // CHECK: llm.rms_norm
  // CHECK-NEXT: llm.quantize
  %0 = llm.rms_norm %x, @n {epsilon = 1.0} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %q = llm.quantize %0 : tensor<?x8xf32> -> tensor<?x8xi8, #llm.q8>
  return %0, %q : tensor<?x8xf32>, tensor<?x8xi8, #llm.q8>
}
