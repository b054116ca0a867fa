// RUN: llmc-opt %s --llmc-remove-dead-weights | FileCheck %s
// CHECK-NOT: @dead
// CHECK: @alive
llm.weight @dead : tensor<1xf32> {value = array<f32: 1.>}
llm.weight @alive : tensor<1xf32> {value = array<f32: 1.>}
func.func @main(%t: tensor<?xi32>) -> tensor<?x2xf32> {
  %0 = llm.rope_table %t, @alive : tensor<?xi32> -> tensor<?x2xf32>
  return %0 : tensor<?x2xf32>
}
