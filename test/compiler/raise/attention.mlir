// Attention over the past and over input_ids alone gets the static cache.
// RUN: llmc-opt %s --split-input-file --llmc-raise-onnx | FileCheck %s

// No past: causal by a triangular mask.
// CHECK: llm.config = #llm.config<vocab = 4, hidden = 4, layers = 1, heads = 2, kvHeads = 2, headDim = 2,
// CHECK: @main(%{{.*}}, %[[SEQ:.*]]: tensor<?xi32>, %[[POS:.*]]: tensor<?xi32>, %{{.*}}, %[[C:.*]]: !llm.kv_cache)
// CHECK: %[[Q:.*]] = llm.linear %{{.*}}, @wq
// CHECK: %[[K:.*]] = llm.linear %{{.*}}, @wk
// CHECK: %[[V:.*]] = llm.linear %{{.*}}, @wv
// CHECK: %[[D:.*]] = llm.kv_append %[[C]], %[[K]], %[[V]] at %[[SEQ]], %[[POS]] {layer = 0 : i64}
// CHECK: llm.attention %[[Q]], %[[D]] at %[[SEQ]], %[[POS]] {head_dim = 2 : i64, heads = 2 : i64, kv_heads = 2 : i64, layer = 0 : i64, scale = 5.000000e-01 : f64}
// CHECK: return %{{.*}}, %[[D]]
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
    %p = onnx.Softmax(%ms) {axis = -1 : i64} : (!onnx.any) -> !onnx.any
    %a = onnx.MatMul(%p, %vh) : (!onnx.any, !onnx.any) -> !onnx.any
    %a4 = onnx.Transpose(%a) {perm = array<i64: 0, 2, 1, 3>} : (!onnx.any) -> !onnx.any
    %a3 = onnx.Reshape(%a4, %w) : (!onnx.any, !onnx.any) -> !onnx.any
    %r = onnx.MatMul(%a3, %wo) : (!onnx.any, tensor<4x4xf32>) -> !onnx.any
    return %r : !onnx.any
  }
}

// -----

// Past keys and values; the mask begins at the diagonal after the past.
// CHECK: %[[D:.*]] = llm.kv_append
// CHECK: llm.attention %{{.*}}, %[[D]]
module attributes {onnx.opset = 17 : i64} {
  func.func @main(%ids: tensor<?x?xi64> {onnx.name = "input_ids"}, %pastk: tensor<?x2x?x2xf32> {onnx.name = "past.pastk"}, %pastv: tensor<?x2x?x2xf32> {onnx.name = "past.pastv"}) -> !onnx.any {
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
    %i = onnx.Constant() {value = dense<1> : tensor<i64>} : () -> !onnx.any
    %pk = onnx.Concat(%pastk, %kh) {axis = -2 : i64} : (tensor<?x2x?x2xf32>, !onnx.any) -> !onnx.any
    %pv = onnx.Concat(%pastv, %vh) {axis = 2 : i64} : (tensor<?x2x?x2xf32>, !onnx.any) -> !onnx.any
    %s = onnx.Shape(%ids) {start = 1 : i64} : (tensor<?x?xi64>) -> !onnx.any
    %tt = onnx.Shape(%pk) {start = 2 : i64, end = 3 : i64} : (!onnx.any) -> !onnx.any
    %st = onnx.Concat(%s, %tt) {axis = 0 : i64} : (!onnx.any, !onnx.any) -> !onnx.any
    %low = onnx.ConstantOfShape(%st) {value = dense<-3.0e+38> : tensor<1xf32>} : (!onnx.any) -> !onnx.any
    %past = onnx.Sub(%tt, %s) : (!onnx.any, !onnx.any) -> !onnx.any
    %none = onnx.Constant() {value = dense<[]> : tensor<0xi64>} : () -> !onnx.any
    %p0 = onnx.Reshape(%past, %none) : (!onnx.any, !onnx.any) -> !onnx.any
    %d = onnx.Add(%p0, %i) : (!onnx.any, !onnx.any) -> !onnx.any
    %mask = onnx.Trilu(%low, %d) : (!onnx.any, !onnx.any) -> !onnx.any
    %c = onnx.Constant() {value = dense<0.5> : tensor<f32>} : () -> !onnx.any
    %kt = onnx.Transpose(%pk) {perm = array<i64: 0, 1, 3, 2>} : (!onnx.any) -> !onnx.any
    %qk = onnx.MatMul(%qh, %kt) : (!onnx.any, !onnx.any) -> !onnx.any
    %sc = onnx.Mul(%qk, %c) : (!onnx.any, !onnx.any) -> !onnx.any
    %ms = onnx.Add(%sc, %mask) : (!onnx.any, !onnx.any) -> !onnx.any
    %p = onnx.Softmax(%ms) {axis = -1 : i64} : (!onnx.any) -> !onnx.any
    %a = onnx.MatMul(%p, %pv) : (!onnx.any, !onnx.any) -> !onnx.any
    %a4 = onnx.Transpose(%a) {perm = array<i64: 0, 2, 1, 3>} : (!onnx.any) -> !onnx.any
    %a3 = onnx.Reshape(%a4, %w) : (!onnx.any, !onnx.any) -> !onnx.any
    %r = onnx.MatMul(%a3, %wo) : (!onnx.any, tensor<4x4xf32>) -> !onnx.any
    return %r : !onnx.any
  }
}

// -----

// One KV head repeated for two query heads.
// CHECK: llm.kv_append {{.*}} : tensor<?x2xf32>
// CHECK: llm.attention {{.*}} heads = 2 : i64, kv_heads = 1 : i64
module attributes {onnx.opset = 17 : i64} {
  func.func @main(%ids: tensor<?x?xi64> {onnx.name = "input_ids"}) -> !onnx.any {
    %t = onnx.Initializer "t" {source = #llm.source<file = "f", offset = 0, type = f32, rows = 9, columns = 4, rowStride = 4, columnStride = 1>} : tensor<9x4xf32>
    %wq = onnx.Initializer "wq" {source = #llm.source<file = "f", offset = 144, type = f32, rows = 4, columns = 4, rowStride = 4, columnStride = 1>} : tensor<4x4xf32>
    %wk = onnx.Initializer "wk" {source = #llm.source<file = "f", offset = 208, type = f32, rows = 4, columns = 2, rowStride = 2, columnStride = 1>} : tensor<4x2xf32>
    %wv = onnx.Initializer "wv" {source = #llm.source<file = "f", offset = 240, type = f32, rows = 4, columns = 2, rowStride = 2, columnStride = 1>} : tensor<4x2xf32>
    %wo = onnx.Initializer "wo" {source = #llm.source<file = "f", offset = 272, type = f32, rows = 4, columns = 4, rowStride = 4, columnStride = 1>} : tensor<4x4xf32>
    %x = onnx.Gather(%t, %ids) : (tensor<9x4xf32>, tensor<?x?xi64>) -> !onnx.any
    %q = onnx.MatMul(%x, %wq) : (!onnx.any, tensor<4x4xf32>) -> !onnx.any
    %k = onnx.MatMul(%x, %wk) : (!onnx.any, tensor<4x2xf32>) -> !onnx.any
    %v = onnx.MatMul(%x, %wv) : (!onnx.any, tensor<4x2xf32>) -> !onnx.any
    %h = onnx.Constant() {value = dense<[0, 0, 2, 2]> : tensor<4xi64>} : () -> !onnx.any
    %g = onnx.Constant() {value = dense<[0, 0, 1, 2]> : tensor<4xi64>} : () -> !onnx.any
    %w = onnx.Constant() {value = dense<[0, 0, 4]> : tensor<3xi64>} : () -> !onnx.any
    %q4 = onnx.Reshape(%q, %h) : (!onnx.any, !onnx.any) -> !onnx.any
    %k4 = onnx.Reshape(%k, %g) : (!onnx.any, !onnx.any) -> !onnx.any
    %v4 = onnx.Reshape(%v, %g) : (!onnx.any, !onnx.any) -> !onnx.any
    %qh = onnx.Transpose(%q4) {perm = array<i64: 0, 2, 1, 3>} : (!onnx.any) -> !onnx.any
    %k1 = onnx.Transpose(%k4) {perm = array<i64: 0, 2, 1, 3>} : (!onnx.any) -> !onnx.any
    %v1 = onnx.Transpose(%v4) {perm = array<i64: 0, 2, 1, 3>} : (!onnx.any) -> !onnx.any
    %two = onnx.Constant() {value = dense<2> : tensor<1xi64>} : () -> !onnx.any
    %n = onnx.Constant() {value = dense<[1, 1, 2, 1, 1]> : tensor<5xi64>} : () -> !onnx.any
    %o = onnx.Constant() {value = dense<[0, 2, -1, 2]> : tensor<4xi64>} : () -> !onnx.any
    %k5 = onnx.Unsqueeze(%k1, %two) : (!onnx.any, !onnx.any) -> !onnx.any
    %v5 = onnx.Unsqueeze(%v1, %two) : (!onnx.any, !onnx.any) -> !onnx.any
    %ke = onnx.Expand(%k5, %n) : (!onnx.any, !onnx.any) -> !onnx.any
    %ve = onnx.Expand(%v5, %n) : (!onnx.any, !onnx.any) -> !onnx.any
    %kh = onnx.Reshape(%ke, %o) : (!onnx.any, !onnx.any) -> !onnx.any
    %vh = onnx.Reshape(%ve, %o) : (!onnx.any, !onnx.any) -> !onnx.any
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
    %p = onnx.Softmax(%ms) {axis = -1 : i64} : (!onnx.any) -> !onnx.any
    %a = onnx.MatMul(%p, %vh) : (!onnx.any, !onnx.any) -> !onnx.any
    %a4 = onnx.Transpose(%a) {perm = array<i64: 0, 2, 1, 3>} : (!onnx.any) -> !onnx.any
    %a3 = onnx.Reshape(%a4, %w) : (!onnx.any, !onnx.any) -> !onnx.any
    %r = onnx.MatMul(%a3, %wo) : (!onnx.any, tensor<4x4xf32>) -> !onnx.any
    return %r : !onnx.any
  }
}

// -----

// The same within a window of 3000 positions.
// CHECK: llm.attention {{.*}} window = 3000 : i64}
module attributes {onnx.opset = 17 : i64} {
  func.func @main(%ids: tensor<?x?xi64> {onnx.name = "input_ids"}, %pastk: tensor<?x2x?x2xf32> {onnx.name = "past.pastk"}, %pastv: tensor<?x2x?x2xf32> {onnx.name = "past.pastv"}) -> !onnx.any {
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
    %i = onnx.Constant() {value = dense<1> : tensor<i64>} : () -> !onnx.any
    %pk = onnx.Concat(%pastk, %kh) {axis = -2 : i64} : (tensor<?x2x?x2xf32>, !onnx.any) -> !onnx.any
    %pv = onnx.Concat(%pastv, %vh) {axis = 2 : i64} : (tensor<?x2x?x2xf32>, !onnx.any) -> !onnx.any
    %s = onnx.Shape(%ids) {start = 1 : i64} : (tensor<?x?xi64>) -> !onnx.any
    %tt = onnx.Shape(%pk) {start = 2 : i64, end = 3 : i64} : (!onnx.any) -> !onnx.any
    %st = onnx.Concat(%s, %tt) {axis = 0 : i64} : (!onnx.any, !onnx.any) -> !onnx.any
    %low = onnx.ConstantOfShape(%st) {value = dense<-3.0e+38> : tensor<1xf32>} : (!onnx.any) -> !onnx.any
    %past = onnx.Sub(%tt, %s) : (!onnx.any, !onnx.any) -> !onnx.any
    %none = onnx.Constant() {value = dense<[]> : tensor<0xi64>} : () -> !onnx.any
    %p0 = onnx.Reshape(%past, %none) : (!onnx.any, !onnx.any) -> !onnx.any
    %d = onnx.Add(%p0, %i) : (!onnx.any, !onnx.any) -> !onnx.any
    %mask = onnx.Trilu(%low, %d) : (!onnx.any, !onnx.any) -> !onnx.any
    %w3 = onnx.Constant() {value = dense<3000> : tensor<i64>} : () -> !onnx.any
    %e = onnx.Sub(%p0, %w3) : (!onnx.any, !onnx.any) -> !onnx.any
    %far = onnx.Trilu(%low, %e) {upper = 0 : i64} : (!onnx.any, !onnx.any) -> !onnx.any
    %both = onnx.Min(%mask, %far) : (!onnx.any, !onnx.any) -> !onnx.any
    %c = onnx.Constant() {value = dense<0.5> : tensor<f32>} : () -> !onnx.any
    %kt = onnx.Transpose(%pk) {perm = array<i64: 0, 1, 3, 2>} : (!onnx.any) -> !onnx.any
    %qk = onnx.MatMul(%qh, %kt) : (!onnx.any, !onnx.any) -> !onnx.any
    %sc = onnx.Mul(%qk, %c) : (!onnx.any, !onnx.any) -> !onnx.any
    %ms = onnx.Add(%sc, %both) : (!onnx.any, !onnx.any) -> !onnx.any
    %p = onnx.Softmax(%ms) {axis = -1 : i64} : (!onnx.any) -> !onnx.any
    %a = onnx.MatMul(%p, %pv) : (!onnx.any, !onnx.any) -> !onnx.any
    %a4 = onnx.Transpose(%a) {perm = array<i64: 0, 2, 1, 3>} : (!onnx.any) -> !onnx.any
    %a3 = onnx.Reshape(%a4, %w) : (!onnx.any, !onnx.any) -> !onnx.any
    %r = onnx.MatMul(%a3, %wo) : (!onnx.any, tensor<4x4xf32>) -> !onnx.any
    return %r : !onnx.any
  }
}
