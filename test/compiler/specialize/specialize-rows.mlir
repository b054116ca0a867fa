// RUN: llmc-opt %s --llmc-specialize-rows | FileCheck %s
llm.weight @e : tensor<16x8xf32> {parts = [#llm.source<file = "f", offset = 0, type = f32, rows = 16, columns = 8, rowStride = 8, columnStride = 1>]}
llm.weight @n : tensor<8xf32> {value = array<f32: 1., 1., 1., 1., 1., 1., 1., 1.>}
// CHECK: func.func @decode(%arg0: tensor<1xi32>, %arg1: tensor<1xi32>) -> tensor<1x16xf32>
// CHECK-NEXT: llm.embedding %arg0, @e : tensor<1xi32> -> tensor<1x8xf32>
// CHECK-NEXT: llm.rms_norm %{{.*}} select %arg1, @n {{.*}} : (tensor<1x8xf32>, tensor<1xi32>) -> tensor<1x8xf32>
// CHECK-NEXT: llm.linear {{.*}} : tensor<1x8xf32> -> tensor<1x16xf32>
// CHECK: func.func @prefill(%arg0: tensor<?xi32>, %arg1: tensor<?xi32>) -> tensor<?x16xf32>
func.func @main(%t: tensor<?xi32>, %i: tensor<?xi32>) -> tensor<?x16xf32> {
  %x = llm.embedding %t, @e : tensor<?xi32> -> tensor<?x8xf32>
  %y = llm.rms_norm %x select %i, @n {epsilon = 1.0} : (tensor<?x8xf32>, tensor<?xi32>) -> tensor<?x8xf32>
  %l = llm.linear %y, @e : tensor<?x8xf32> -> tensor<?x16xf32>
  return %l : tensor<?x16xf32>
}
