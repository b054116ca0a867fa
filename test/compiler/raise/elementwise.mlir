// What no pattern takes becomes one function per tree.
// RUN: llmc-opt %s --split-input-file --llmc-raise-onnx | FileCheck %s

// Sigmoid and two products, but no gated activation: flat slices.
// CHECK: func.func private @generated_0(%[[G:.*]]: tensor<?xf32>, %[[U:.*]]: tensor<?xf32>, %{{.*}}: tensor<?xf32>) -> tensor<?xf32> attributes {llm.generated = "rrw"}
// CHECK: math.exp
// CHECK: arith.divf
// CHECK: arith.mulf
// CHECK: arith.subf
// CHECK-NOT: func.func private
// CHECK: %[[A:.*]] = llm.linear %{{.*}}, @g
// CHECK: %[[B:.*]] = llm.linear %{{.*}}, @u
// CHECK: llm.generated @generated_0(%[[A]], %[[B]]) units = 6 {nodes = ["/Sigmoid", "Mul", "Sub"]}
module attributes {onnx.opset = 17 : i64} {
  func.func @main(%ids: tensor<?x?xi64> {onnx.name = "input_ids"}) -> !onnx.any {
    %t = onnx.Initializer "t" {source = #llm.source<file = "f", offset = 0, type = f32, rows = 9, columns = 4, rowStride = 4, columnStride = 1>} : tensor<9x4xf32>
    %g = onnx.Initializer "g" {source = #llm.source<file = "f", offset = 144, type = f32, rows = 4, columns = 6, rowStride = 6, columnStride = 1>} : tensor<4x6xf32>
    %u = onnx.Initializer "u" {source = #llm.source<file = "f", offset = 240, type = f32, rows = 4, columns = 6, rowStride = 6, columnStride = 1>} : tensor<4x6xf32>
    %x = onnx.Gather(%t, %ids) : (tensor<9x4xf32>, tensor<?x?xi64>) -> !onnx.any
    %a = onnx.MatMul(%x, %g) : (!onnx.any, tensor<4x6xf32>) -> !onnx.any
    %s = onnx.Sigmoid(%a) {node = "/Sigmoid"} : (!onnx.any) -> !onnx.any
    %m = onnx.Mul(%a, %s) : (!onnx.any, !onnx.any) -> !onnx.any
    %b = onnx.MatMul(%x, %u) : (!onnx.any, tensor<4x6xf32>) -> !onnx.any
    %r = onnx.Sub(%m, %b) : (!onnx.any, !onnx.any) -> !onnx.any
    return %r : !onnx.any
  }
}

// -----

// Equal trees share a function; a vector makes it one of rows.
// CHECK: func.func private @generated_0(%{{.*}}: tensor<4xf32>, %{{.*}}: tensor<4xf32>, %{{.*}}: tensor<4xf32>) -> tensor<4xf32> attributes {llm.generated = "rcw"}
// CHECK-NOT: func.func private
// CHECK: llm.generated @generated_0(%{{.*}}) weights [@v] units = 1
// CHECK: llm.generated @generated_0(%{{.*}}) weights [@w] units = 1
module attributes {onnx.opset = 17 : i64} {
  func.func @main(%ids: tensor<?x?xi64> {onnx.name = "input_ids"}) -> !onnx.any {
    %t = onnx.Initializer "t" {source = #llm.source<file = "f", offset = 0, type = f32, rows = 9, columns = 4, rowStride = 4, columnStride = 1>} : tensor<9x4xf32>
    %u = onnx.Initializer "u" {source = #llm.source<file = "f", offset = 144, type = f32, rows = 4, columns = 4, rowStride = 4, columnStride = 1>} : tensor<4x4xf32>
    %v = onnx.Initializer "v" {source = #llm.source<file = "f", offset = 208, type = f32, rows = 1, columns = 4, rowStride = 4, columnStride = 1>} : tensor<4xf32>
    %w = onnx.Initializer "w" {source = #llm.source<file = "f", offset = 224, type = f32, rows = 1, columns = 4, rowStride = 4, columnStride = 1>} : tensor<4xf32>
    %x = onnx.Gather(%t, %ids) : (tensor<9x4xf32>, tensor<?x?xi64>) -> !onnx.any
    %a = onnx.Mul(%x, %v) : (!onnx.any, tensor<4xf32>) -> !onnx.any
    %b = onnx.Tanh(%a) : (!onnx.any) -> !onnx.any
    %c = onnx.MatMul(%b, %u) : (!onnx.any, tensor<4x4xf32>) -> !onnx.any
    %d = onnx.Mul(%c, %w) : (!onnx.any, tensor<4xf32>) -> !onnx.any
    %r = onnx.Tanh(%d) : (!onnx.any) -> !onnx.any
    return %r : !onnx.any
  }
}

// -----

// A value that others read too is computed once, outside of the tree.
// CHECK: %[[N:.*]] = llm.generated @generated_0
// CHECK: llm.linear %[[N]], @u
// CHECK: llm.generated @generated_1(%[[N]],
module attributes {onnx.opset = 17 : i64} {
  func.func @main(%ids: tensor<?x?xi64> {onnx.name = "input_ids"}) -> !onnx.any {
    %t = onnx.Initializer "t" {source = #llm.source<file = "f", offset = 0, type = f32, rows = 9, columns = 4, rowStride = 4, columnStride = 1>} : tensor<9x4xf32>
    %u = onnx.Initializer "u" {source = #llm.source<file = "f", offset = 144, type = f32, rows = 4, columns = 4, rowStride = 4, columnStride = 1>} : tensor<4x4xf32>
    %x = onnx.Gather(%t, %ids) : (tensor<9x4xf32>, tensor<?x?xi64>) -> !onnx.any
    %n = onnx.Exp(%x) : (!onnx.any) -> !onnx.any
    %a = onnx.MatMul(%n, %u) : (!onnx.any, tensor<4x4xf32>) -> !onnx.any
    %r = onnx.Sub(%n, %a) : (!onnx.any, !onnx.any) -> !onnx.any
    return %r : !onnx.any
  }
}
