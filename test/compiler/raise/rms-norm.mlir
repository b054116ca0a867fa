// The spellings of RMSNorm, and what only looks like one.
// RUN: llmc-opt %s --split-input-file --llmc-raise-onnx | FileCheck %s

// 1 / sqrt as Div, times x, times the weight.
// CHECK: %[[X:.*]] = llm.embedding %{{.*}}, @t : tensor<?xi32> -> tensor<?x4xf32>
// CHECK: llm.rms_norm %[[X]], @w {epsilon = 1.000000e-05 : f64}
module attributes {onnx.opset = 17 : i64} {
  func.func @main(%ids: tensor<?x?xi64> {onnx.name = "input_ids"}) -> !onnx.any {
    %t = onnx.Initializer "t" {source = #llm.source<file = "f", offset = 0, type = f32, rows = 9, columns = 4, rowStride = 4, columnStride = 1>} : tensor<9x4xf32>
    %w = onnx.Initializer "w" {source = #llm.source<file = "f", offset = 144, type = f32, rows = 1, columns = 4, rowStride = 4, columnStride = 1>} : tensor<4xf32>
    %two = onnx.Constant() {value = dense<2.0> : tensor<f32>} : () -> !onnx.any
    %e = onnx.Constant() {value = dense<1.0e-05> : tensor<f32>} : () -> !onnx.any
    %x = onnx.Gather(%t, %ids) : (tensor<9x4xf32>, tensor<?x?xi64>) -> !onnx.any
    %one = onnx.Constant() {value = dense<1.0> : tensor<f32>} : () -> !onnx.any
    %p = onnx.Pow(%x, %two) : (!onnx.any, !onnx.any) -> !onnx.any
    %m = onnx.ReduceMean(%p) {axes = array<i64: -1>} : (!onnx.any) -> !onnx.any
    %a = onnx.Add(%m, %e) : (!onnx.any, !onnx.any) -> !onnx.any
    %s = onnx.Sqrt(%a) : (!onnx.any) -> !onnx.any
    %d = onnx.Div(%one, %s) : (!onnx.any, !onnx.any) -> !onnx.any
    %n = onnx.Mul(%x, %d) : (!onnx.any, !onnx.any) -> !onnx.any
    %r = onnx.Mul(%w, %n) : (tensor<4xf32>, !onnx.any) -> !onnx.any
    return %r : !onnx.any
  }
}

// -----

// The square as a product, the root in a Reciprocal, axes as an input.
// CHECK: llm.rms_norm %{{.*}}, @w
module attributes {onnx.opset = 17 : i64} {
  func.func @main(%ids: tensor<?x?xi64> {onnx.name = "input_ids"}) -> !onnx.any {
    %t = onnx.Initializer "t" {source = #llm.source<file = "f", offset = 0, type = f32, rows = 9, columns = 4, rowStride = 4, columnStride = 1>} : tensor<9x4xf32>
    %w = onnx.Initializer "w" {source = #llm.source<file = "f", offset = 144, type = f32, rows = 1, columns = 4, rowStride = 4, columnStride = 1>} : tensor<4xf32>
    %two = onnx.Constant() {value = dense<2.0> : tensor<f32>} : () -> !onnx.any
    %e = onnx.Constant() {value = dense<1.0e-05> : tensor<f32>} : () -> !onnx.any
    %x = onnx.Gather(%t, %ids) : (tensor<9x4xf32>, tensor<?x?xi64>) -> !onnx.any
    %axis = onnx.Constant() {value = dense<-1> : tensor<1xi64>} : () -> !onnx.any
    %p = onnx.Mul(%x, %x) : (!onnx.any, !onnx.any) -> !onnx.any
    %m = onnx.ReduceMean(%p, %axis) : (!onnx.any, !onnx.any) -> !onnx.any
    %a = onnx.Add(%e, %m) : (!onnx.any, !onnx.any) -> !onnx.any
    %s = onnx.Sqrt(%a) : (!onnx.any) -> !onnx.any
    %d = onnx.Reciprocal(%s) : (!onnx.any) -> !onnx.any
    %n = onnx.Mul(%d, %x) : (!onnx.any, !onnx.any) -> !onnx.any
    %r = onnx.Mul(%n, %w) : (!onnx.any, tensor<4xf32>) -> !onnx.any
    return %r : !onnx.any
  }
}

// -----

// x divided by the root; the weight is 1 + w.
// CHECK: llm.weight @w : tensor<4xf32> {parts = [#llm.source<{{.*}}, addend = 1>]}
// CHECK: llm.rms_norm %{{.*}}, @w
module attributes {onnx.opset = 17 : i64} {
  func.func @main(%ids: tensor<?x?xi64> {onnx.name = "input_ids"}) -> !onnx.any {
    %t = onnx.Initializer "t" {source = #llm.source<file = "f", offset = 0, type = f32, rows = 9, columns = 4, rowStride = 4, columnStride = 1>} : tensor<9x4xf32>
    %w = onnx.Initializer "w" {source = #llm.source<file = "f", offset = 144, type = f32, rows = 1, columns = 4, rowStride = 4, columnStride = 1>} : tensor<4xf32>
    %two = onnx.Constant() {value = dense<2.0> : tensor<f32>} : () -> !onnx.any
    %e = onnx.Constant() {value = dense<1.0e-05> : tensor<f32>} : () -> !onnx.any
    %x = onnx.Gather(%t, %ids) : (tensor<9x4xf32>, tensor<?x?xi64>) -> !onnx.any
    %one = onnx.Constant() {value = dense<1.0> : tensor<f32>} : () -> !onnx.any
    %p = onnx.Pow(%x, %two) : (!onnx.any, !onnx.any) -> !onnx.any
    %m = onnx.ReduceMean(%p) {axes = array<i64: 2>} : (!onnx.any) -> !onnx.any
    %a = onnx.Add(%m, %e) : (!onnx.any, !onnx.any) -> !onnx.any
    %s = onnx.Sqrt(%a) : (!onnx.any) -> !onnx.any
    %d = onnx.Div(%x, %s) : (!onnx.any, !onnx.any) -> !onnx.any
    %v = onnx.Add(%one, %w) : (!onnx.any, tensor<4xf32>) -> !onnx.any
    %r = onnx.Mul(%d, %v) : (!onnx.any, !onnx.any) -> !onnx.any
    return %r : !onnx.any
  }
}

// -----

// A whole node.
// CHECK: llm.rms_norm %{{.*}}, @w {epsilon = 2.500000e-01 : f64}
module attributes {onnx.opset = 17 : i64} {
  func.func @main(%ids: tensor<?x?xi64> {onnx.name = "input_ids"}) -> !onnx.any {
    %t = onnx.Initializer "t" {source = #llm.source<file = "f", offset = 0, type = f32, rows = 9, columns = 4, rowStride = 4, columnStride = 1>} : tensor<9x4xf32>
    %w = onnx.Initializer "w" {source = #llm.source<file = "f", offset = 144, type = f32, rows = 1, columns = 4, rowStride = 4, columnStride = 1>} : tensor<4xf32>
    %two = onnx.Constant() {value = dense<2.0> : tensor<f32>} : () -> !onnx.any
    %e = onnx.Constant() {value = dense<1.0e-05> : tensor<f32>} : () -> !onnx.any
    %x = onnx.Gather(%t, %ids) : (tensor<9x4xf32>, tensor<?x?xi64>) -> !onnx.any
    %r = onnx.SimplifiedLayerNormalization(%x, %w) {axis = -1 : i64, epsilon = 2.5e-01 : f32} : (!onnx.any, tensor<4xf32>) -> !onnx.any
    return %r : !onnx.any
  }
}
