// Rotations that llm.rope would not equal.
// RUN: llmc-opt %s --split-input-file --llmc-raise-onnx --verify-diagnostics

// The halves are not turned.
module attributes {onnx.opset = 17 : i64} {
  func.func @main(%ids: tensor<?x?xi64> {onnx.name = "input_ids"}, %pos: tensor<?x?xi64> {onnx.name = "position_ids"}) -> !onnx.any {
    %t = onnx.Initializer "t" {source = #llm.source<file = "f", offset = 0, type = f32, rows = 9, columns = 4, rowStride = 4, columnStride = 1>} : tensor<9x4xf32>
    %wq = onnx.Initializer "wq" {source = #llm.source<file = "f", offset = 144, type = f32, rows = 4, columns = 8, rowStride = 8, columnStride = 1>} : tensor<4x8xf32>
    %wk = onnx.Initializer "wk" {source = #llm.source<file = "f", offset = 272, type = f32, rows = 4, columns = 8, rowStride = 8, columnStride = 1>} : tensor<4x8xf32>
    %wv = onnx.Initializer "wv" {source = #llm.source<file = "f", offset = 400, type = f32, rows = 4, columns = 8, rowStride = 8, columnStride = 1>} : tensor<4x8xf32>
    %wo = onnx.Initializer "wo" {source = #llm.source<file = "f", offset = 528, type = f32, rows = 8, columns = 4, rowStride = 4, columnStride = 1>} : tensor<8x4xf32>
    %x = onnx.Gather(%t, %ids) : (tensor<9x4xf32>, tensor<?x?xi64>) -> !onnx.any
    %q = onnx.MatMul(%x, %wq) : (!onnx.any, tensor<4x8xf32>) -> !onnx.any
    %k = onnx.MatMul(%x, %wk) : (!onnx.any, tensor<4x8xf32>) -> !onnx.any
    %v = onnx.MatMul(%x, %wv) : (!onnx.any, tensor<4x8xf32>) -> !onnx.any
    %h = onnx.Constant() {value = dense<[0, 0, 2, 4]> : tensor<4xi64>} : () -> !onnx.any
    %w = onnx.Constant() {value = dense<[0, 0, 8]> : tensor<3xi64>} : () -> !onnx.any
    %q4 = onnx.Reshape(%q, %h) : (!onnx.any, !onnx.any) -> !onnx.any
    %k4 = onnx.Reshape(%k, %h) : (!onnx.any, !onnx.any) -> !onnx.any
    %v4 = onnx.Reshape(%v, %h) : (!onnx.any, !onnx.any) -> !onnx.any
    %qh = onnx.Transpose(%q4) {perm = array<i64: 0, 2, 1, 3>} : (!onnx.any) -> !onnx.any
    %kh = onnx.Transpose(%k4) {perm = array<i64: 0, 2, 1, 3>} : (!onnx.any) -> !onnx.any
    %vh = onnx.Transpose(%v4) {perm = array<i64: 0, 2, 1, 3>} : (!onnx.any) -> !onnx.any
    %fr = onnx.Constant() {value = dense<[[[1.0, 0.25]]]> : tensor<1x1x2xf32>} : () -> !onnx.any
    %m1 = onnx.Constant() {value = dense<[-1]> : tensor<1xi64>} : () -> !onnx.any
    %ax = onnx.Constant() {value = dense<[1]> : tensor<1xi64>} : () -> !onnx.any
    %z0 = onnx.Constant() {value = dense<[0]> : tensor<1xi64>} : () -> !onnx.any
    %z2 = onnx.Constant() {value = dense<[2]> : tensor<1xi64>} : () -> !onnx.any
    %z4 = onnx.Constant() {value = dense<[4]> : tensor<1xi64>} : () -> !onnx.any
    %pf = onnx.Cast(%pos) {to = 1 : i64} : (tensor<?x?xi64>) -> !onnx.any
    %pu = onnx.Unsqueeze(%pf, %m1) : (!onnx.any, !onnx.any) -> !onnx.any
    %an = onnx.Mul(%pu, %fr) : (!onnx.any, !onnx.any) -> !onnx.any
    %em = onnx.Concat(%an, %an) {axis = -1 : i64} : (!onnx.any, !onnx.any) -> !onnx.any
    %co = onnx.Cos(%em) : (!onnx.any) -> !onnx.any
    %si = onnx.Sin(%em) : (!onnx.any) -> !onnx.any
    %c1 = onnx.Unsqueeze(%co, %ax) : (!onnx.any, !onnx.any) -> !onnx.any
    %s1 = onnx.Unsqueeze(%si, %ax) : (!onnx.any, !onnx.any) -> !onnx.any
    %qrhi = onnx.Slice(%qh, %z0, %z2, %m1) : (!onnx.any, !onnx.any, !onnx.any, !onnx.any) -> !onnx.any
    %qrlo = onnx.Slice(%qh, %z0, %z2, %m1) : (!onnx.any, !onnx.any, !onnx.any, !onnx.any) -> !onnx.any
    %qrng = onnx.Neg(%qrhi) : (!onnx.any) -> !onnx.any
    %qrro = onnx.Concat(%qrng, %qrlo) {axis = -1 : i64} : (!onnx.any, !onnx.any) -> !onnx.any
    %qra = onnx.Mul(%qh, %c1) : (!onnx.any, !onnx.any) -> !onnx.any
    %qrb = onnx.Mul(%qrro, %s1) : (!onnx.any, !onnx.any) -> !onnx.any
    %qr = onnx.Add(%qra, %qrb) : (!onnx.any, !onnx.any) -> !onnx.any
    %krhi = onnx.Slice(%kh, %z2, %z4, %m1) : (!onnx.any, !onnx.any, !onnx.any, !onnx.any) -> !onnx.any
    %krlo = onnx.Slice(%kh, %z0, %z2, %m1) : (!onnx.any, !onnx.any, !onnx.any, !onnx.any) -> !onnx.any
    %krng = onnx.Neg(%krhi) : (!onnx.any) -> !onnx.any
    %krro = onnx.Concat(%krng, %krlo) {axis = -1 : i64} : (!onnx.any, !onnx.any) -> !onnx.any
    %kra = onnx.Mul(%kh, %c1) : (!onnx.any, !onnx.any) -> !onnx.any
    %krb = onnx.Mul(%krro, %s1) : (!onnx.any, !onnx.any) -> !onnx.any
    %kr = onnx.Add(%kra, %krb) : (!onnx.any, !onnx.any) -> !onnx.any
    %s = onnx.Shape(%ids) {start = 1 : i64} : (tensor<?x?xi64>) -> !onnx.any
    %ss = onnx.Concat(%s, %s) {axis = 0 : i64} : (!onnx.any, !onnx.any) -> !onnx.any
    %inf = onnx.ConstantOfShape(%ss) {value = dense<0xFF800000> : tensor<1xf32>} : (!onnx.any) -> !onnx.any
    %d = onnx.Constant() {value = dense<1> : tensor<i64>} : () -> !onnx.any
    %mask = onnx.Trilu(%inf, %d) : (!onnx.any, !onnx.any) -> !onnx.any
    %c = onnx.Constant() {value = dense<0.5> : tensor<f32>} : () -> !onnx.any
    %kt = onnx.Transpose(%kr) {perm = array<i64: 0, 1, 3, 2>} : (!onnx.any) -> !onnx.any
    %qk = onnx.MatMul(%qr, %kt) : (!onnx.any, !onnx.any) -> !onnx.any
    %sc = onnx.Mul(%qk, %c) : (!onnx.any, !onnx.any) -> !onnx.any
    %ms = onnx.Add(%sc, %mask) : (!onnx.any, !onnx.any) -> !onnx.any
    %p = onnx.Softmax(%ms) {axis = -1 : i64} : (!onnx.any) -> !onnx.any
    %a = onnx.MatMul(%p, %vh) : (!onnx.any, !onnx.any) -> !onnx.any
    %a4 = onnx.Transpose(%a) {perm = array<i64: 0, 2, 1, 3>} : (!onnx.any) -> !onnx.any
    // expected-error @below {{node 'Reshape' (Reshape) is part of no pattern}}
    %a3 = onnx.Reshape(%a4, %w) : (!onnx.any, !onnx.any) -> !onnx.any
    %r = onnx.MatMul(%a3, %wo) : (!onnx.any, tensor<8x4xf32>) -> !onnx.any
    return %r : !onnx.any
  }
}

// -----

// sin is of twice the angle.
module attributes {onnx.opset = 17 : i64} {
  func.func @main(%ids: tensor<?x?xi64> {onnx.name = "input_ids"}, %pos: tensor<?x?xi64> {onnx.name = "position_ids"}) -> !onnx.any {
    %t = onnx.Initializer "t" {source = #llm.source<file = "f", offset = 0, type = f32, rows = 9, columns = 4, rowStride = 4, columnStride = 1>} : tensor<9x4xf32>
    %wq = onnx.Initializer "wq" {source = #llm.source<file = "f", offset = 144, type = f32, rows = 4, columns = 8, rowStride = 8, columnStride = 1>} : tensor<4x8xf32>
    %wk = onnx.Initializer "wk" {source = #llm.source<file = "f", offset = 272, type = f32, rows = 4, columns = 8, rowStride = 8, columnStride = 1>} : tensor<4x8xf32>
    %wv = onnx.Initializer "wv" {source = #llm.source<file = "f", offset = 400, type = f32, rows = 4, columns = 8, rowStride = 8, columnStride = 1>} : tensor<4x8xf32>
    %wo = onnx.Initializer "wo" {source = #llm.source<file = "f", offset = 528, type = f32, rows = 8, columns = 4, rowStride = 4, columnStride = 1>} : tensor<8x4xf32>
    %x = onnx.Gather(%t, %ids) : (tensor<9x4xf32>, tensor<?x?xi64>) -> !onnx.any
    %q = onnx.MatMul(%x, %wq) : (!onnx.any, tensor<4x8xf32>) -> !onnx.any
    %k = onnx.MatMul(%x, %wk) : (!onnx.any, tensor<4x8xf32>) -> !onnx.any
    %v = onnx.MatMul(%x, %wv) : (!onnx.any, tensor<4x8xf32>) -> !onnx.any
    %h = onnx.Constant() {value = dense<[0, 0, 2, 4]> : tensor<4xi64>} : () -> !onnx.any
    %w = onnx.Constant() {value = dense<[0, 0, 8]> : tensor<3xi64>} : () -> !onnx.any
    %q4 = onnx.Reshape(%q, %h) : (!onnx.any, !onnx.any) -> !onnx.any
    %k4 = onnx.Reshape(%k, %h) : (!onnx.any, !onnx.any) -> !onnx.any
    %v4 = onnx.Reshape(%v, %h) : (!onnx.any, !onnx.any) -> !onnx.any
    %qh = onnx.Transpose(%q4) {perm = array<i64: 0, 2, 1, 3>} : (!onnx.any) -> !onnx.any
    %kh = onnx.Transpose(%k4) {perm = array<i64: 0, 2, 1, 3>} : (!onnx.any) -> !onnx.any
    %vh = onnx.Transpose(%v4) {perm = array<i64: 0, 2, 1, 3>} : (!onnx.any) -> !onnx.any
    %fr = onnx.Constant() {value = dense<[[[1.0, 0.25]]]> : tensor<1x1x2xf32>} : () -> !onnx.any
    %m1 = onnx.Constant() {value = dense<[-1]> : tensor<1xi64>} : () -> !onnx.any
    %ax = onnx.Constant() {value = dense<[1]> : tensor<1xi64>} : () -> !onnx.any
    %z0 = onnx.Constant() {value = dense<[0]> : tensor<1xi64>} : () -> !onnx.any
    %z2 = onnx.Constant() {value = dense<[2]> : tensor<1xi64>} : () -> !onnx.any
    %z4 = onnx.Constant() {value = dense<[4]> : tensor<1xi64>} : () -> !onnx.any
    %pf = onnx.Cast(%pos) {to = 1 : i64} : (tensor<?x?xi64>) -> !onnx.any
    %pu = onnx.Unsqueeze(%pf, %m1) : (!onnx.any, !onnx.any) -> !onnx.any
    %an = onnx.Mul(%pu, %fr) : (!onnx.any, !onnx.any) -> !onnx.any
    %em = onnx.Concat(%an, %an) {axis = -1 : i64} : (!onnx.any, !onnx.any) -> !onnx.any
    %co = onnx.Cos(%em) : (!onnx.any) -> !onnx.any
    %e2 = onnx.Add(%em, %em) : (!onnx.any, !onnx.any) -> !onnx.any
    %si = onnx.Sin(%e2) : (!onnx.any) -> !onnx.any
    %c1 = onnx.Unsqueeze(%co, %ax) : (!onnx.any, !onnx.any) -> !onnx.any
    %s1 = onnx.Unsqueeze(%si, %ax) : (!onnx.any, !onnx.any) -> !onnx.any
    %qrhi = onnx.Slice(%qh, %z2, %z4, %m1) : (!onnx.any, !onnx.any, !onnx.any, !onnx.any) -> !onnx.any
    %qrlo = onnx.Slice(%qh, %z0, %z2, %m1) : (!onnx.any, !onnx.any, !onnx.any, !onnx.any) -> !onnx.any
    %qrng = onnx.Neg(%qrhi) : (!onnx.any) -> !onnx.any
    %qrro = onnx.Concat(%qrng, %qrlo) {axis = -1 : i64} : (!onnx.any, !onnx.any) -> !onnx.any
    %qra = onnx.Mul(%qh, %c1) : (!onnx.any, !onnx.any) -> !onnx.any
    %qrb = onnx.Mul(%qrro, %s1) : (!onnx.any, !onnx.any) -> !onnx.any
    %qr = onnx.Add(%qra, %qrb) : (!onnx.any, !onnx.any) -> !onnx.any
    %krhi = onnx.Slice(%kh, %z2, %z4, %m1) : (!onnx.any, !onnx.any, !onnx.any, !onnx.any) -> !onnx.any
    %krlo = onnx.Slice(%kh, %z0, %z2, %m1) : (!onnx.any, !onnx.any, !onnx.any, !onnx.any) -> !onnx.any
    %krng = onnx.Neg(%krhi) : (!onnx.any) -> !onnx.any
    %krro = onnx.Concat(%krng, %krlo) {axis = -1 : i64} : (!onnx.any, !onnx.any) -> !onnx.any
    %kra = onnx.Mul(%kh, %c1) : (!onnx.any, !onnx.any) -> !onnx.any
    %krb = onnx.Mul(%krro, %s1) : (!onnx.any, !onnx.any) -> !onnx.any
    %kr = onnx.Add(%kra, %krb) : (!onnx.any, !onnx.any) -> !onnx.any
    %s = onnx.Shape(%ids) {start = 1 : i64} : (tensor<?x?xi64>) -> !onnx.any
    %ss = onnx.Concat(%s, %s) {axis = 0 : i64} : (!onnx.any, !onnx.any) -> !onnx.any
    %inf = onnx.ConstantOfShape(%ss) {value = dense<0xFF800000> : tensor<1xf32>} : (!onnx.any) -> !onnx.any
    %d = onnx.Constant() {value = dense<1> : tensor<i64>} : () -> !onnx.any
    %mask = onnx.Trilu(%inf, %d) : (!onnx.any, !onnx.any) -> !onnx.any
    %c = onnx.Constant() {value = dense<0.5> : tensor<f32>} : () -> !onnx.any
    %kt = onnx.Transpose(%kr) {perm = array<i64: 0, 1, 3, 2>} : (!onnx.any) -> !onnx.any
    %qk = onnx.MatMul(%qr, %kt) : (!onnx.any, !onnx.any) -> !onnx.any
    %sc = onnx.Mul(%qk, %c) : (!onnx.any, !onnx.any) -> !onnx.any
    %ms = onnx.Add(%sc, %mask) : (!onnx.any, !onnx.any) -> !onnx.any
    %p = onnx.Softmax(%ms) {axis = -1 : i64} : (!onnx.any) -> !onnx.any
    %a = onnx.MatMul(%p, %vh) : (!onnx.any, !onnx.any) -> !onnx.any
    %a4 = onnx.Transpose(%a) {perm = array<i64: 0, 2, 1, 3>} : (!onnx.any) -> !onnx.any
    // expected-error @below {{node 'Reshape' (Reshape) is part of no pattern}}
    %a3 = onnx.Reshape(%a4, %w) : (!onnx.any, !onnx.any) -> !onnx.any
    %r = onnx.MatMul(%a3, %wo) : (!onnx.any, tensor<8x4xf32>) -> !onnx.any
    return %r : !onnx.any
  }
}
