// What only looks like a gated activation becomes generated code.
// RUN: llmc-opt %s --split-input-file --llmc-raise-onnx | FileCheck %s

// A sigmoid of 1.702 x.
// CHECK-NOT: llm.gated_activation
// CHECK: llm.generated @generated_0
// CHECK-NOT: llm.gated_activation
module attributes {onnx.opset = 17 : i64} {
  func.func @main(%ids: tensor<?x?xi64> {onnx.name = "input_ids"}) -> !onnx.any {
    %t = onnx.Initializer "t" {source = #llm.source<file = "f", offset = 0, type = f32, rows = 9, columns = 4, rowStride = 4, columnStride = 1>} : tensor<9x4xf32>
    %g = onnx.Initializer "g" {source = #llm.source<file = "f", offset = 144, type = f32, rows = 4, columns = 6, rowStride = 6, columnStride = 1>} : tensor<4x6xf32>
    %u = onnx.Initializer "u" {source = #llm.source<file = "f", offset = 240, type = f32, rows = 4, columns = 6, rowStride = 6, columnStride = 1>} : tensor<4x6xf32>
    %x = onnx.Gather(%t, %ids) : (tensor<9x4xf32>, tensor<?x?xi64>) -> !onnx.any
    %a = onnx.MatMul(%x, %g) : (!onnx.any, tensor<4x6xf32>) -> !onnx.any
    %b = onnx.MatMul(%x, %u) : (!onnx.any, tensor<4x6xf32>) -> !onnx.any
    %k = onnx.Constant() {value = dense<1.702> : tensor<f32>} : () -> !onnx.any
    %q = onnx.Mul(%a, %k) : (!onnx.any, !onnx.any) -> !onnx.any
    %s = onnx.Sigmoid(%q) : (!onnx.any) -> !onnx.any
    %m = onnx.Mul(%a, %s) : (!onnx.any, !onnx.any) -> !onnx.any
    %r = onnx.Mul(%m, %b) : (!onnx.any, !onnx.any) -> !onnx.any
    return %r : !onnx.any
  }
}

// -----

// The gate without up.
// CHECK-NOT: llm.gated_activation
// CHECK: llm.generated @generated_0
// CHECK-NOT: llm.gated_activation
module attributes {onnx.opset = 17 : i64} {
  func.func @main(%ids: tensor<?x?xi64> {onnx.name = "input_ids"}) -> !onnx.any {
    %t = onnx.Initializer "t" {source = #llm.source<file = "f", offset = 0, type = f32, rows = 9, columns = 4, rowStride = 4, columnStride = 1>} : tensor<9x4xf32>
    %g = onnx.Initializer "g" {source = #llm.source<file = "f", offset = 144, type = f32, rows = 4, columns = 6, rowStride = 6, columnStride = 1>} : tensor<4x6xf32>
    %u = onnx.Initializer "u" {source = #llm.source<file = "f", offset = 240, type = f32, rows = 4, columns = 6, rowStride = 6, columnStride = 1>} : tensor<4x6xf32>
    %x = onnx.Gather(%t, %ids) : (tensor<9x4xf32>, tensor<?x?xi64>) -> !onnx.any
    %a = onnx.MatMul(%x, %g) : (!onnx.any, tensor<4x6xf32>) -> !onnx.any
    %b = onnx.MatMul(%x, %u) : (!onnx.any, tensor<4x6xf32>) -> !onnx.any
    %s = onnx.Sigmoid(%a) : (!onnx.any) -> !onnx.any
    %r = onnx.Mul(%a, %s) : (!onnx.any, !onnx.any) -> !onnx.any
    return %r : !onnx.any
  }
}

// -----

// A third activation.
// CHECK-NOT: llm.gated_activation
// CHECK: llm.generated @generated_0
// CHECK-NOT: llm.gated_activation
module attributes {onnx.opset = 17 : i64} {
  func.func @main(%ids: tensor<?x?xi64> {onnx.name = "input_ids"}) -> !onnx.any {
    %t = onnx.Initializer "t" {source = #llm.source<file = "f", offset = 0, type = f32, rows = 9, columns = 4, rowStride = 4, columnStride = 1>} : tensor<9x4xf32>
    %g = onnx.Initializer "g" {source = #llm.source<file = "f", offset = 144, type = f32, rows = 4, columns = 6, rowStride = 6, columnStride = 1>} : tensor<4x6xf32>
    %u = onnx.Initializer "u" {source = #llm.source<file = "f", offset = 240, type = f32, rows = 4, columns = 6, rowStride = 6, columnStride = 1>} : tensor<4x6xf32>
    %x = onnx.Gather(%t, %ids) : (tensor<9x4xf32>, tensor<?x?xi64>) -> !onnx.any
    %a = onnx.MatMul(%x, %g) : (!onnx.any, tensor<4x6xf32>) -> !onnx.any
    %b = onnx.MatMul(%x, %u) : (!onnx.any, tensor<4x6xf32>) -> !onnx.any
    %s = onnx.Sigmoid(%a) : (!onnx.any) -> !onnx.any
    %m = onnx.Mul(%a, %s) : (!onnx.any, !onnx.any) -> !onnx.any
    %y = onnx.MatMul(%x, %u) : (!onnx.any, tensor<4x6xf32>) -> !onnx.any
    %n = onnx.Sub(%b, %y) : (!onnx.any, !onnx.any) -> !onnx.any
    %r = onnx.Mul(%m, %n) : (!onnx.any, !onnx.any) -> !onnx.any
    return %r : !onnx.any
  }
}
