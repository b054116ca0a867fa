// RUN: llmc-opt %s --llmc-fuse-add-rms-norm | FileCheck %s
llm.weight @n : tensor<8xf32> {value = array<f32: 1., 1., 1., 1., 1., 1., 1., 1.>}
// CHECK-LABEL: @sum
func.func @sum(%x: tensor<?x8xf32>, %y: tensor<?x8xf32>) -> (tensor<?x8xf32>, tensor<?x8xf32>) {
  // CHECK: %[[S:.*]], %[[R:.*]] = llm.add_rms_norm %arg0, %arg1, @n {epsilon = 1.000000e+00 : f64}
  // CHECK-NEXT: return %[[S]], %[[R]]
  %s = llm.add %x, %y : tensor<?x8xf32>
  %0 = llm.rms_norm %s, @n {epsilon = 1.0} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  return %s, %0 : tensor<?x8xf32>, tensor<?x8xf32>
}
// CHECK-LABEL: @select
func.func @select(%x: tensor<?x8xf32>, %y: tensor<?x8xf32>, %i: tensor<?xi32>) -> tensor<?x8xf32> {
  // CHECK: llm.add_rms_norm %arg0, %arg1 select %arg2, @n
  %s = llm.add %x, %y : tensor<?x8xf32>
  %0 = llm.rms_norm %s select %i, @n {epsilon = 1.0} : (tensor<?x8xf32>, tensor<?xi32>) -> tensor<?x8xf32>
  return %0 : tensor<?x8xf32>
}
// x is read later: y, which is not, takes its place.
// CHECK-LABEL: @swapped
func.func @swapped(%x: tensor<?x8xf32>, %y: tensor<?x8xf32>) -> (tensor<?x8xf32>, tensor<?x8xf32>) {
  // CHECK: llm.add_rms_norm %arg1, %arg0, @n
  %s = llm.add %x, %y : tensor<?x8xf32>
  %0 = llm.rms_norm %s, @n {epsilon = 1.0} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  return %x, %0 : tensor<?x8xf32>, tensor<?x8xf32>
}
