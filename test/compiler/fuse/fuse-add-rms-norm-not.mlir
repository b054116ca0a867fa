// RUN: llmc-opt %s --llmc-fuse-add-rms-norm | FileCheck %s
// CHECK-NOT: llm.add_rms_norm
llm.weight @n : tensor<8xf32> {value = array<f32: 1., 1., 1., 1., 1., 1., 1., 1.>}
// Both operands are read later, so the sum has no place.
func.func @later(%x: tensor<?x8xf32>, %y: tensor<?x8xf32>) -> (tensor<?x8xf32>, tensor<?x8xf32>, tensor<?x8xf32>) {
  // CHECK: llm.add %
  %s = llm.add %x, %y : tensor<?x8xf32>
  %0 = llm.rms_norm %s, @n {epsilon = 1.0} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  return %x, %y, %0 : tensor<?x8xf32>, tensor<?x8xf32>, tensor<?x8xf32>
}
// All rows of the sum are wanted, the norm computes some.
func.func @select(%x: tensor<?x8xf32>, %y: tensor<?x8xf32>, %i: tensor<?xi32>) -> (tensor<?x8xf32>, tensor<?x8xf32>) {
  // CHECK: llm.add %
  %s = llm.add %x, %y : tensor<?x8xf32>
  %0 = llm.rms_norm %s select %i, @n {epsilon = 1.0} : (tensor<?x8xf32>, tensor<?xi32>) -> tensor<?x8xf32>
  return %s, %0 : tensor<?x8xf32>, tensor<?x8xf32>
}
