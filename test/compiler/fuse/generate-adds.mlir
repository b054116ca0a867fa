// RUN: llmc-opt %s --llmc-generate-adds | FileCheck %s
// CHECK: func.func private @generated_add(%arg0: tensor<?xf32>, %arg1: tensor<?xf32>, %arg2: tensor<?xf32>) -> tensor<?xf32> attributes {llm.generated = "rrw"}
// CHECK: arith.addf
// CHECK-NOT: func.func private
// CHECK: func.func @main
func.func @main(%x: tensor<?x8xf32>, %y: tensor<?x8xf32>) -> tensor<?x8xf32> {
  // CHECK: llm.generated @generated_add(%arg0, %arg1) units = 8
  %s = llm.add %x, %y : tensor<?x8xf32>
  // CHECK: llm.generated @generated_add(%0, %arg1) units = 8
  %t = llm.add %s, %y : tensor<?x8xf32>
  return %t : tensor<?x8xf32>
}
