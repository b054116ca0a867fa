// Selected rows that no norm reads are copied by generated code.
// RUN: llmc-opt %s --llmc-generate-select-rows | FileCheck %s
// CHECK: func.func private @generated_select_rows(%arg0: tensor<8xf32>, %arg1: tensor<?xi32>, %arg2: tensor<8xf32>) -> tensor<8xf32> attributes {llm.generated = "giw"}
// CHECK-NOT: func.func private
func.func @main(%x: tensor<?x8xf32>, %i: tensor<?xi32>) -> (tensor<?x8xf32>, tensor<?x8xf32>) {
  // CHECK: llm.generated @generated_select_rows(%arg0) select %arg1 : tensor<?xi32> units = 1 : (tensor<?x8xf32>) -> tensor<?x8xf32>
  %s = llm.select_rows %x, %i : tensor<?x8xf32>, tensor<?xi32> -> tensor<?x8xf32>
  // CHECK: llm.generated @generated_select_rows(%0) select
  %t = llm.select_rows %s, %i : tensor<?x8xf32>, tensor<?xi32> -> tensor<?x8xf32>
  return %s, %t : tensor<?x8xf32>, tensor<?x8xf32>
}
