// Attention that llmc's causal one would not equal.
// RUN: llmc-opt %s --split-input-file --llmc-raise-onnx --verify-diagnostics

// A position does not see itself.
module attributes {onnx.opset = 17 : i64} {
  func.func @main(%ids: tensor<?x?xi64> {onnx.name = "input_ids"}) -> !onnx.any {
    %t = onnx.Initializer "t" {source = #llm.source<file = "f", offset = 0, type = f32, rows = 9, columns = 4, rowStride = 4, columnStride = 1>} : tensor<9x4xf32>
    %wq = onnx.Initializer "wq" {source = #llm.source<file = "f", offset = 144, type = f32, rows = 4, columns = 4, rowStride = 4, columnStride = 1>} : tensor<4x4xf32>
    %wk = onnx.Initializer "wk" {source = #llm.source<file = "f", offset = 208, type = f32, rows = 4, columns = 4, rowStride = 4, columnStride = 1>} : tensor<4x4xf32>
    %wv = onnx.Initializer "wv" {source = #llm.source<file = "f", offset = 272, type = f32, rows = 4, columns = 4, rowStride = 4, columnStride = 1>} : tensor<4x4xf32>
    %wo = onnx.Initializer "wo" {source = #llm.source<file = "f", offset = 336, type = f32, rows = 4, columns = 4, rowStride = 4, columnStride = 1>} : tensor<4x4xf32>
    %x = onnx.Gather(%t, %ids) : (tensor<9x4xf32>, tensor<?x?xi64>) -> !onnx.any
    %q = onnx.MatMul(%x, %wq) : (!onnx.any, tensor<4x4xf32>) -> !onnx.any
    %k = onnx.MatMul(%x, %wk) : (!onnx.any, tensor<4x4xf32>) -> !onnx.any
    %v = onnx.MatMul(%x, %wv) : (!onnx.any, tensor<4x4xf32>) -> !onnx.any
    %h = onnx.Constant() {value = dense<[0, 0, 2, 2]> : tensor<4xi64>} : () -> !onnx.any
    %w = onnx.Constant() {value = dense<[0, 0, 4]> : tensor<3xi64>} : () -> !onnx.any
    %q4 = onnx.Reshape(%q, %h) : (!onnx.any, !onnx.any) -> !onnx.any
    %k4 = onnx.Reshape(%k, %h) : (!onnx.any, !onnx.any) -> !onnx.any
    %v4 = onnx.Reshape(%v, %h) : (!onnx.any, !onnx.any) -> !onnx.any
    %qh = onnx.Transpose(%q4) {perm = array<i64: 0, 2, 1, 3>} : (!onnx.any) -> !onnx.any
    %kh = onnx.Transpose(%k4) {perm = array<i64: 0, 2, 1, 3>} : (!onnx.any) -> !onnx.any
    %vh = onnx.Transpose(%v4) {perm = array<i64: 0, 2, 1, 3>} : (!onnx.any) -> !onnx.any
    %s = onnx.Shape(%ids) {start = 1 : i64} : (tensor<?x?xi64>) -> !onnx.any
    %ss = onnx.Concat(%s, %s) {axis = 0 : i64} : (!onnx.any, !onnx.any) -> !onnx.any
    %inf = onnx.ConstantOfShape(%ss) {value = dense<0xFF800000> : tensor<1xf32>} : (!onnx.any) -> !onnx.any
    %d = onnx.Constant() {value = dense<0> : tensor<i64>} : () -> !onnx.any
    %mask = onnx.Trilu(%inf, %d) : (!onnx.any, !onnx.any) -> !onnx.any
    %c = onnx.Constant() {value = dense<0.5> : tensor<f32>} : () -> !onnx.any
    %kt = onnx.Transpose(%kh) {perm = array<i64: 0, 1, 3, 2>} : (!onnx.any) -> !onnx.any
    %qk = onnx.MatMul(%qh, %kt) : (!onnx.any, !onnx.any) -> !onnx.any
    %sc = onnx.Mul(%qk, %c) : (!onnx.any, !onnx.any) -> !onnx.any
    %ms = onnx.Add(%sc, %mask) : (!onnx.any, !onnx.any) -> !onnx.any
    %p = onnx.Softmax(%ms) {axis = -1 : i64} : (!onnx.any) -> !onnx.any
    %a = onnx.MatMul(%p, %vh) : (!onnx.any, !onnx.any) -> !onnx.any
    %a4 = onnx.Transpose(%a) {perm = array<i64: 0, 2, 1, 3>} : (!onnx.any) -> !onnx.any
    // expected-error @below {{node 'Reshape' (Reshape) is part of no pattern}}
    %a3 = onnx.Reshape(%a4, %w) : (!onnx.any, !onnx.any) -> !onnx.any
    %r = onnx.MatMul(%a3, %wo) : (!onnx.any, tensor<4x4xf32>) -> !onnx.any
    return %r : !onnx.any
  }
}

// -----

// A position sees the next one.
module attributes {onnx.opset = 17 : i64} {
  func.func @main(%ids: tensor<?x?xi64> {onnx.name = "input_ids"}) -> !onnx.any {
    %t = onnx.Initializer "t" {source = #llm.source<file = "f", offset = 0, type = f32, rows = 9, columns = 4, rowStride = 4, columnStride = 1>} : tensor<9x4xf32>
    %wq = onnx.Initializer "wq" {source = #llm.source<file = "f", offset = 144, type = f32, rows = 4, columns = 4, rowStride = 4, columnStride = 1>} : tensor<4x4xf32>
    %wk = onnx.Initializer "wk" {source = #llm.source<file = "f", offset = 208, type = f32, rows = 4, columns = 4, rowStride = 4, columnStride = 1>} : tensor<4x4xf32>
    %wv = onnx.Initializer "wv" {source = #llm.source<file = "f", offset = 272, type = f32, rows = 4, columns = 4, rowStride = 4, columnStride = 1>} : tensor<4x4xf32>
    %wo = onnx.Initializer "wo" {source = #llm.source<file = "f", offset = 336, type = f32, rows = 4, columns = 4, rowStride = 4, columnStride = 1>} : tensor<4x4xf32>
    %x = onnx.Gather(%t, %ids) : (tensor<9x4xf32>, tensor<?x?xi64>) -> !onnx.any
    %q = onnx.MatMul(%x, %wq) : (!onnx.any, tensor<4x4xf32>) -> !onnx.any
    %k = onnx.MatMul(%x, %wk) : (!onnx.any, tensor<4x4xf32>) -> !onnx.any
    %v = onnx.MatMul(%x, %wv) : (!onnx.any, tensor<4x4xf32>) -> !onnx.any
    %h = onnx.Constant() {value = dense<[0, 0, 2, 2]> : tensor<4xi64>} : () -> !onnx.any
    %w = onnx.Constant() {value = dense<[0, 0, 4]> : tensor<3xi64>} : () -> !onnx.any
    %q4 = onnx.Reshape(%q, %h) : (!onnx.any, !onnx.any) -> !onnx.any
    %k4 = onnx.Reshape(%k, %h) : (!onnx.any, !onnx.any) -> !onnx.any
    %v4 = onnx.Reshape(%v, %h) : (!onnx.any, !onnx.any) -> !onnx.any
    %qh = onnx.Transpose(%q4) {perm = array<i64: 0, 2, 1, 3>} : (!onnx.any) -> !onnx.any
    %kh = onnx.Transpose(%k4) {perm = array<i64: 0, 2, 1, 3>} : (!onnx.any) -> !onnx.any
    %vh = onnx.Transpose(%v4) {perm = array<i64: 0, 2, 1, 3>} : (!onnx.any) -> !onnx.any
    %s = onnx.Shape(%ids) {start = 1 : i64} : (tensor<?x?xi64>) -> !onnx.any
    %ss = onnx.Concat(%s, %s) {axis = 0 : i64} : (!onnx.any, !onnx.any) -> !onnx.any
    %inf = onnx.ConstantOfShape(%ss) {value = dense<0xFF800000> : tensor<1xf32>} : (!onnx.any) -> !onnx.any
    %d = onnx.Constant() {value = dense<2> : tensor<i64>} : () -> !onnx.any
    %mask = onnx.Trilu(%inf, %d) : (!onnx.any, !onnx.any) -> !onnx.any
    %c = onnx.Constant() {value = dense<0.5> : tensor<f32>} : () -> !onnx.any
    %kt = onnx.Transpose(%kh) {perm = array<i64: 0, 1, 3, 2>} : (!onnx.any) -> !onnx.any
    %qk = onnx.MatMul(%qh, %kt) : (!onnx.any, !onnx.any) -> !onnx.any
    %sc = onnx.Mul(%qk, %c) : (!onnx.any, !onnx.any) -> !onnx.any
    %ms = onnx.Add(%sc, %mask) : (!onnx.any, !onnx.any) -> !onnx.any
    %p = onnx.Softmax(%ms) {axis = -1 : i64} : (!onnx.any) -> !onnx.any
    %a = onnx.MatMul(%p, %vh) : (!onnx.any, !onnx.any) -> !onnx.any
    %a4 = onnx.Transpose(%a) {perm = array<i64: 0, 2, 1, 3>} : (!onnx.any) -> !onnx.any
    // expected-error @below {{node 'Reshape' (Reshape) is part of no pattern}}
    %a3 = onnx.Reshape(%a4, %w) : (!onnx.any, !onnx.any) -> !onnx.any
    %r = onnx.MatMul(%a3, %wo) : (!onnx.any, tensor<4x4xf32>) -> !onnx.any
    return %r : !onnx.any
  }
}

// -----

// The softmax is over queries.
module attributes {onnx.opset = 17 : i64} {
  func.func @main(%ids: tensor<?x?xi64> {onnx.name = "input_ids"}) -> !onnx.any {
    %t = onnx.Initializer "t" {source = #llm.source<file = "f", offset = 0, type = f32, rows = 9, columns = 4, rowStride = 4, columnStride = 1>} : tensor<9x4xf32>
    %wq = onnx.Initializer "wq" {source = #llm.source<file = "f", offset = 144, type = f32, rows = 4, columns = 4, rowStride = 4, columnStride = 1>} : tensor<4x4xf32>
    %wk = onnx.Initializer "wk" {source = #llm.source<file = "f", offset = 208, type = f32, rows = 4, columns = 4, rowStride = 4, columnStride = 1>} : tensor<4x4xf32>
    %wv = onnx.Initializer "wv" {source = #llm.source<file = "f", offset = 272, type = f32, rows = 4, columns = 4, rowStride = 4, columnStride = 1>} : tensor<4x4xf32>
    %wo = onnx.Initializer "wo" {source = #llm.source<file = "f", offset = 336, type = f32, rows = 4, columns = 4, rowStride = 4, columnStride = 1>} : tensor<4x4xf32>
    %x = onnx.Gather(%t, %ids) : (tensor<9x4xf32>, tensor<?x?xi64>) -> !onnx.any
    %q = onnx.MatMul(%x, %wq) : (!onnx.any, tensor<4x4xf32>) -> !onnx.any
    %k = onnx.MatMul(%x, %wk) : (!onnx.any, tensor<4x4xf32>) -> !onnx.any
    %v = onnx.MatMul(%x, %wv) : (!onnx.any, tensor<4x4xf32>) -> !onnx.any
    %h = onnx.Constant() {value = dense<[0, 0, 2, 2]> : tensor<4xi64>} : () -> !onnx.any
    %w = onnx.Constant() {value = dense<[0, 0, 4]> : tensor<3xi64>} : () -> !onnx.any
    %q4 = onnx.Reshape(%q, %h) : (!onnx.any, !onnx.any) -> !onnx.any
    %k4 = onnx.Reshape(%k, %h) : (!onnx.any, !onnx.any) -> !onnx.any
    %v4 = onnx.Reshape(%v, %h) : (!onnx.any, !onnx.any) -> !onnx.any
    %qh = onnx.Transpose(%q4) {perm = array<i64: 0, 2, 1, 3>} : (!onnx.any) -> !onnx.any
    %kh = onnx.Transpose(%k4) {perm = array<i64: 0, 2, 1, 3>} : (!onnx.any) -> !onnx.any
    %vh = onnx.Transpose(%v4) {perm = array<i64: 0, 2, 1, 3>} : (!onnx.any) -> !onnx.any
    %s = onnx.Shape(%ids) {start = 1 : i64} : (tensor<?x?xi64>) -> !onnx.any
    %ss = onnx.Concat(%s, %s) {axis = 0 : i64} : (!onnx.any, !onnx.any) -> !onnx.any
    %inf = onnx.ConstantOfShape(%ss) {value = dense<0xFF800000> : tensor<1xf32>} : (!onnx.any) -> !onnx.any
    %d = onnx.Constant() {value = dense<1> : tensor<i64>} : () -> !onnx.any
    %mask = onnx.Trilu(%inf, %d) : (!onnx.any, !onnx.any) -> !onnx.any
    %c = onnx.Constant() {value = dense<0.5> : tensor<f32>} : () -> !onnx.any
    %kt = onnx.Transpose(%kh) {perm = array<i64: 0, 1, 3, 2>} : (!onnx.any) -> !onnx.any
    %qk = onnx.MatMul(%qh, %kt) : (!onnx.any, !onnx.any) -> !onnx.any
    %sc = onnx.Mul(%qk, %c) : (!onnx.any, !onnx.any) -> !onnx.any
    %ms = onnx.Add(%sc, %mask) : (!onnx.any, !onnx.any) -> !onnx.any
    %p = onnx.Softmax(%ms) {axis = 2 : i64} : (!onnx.any) -> !onnx.any
    %a = onnx.MatMul(%p, %vh) : (!onnx.any, !onnx.any) -> !onnx.any
    %a4 = onnx.Transpose(%a) {perm = array<i64: 0, 2, 1, 3>} : (!onnx.any) -> !onnx.any
    // expected-error @below {{node 'Reshape' (Reshape) is part of no pattern}}
    %a3 = onnx.Reshape(%a4, %w) : (!onnx.any, !onnx.any) -> !onnx.any
    %r = onnx.MatMul(%a3, %wo) : (!onnx.any, tensor<4x4xf32>) -> !onnx.any
    return %r : !onnx.any
  }
}
