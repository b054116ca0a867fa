// RUN: llmc-opt %s --canonicalize | FileCheck %s
llm.weight @w : tensor<3x2xf32> {parts = [#llm.source<file = "f", offset = 0, type = f32, rows = 3, columns = 2, rowStride = 2, columnStride = 1>]}
llm.weight @n : tensor<2xf32> {value = array<f32: 1., 2.>}

// CHECK-LABEL: @early
func.func @early(%x: tensor<?x2xf32>, %i: tensor<?xi32>) -> tensor<?x3xf32> {
  // CHECK: llm.select_rows %arg0
  // CHECK-NEXT: llm.rms_norm
  // CHECK-NEXT: llm.linear
  // CHECK-NEXT: return
  %0 = llm.rms_norm %x, @n {epsilon = 1.0} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  %1 = llm.linear %0, @w : tensor<?x2xf32> -> tensor<?x3xf32>
  %2 = llm.select_rows %1, %i : tensor<?x3xf32>, tensor<?xi32> -> tensor<?x3xf32>
  return %2 : tensor<?x3xf32>
}

// All rows of the linear are wanted as well.
// CHECK-LABEL: @late
func.func @late(%x: tensor<?x2xf32>, %i: tensor<?xi32>) -> (tensor<?x3xf32>, tensor<?x3xf32>) {
  // CHECK: llm.linear %arg0
  // CHECK-NEXT: llm.select_rows
  // CHECK-NEXT: return
  %1 = llm.linear %x, @w : tensor<?x2xf32> -> tensor<?x3xf32>
  %2 = llm.select_rows %1, %i : tensor<?x3xf32>, tensor<?xi32> -> tensor<?x3xf32>
  return %1, %2 : tensor<?x3xf32>, tensor<?x3xf32>
}
