// act(gate) * up in the spellings of exporters: by what they compute.
// RUN: llmc-opt %s --split-input-file --llmc-raise-onnx | FileCheck %s

// x * sigmoid(x), up first.
// CHECK: %[[G:.*]] = llm.linear %{{.*}}, @g
// CHECK: %[[U:.*]] = llm.linear %{{.*}}, @u
// CHECK: llm.gated_activation silu %[[G]], %[[U]]
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
    %r = onnx.Mul(%b, %m) : (!onnx.any, !onnx.any) -> !onnx.any
    return %r : !onnx.any
  }
}

// -----

// x * up / (1 + exp(-x)).
// CHECK: %[[G:.*]] = llm.linear %{{.*}}, @g
// CHECK: %[[U:.*]] = llm.linear %{{.*}}, @u
// CHECK: llm.gated_activation silu %[[G]], %[[U]]
module attributes {onnx.opset = 17 : i64} {
  func.func @main(%ids: tensor<?x?xi64> {onnx.name = "input_ids"}) -> !onnx.any {
    %t = onnx.Initializer "t" {source = #llm.source<file = "f", offset = 0, type = f32, rows = 9, columns = 4, rowStride = 4, columnStride = 1>} : tensor<9x4xf32>
    %g = onnx.Initializer "g" {source = #llm.source<file = "f", offset = 144, type = f32, rows = 4, columns = 6, rowStride = 6, columnStride = 1>} : tensor<4x6xf32>
    %u = onnx.Initializer "u" {source = #llm.source<file = "f", offset = 240, type = f32, rows = 4, columns = 6, rowStride = 6, columnStride = 1>} : tensor<4x6xf32>
    %x = onnx.Gather(%t, %ids) : (tensor<9x4xf32>, tensor<?x?xi64>) -> !onnx.any
    %a = onnx.MatMul(%x, %g) : (!onnx.any, tensor<4x6xf32>) -> !onnx.any
    %b = onnx.MatMul(%x, %u) : (!onnx.any, tensor<4x6xf32>) -> !onnx.any
    %one = onnx.Constant() {value = dense<1.0> : tensor<f32>} : () -> !onnx.any
    %n = onnx.Neg(%a) : (!onnx.any) -> !onnx.any
    %e = onnx.Exp(%n) : (!onnx.any) -> !onnx.any
    %d = onnx.Add(%one, %e) : (!onnx.any, !onnx.any) -> !onnx.any
    %m = onnx.Mul(%a, %b) : (!onnx.any, !onnx.any) -> !onnx.any
    %r = onnx.Div(%m, %d) : (!onnx.any, !onnx.any) -> !onnx.any
    return %r : !onnx.any
  }
}

// -----

// GELU by erf.
// CHECK: %[[G:.*]] = llm.linear %{{.*}}, @g
// CHECK: %[[U:.*]] = llm.linear %{{.*}}, @u
// CHECK: llm.gated_activation gelu %[[G]], %[[U]]
module attributes {onnx.opset = 17 : i64} {
  func.func @main(%ids: tensor<?x?xi64> {onnx.name = "input_ids"}) -> !onnx.any {
    %t = onnx.Initializer "t" {source = #llm.source<file = "f", offset = 0, type = f32, rows = 9, columns = 4, rowStride = 4, columnStride = 1>} : tensor<9x4xf32>
    %g = onnx.Initializer "g" {source = #llm.source<file = "f", offset = 144, type = f32, rows = 4, columns = 6, rowStride = 6, columnStride = 1>} : tensor<4x6xf32>
    %u = onnx.Initializer "u" {source = #llm.source<file = "f", offset = 240, type = f32, rows = 4, columns = 6, rowStride = 6, columnStride = 1>} : tensor<4x6xf32>
    %x = onnx.Gather(%t, %ids) : (tensor<9x4xf32>, tensor<?x?xi64>) -> !onnx.any
    %a = onnx.MatMul(%x, %g) : (!onnx.any, tensor<4x6xf32>) -> !onnx.any
    %b = onnx.MatMul(%x, %u) : (!onnx.any, tensor<4x6xf32>) -> !onnx.any
    %one = onnx.Constant() {value = dense<1.0> : tensor<f32>} : () -> !onnx.any
    %half = onnx.Constant() {value = dense<0.5> : tensor<f32>} : () -> !onnx.any
    %root = onnx.Constant() {value = dense<1.41421354> : tensor<f32>} : () -> !onnx.any
    %q = onnx.Div(%a, %root) : (!onnx.any, !onnx.any) -> !onnx.any
    %e = onnx.Erf(%q) : (!onnx.any) -> !onnx.any
    %d = onnx.Add(%e, %one) : (!onnx.any, !onnx.any) -> !onnx.any
    %m = onnx.Mul(%a, %d) : (!onnx.any, !onnx.any) -> !onnx.any
    %h = onnx.Mul(%m, %half) : (!onnx.any, !onnx.any) -> !onnx.any
    %r = onnx.Mul(%h, %b) : (!onnx.any, !onnx.any) -> !onnx.any
    return %r : !onnx.any
  }
}

// -----

// GELU by tanh, the cube as a Pow.
// CHECK: %[[G:.*]] = llm.linear %{{.*}}, @g
// CHECK: %[[U:.*]] = llm.linear %{{.*}}, @u
// CHECK: llm.gated_activation gelu_tanh %[[G]], %[[U]]
module attributes {onnx.opset = 17 : i64} {
  func.func @main(%ids: tensor<?x?xi64> {onnx.name = "input_ids"}) -> !onnx.any {
    %t = onnx.Initializer "t" {source = #llm.source<file = "f", offset = 0, type = f32, rows = 9, columns = 4, rowStride = 4, columnStride = 1>} : tensor<9x4xf32>
    %g = onnx.Initializer "g" {source = #llm.source<file = "f", offset = 144, type = f32, rows = 4, columns = 6, rowStride = 6, columnStride = 1>} : tensor<4x6xf32>
    %u = onnx.Initializer "u" {source = #llm.source<file = "f", offset = 240, type = f32, rows = 4, columns = 6, rowStride = 6, columnStride = 1>} : tensor<4x6xf32>
    %x = onnx.Gather(%t, %ids) : (tensor<9x4xf32>, tensor<?x?xi64>) -> !onnx.any
    %a = onnx.MatMul(%x, %g) : (!onnx.any, tensor<4x6xf32>) -> !onnx.any
    %b = onnx.MatMul(%x, %u) : (!onnx.any, tensor<4x6xf32>) -> !onnx.any
    %one = onnx.Constant() {value = dense<1.0> : tensor<f32>} : () -> !onnx.any
    %half = onnx.Constant() {value = dense<0.5> : tensor<f32>} : () -> !onnx.any
    %three = onnx.Constant() {value = dense<3.0> : tensor<f32>} : () -> !onnx.any
    %k = onnx.Constant() {value = dense<0.044715> : tensor<f32>} : () -> !onnx.any
    %w = onnx.Constant() {value = dense<0.797884583> : tensor<f32>} : () -> !onnx.any
    %p = onnx.Pow(%a, %three) : (!onnx.any, !onnx.any) -> !onnx.any
    %q = onnx.Mul(%p, %k) : (!onnx.any, !onnx.any) -> !onnx.any
    %y = onnx.Add(%a, %q) : (!onnx.any, !onnx.any) -> !onnx.any
    %z = onnx.Mul(%y, %w) : (!onnx.any, !onnx.any) -> !onnx.any
    %e = onnx.Tanh(%z) : (!onnx.any) -> !onnx.any
    %d = onnx.Add(%e, %one) : (!onnx.any, !onnx.any) -> !onnx.any
    %h = onnx.Mul(%a, %half) : (!onnx.any, !onnx.any) -> !onnx.any
    %m = onnx.Mul(%h, %d) : (!onnx.any, !onnx.any) -> !onnx.any
    %r = onnx.Mul(%m, %b) : (!onnx.any, !onnx.any) -> !onnx.any
    return %r : !onnx.any
  }
}

// -----

// The node Gelu, of either kind.
// CHECK: %[[G:.*]] = llm.linear %{{.*}}, @g
// CHECK: %[[U:.*]] = llm.linear %{{.*}}, @u
// CHECK: llm.gated_activation gelu_tanh %[[G]], %[[U]]
module attributes {onnx.opset = 17 : i64} {
  func.func @main(%ids: tensor<?x?xi64> {onnx.name = "input_ids"}) -> !onnx.any {
    %t = onnx.Initializer "t" {source = #llm.source<file = "f", offset = 0, type = f32, rows = 9, columns = 4, rowStride = 4, columnStride = 1>} : tensor<9x4xf32>
    %g = onnx.Initializer "g" {source = #llm.source<file = "f", offset = 144, type = f32, rows = 4, columns = 6, rowStride = 6, columnStride = 1>} : tensor<4x6xf32>
    %u = onnx.Initializer "u" {source = #llm.source<file = "f", offset = 240, type = f32, rows = 4, columns = 6, rowStride = 6, columnStride = 1>} : tensor<4x6xf32>
    %x = onnx.Gather(%t, %ids) : (tensor<9x4xf32>, tensor<?x?xi64>) -> !onnx.any
    %a = onnx.MatMul(%x, %g) : (!onnx.any, tensor<4x6xf32>) -> !onnx.any
    %b = onnx.MatMul(%x, %u) : (!onnx.any, tensor<4x6xf32>) -> !onnx.any
    %m = onnx.Gelu(%a) {approximate = "tanh"} : (!onnx.any) -> !onnx.any
    %r = onnx.Mul(%m, %b) : (!onnx.any, !onnx.any) -> !onnx.any
    return %r : !onnx.any
  }
}

// -----

// ReLU.
// CHECK: %[[G:.*]] = llm.linear %{{.*}}, @g
// CHECK: %[[U:.*]] = llm.linear %{{.*}}, @u
// CHECK: llm.gated_activation relu %[[G]], %[[U]]
module attributes {onnx.opset = 17 : i64} {
  func.func @main(%ids: tensor<?x?xi64> {onnx.name = "input_ids"}) -> !onnx.any {
    %t = onnx.Initializer "t" {source = #llm.source<file = "f", offset = 0, type = f32, rows = 9, columns = 4, rowStride = 4, columnStride = 1>} : tensor<9x4xf32>
    %g = onnx.Initializer "g" {source = #llm.source<file = "f", offset = 144, type = f32, rows = 4, columns = 6, rowStride = 6, columnStride = 1>} : tensor<4x6xf32>
    %u = onnx.Initializer "u" {source = #llm.source<file = "f", offset = 240, type = f32, rows = 4, columns = 6, rowStride = 6, columnStride = 1>} : tensor<4x6xf32>
    %x = onnx.Gather(%t, %ids) : (tensor<9x4xf32>, tensor<?x?xi64>) -> !onnx.any
    %a = onnx.MatMul(%x, %g) : (!onnx.any, tensor<4x6xf32>) -> !onnx.any
    %b = onnx.MatMul(%x, %u) : (!onnx.any, tensor<4x6xf32>) -> !onnx.any
    %m = onnx.Relu(%a) : (!onnx.any) -> !onnx.any
    %r = onnx.Mul(%m, %b) : (!onnx.any, !onnx.any) -> !onnx.any
    return %r : !onnx.any
  }
}
