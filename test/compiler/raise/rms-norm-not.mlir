// What only looks like RMSNorm becomes generated code, which is right too.
// RUN: llmc-opt %s --split-input-file --llmc-raise-onnx --verify-diagnostics | FileCheck %s

// The mean of x, not of its square.
// CHECK: func.func private @generated_0({{.*}} attributes {llm.generated = "rcw"}
// CHECK: linalg.generic {{.*}} iterator_types = ["reduction"]
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel"]
// CHECK-NOT: llm.rms_norm
// CHECK: llm.generated @generated_0(%{{.*}}) weights [@w] units = 1 {nodes = ["ReduceMean", "Add", "Sqrt", "Div", "Mul"]}
module attributes {onnx.opset = 17 : i64} {
  func.func @main(%ids: tensor<?x?xi64> {onnx.name = "input_ids"}) -> !onnx.any {
    %t = onnx.Initializer "t" {source = #llm.source<file = "f", offset = 0, type = f32, rows = 9, columns = 4, rowStride = 4, columnStride = 1>} : tensor<9x4xf32>
    %w = onnx.Initializer "w" {source = #llm.source<file = "f", offset = 144, type = f32, rows = 1, columns = 4, rowStride = 4, columnStride = 1>} : tensor<4xf32>
    %two = onnx.Constant() {value = dense<2.0> : tensor<f32>} : () -> !onnx.any
    %e = onnx.Constant() {value = dense<1.0e-05> : tensor<f32>} : () -> !onnx.any
    %x = onnx.Gather(%t, %ids) : (tensor<9x4xf32>, tensor<?x?xi64>) -> !onnx.any
    %m = onnx.ReduceMean(%x) {axes = array<i64: -1>} : (!onnx.any) -> !onnx.any
    %a = onnx.Add(%m, %e) : (!onnx.any, !onnx.any) -> !onnx.any
    %s = onnx.Sqrt(%a) : (!onnx.any) -> !onnx.any
    %d = onnx.Div(%x, %s) : (!onnx.any, !onnx.any) -> !onnx.any
    %r = onnx.Mul(%d, %w) : (!onnx.any, tensor<4xf32>) -> !onnx.any
    return %r : !onnx.any
  }
}

// -----

// The root of another value than the one divided.
// CHECK-NOT: llm.rms_norm
// CHECK: %[[X:.*]] = llm.embedding %{{.*}}, @t
// CHECK: %[[Y:.*]] = llm.embedding %{{.*}}, @u
// CHECK: llm.generated @generated_0(%[[X]], %[[Y]]) weights [@w] units = 1
module attributes {onnx.opset = 17 : i64} {
  func.func @main(%ids: tensor<?x?xi64> {onnx.name = "input_ids"}) -> !onnx.any {
    %t = onnx.Initializer "t" {source = #llm.source<file = "f", offset = 0, type = f32, rows = 9, columns = 4, rowStride = 4, columnStride = 1>} : tensor<9x4xf32>
    %w = onnx.Initializer "w" {source = #llm.source<file = "f", offset = 144, type = f32, rows = 1, columns = 4, rowStride = 4, columnStride = 1>} : tensor<4xf32>
    %two = onnx.Constant() {value = dense<2.0> : tensor<f32>} : () -> !onnx.any
    %e = onnx.Constant() {value = dense<1.0e-05> : tensor<f32>} : () -> !onnx.any
    %x = onnx.Gather(%t, %ids) : (tensor<9x4xf32>, tensor<?x?xi64>) -> !onnx.any
    %u = onnx.Initializer "u" {source = #llm.source<file = "f", offset = 160, type = f32, rows = 9, columns = 4, rowStride = 4, columnStride = 1>} : tensor<9x4xf32>
    %y = onnx.Gather(%u, %ids) : (tensor<9x4xf32>, tensor<?x?xi64>) -> !onnx.any
    %p = onnx.Pow(%y, %two) : (!onnx.any, !onnx.any) -> !onnx.any
    %m = onnx.ReduceMean(%p) {axes = array<i64: -1>} : (!onnx.any) -> !onnx.any
    %a = onnx.Add(%m, %e) : (!onnx.any, !onnx.any) -> !onnx.any
    %s = onnx.Sqrt(%a) : (!onnx.any) -> !onnx.any
    %d = onnx.Div(%x, %s) : (!onnx.any, !onnx.any) -> !onnx.any
    %r = onnx.Mul(%d, %w) : (!onnx.any, tensor<4xf32>) -> !onnx.any
    return %r : !onnx.any
  }
}

// -----

// Over all positions: no code is generated across rows.
module attributes {onnx.opset = 17 : i64} {
  func.func @main(%ids: tensor<?x?xi64> {onnx.name = "input_ids"}) -> !onnx.any {
    %t = onnx.Initializer "t" {source = #llm.source<file = "f", offset = 0, type = f32, rows = 9, columns = 4, rowStride = 4, columnStride = 1>} : tensor<9x4xf32>
    %w = onnx.Initializer "w" {source = #llm.source<file = "f", offset = 144, type = f32, rows = 1, columns = 4, rowStride = 4, columnStride = 1>} : tensor<4xf32>
    %two = onnx.Constant() {value = dense<2.0> : tensor<f32>} : () -> !onnx.any
    %e = onnx.Constant() {value = dense<1.0e-05> : tensor<f32>} : () -> !onnx.any
    %x = onnx.Gather(%t, %ids) : (tensor<9x4xf32>, tensor<?x?xi64>) -> !onnx.any
    %p = onnx.Pow(%x, %two) : (!onnx.any, !onnx.any) -> !onnx.any
    // expected-error @below {{node 'ReduceMean' (ReduceMean) is part of no pattern}}
    %m = onnx.ReduceMean(%p) {axes = array<i64: 1>} : (!onnx.any) -> !onnx.any
    %a = onnx.Add(%m, %e) : (!onnx.any, !onnx.any) -> !onnx.any
    %s = onnx.Sqrt(%a) : (!onnx.any) -> !onnx.any
    %d = onnx.Div(%x, %s) : (!onnx.any, !onnx.any) -> !onnx.any
    %r = onnx.Mul(%d, %w) : (!onnx.any, tensor<4xf32>) -> !onnx.any
    return %r : !onnx.any
  }
}
