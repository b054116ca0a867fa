// RUN: llmc-opt %s --llmc-fuse-select-rows | FileCheck %s
llm.weight @n : tensor<8xf32> {value = array<f32: 1., 1., 1., 1., 1., 1., 1., 1.>}
func.func @main(%x: tensor<?x8xf32>, %i: tensor<?xi32>) -> tensor<?x8xf32> {
  // CHECK-NOT: llm.select_rows
  // CHECK: llm.rms_norm %arg0 select %arg1, @n
  %0 = llm.select_rows %x, %i : tensor<?x8xf32>, tensor<?xi32> -> tensor<?x8xf32>
  %1 = llm.rms_norm %0, @n {epsilon = 1.0} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  return %1 : tensor<?x8xf32>
}
// The selected rows are wanted as well.
// CHECK-LABEL: @kept
func.func @kept(%x: tensor<?x8xf32>, %i: tensor<?xi32>) -> (tensor<?x8xf32>, tensor<?x8xf32>) {
  // CHECK: llm.select_rows
  // CHECK-NEXT: llm.rms_norm %arg0 select %arg1, @n
  %0 = llm.select_rows %x, %i : tensor<?x8xf32>, tensor<?xi32> -> tensor<?x8xf32>
  %1 = llm.rms_norm %0, @n {epsilon = 1.0} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  return %0, %1 : tensor<?x8xf32>, tensor<?x8xf32>
}
