// Attention of opset 23 and com.microsoft.MultiHeadAttention.
// RUN: llmc-opt %s --split-input-file --llmc-raise-onnx --verify-diagnostics | FileCheck %s

// Joined heads, two for one KV head; the parts are slices of one weight.
// CHECK: %[[Q:.*]] = llm.linear %{{.*}}, @w.0 : tensor<?x8xf32> -> tensor<?x8xf32>
// CHECK: %[[K:.*]] = llm.linear %{{.*}}, @w.8 : tensor<?x8xf32> -> tensor<?x4xf32>
// CHECK: %[[V:.*]] = llm.linear %{{.*}}, @w.12
// CHECK: %[[D:.*]] = llm.kv_append %{{.*}}, %[[K]], %[[V]]
// CHECK: llm.attention %[[Q]], %[[D]] {{.*}} {head_dim = 4 : i64, heads = 2 : i64, kv_heads = 1 : i64, layer = 0 : i64, scale = 2.500000e-01 : f64}
module attributes {onnx.opset = 23 : i64} {
  func.func @main(%ids: tensor<?x?xi64> {onnx.name = "input_ids"}, %pk: tensor<?x1x?x4xf32> {onnx.name = "pk"}, %pv: tensor<?x1x?x4xf32> {onnx.name = "pv"}) -> !onnx.any {
    %t = onnx.Initializer "t" {source = #llm.source<file = "f", offset = 0, type = f32, rows = 9, columns = 8, rowStride = 8, columnStride = 1>} : tensor<9x8xf32>
    %w = onnx.Initializer "w" {source = #llm.source<file = "f", offset = 288, type = f32, rows = 8, columns = 16, rowStride = 16, columnStride = 1>} : tensor<8x16xf32>
    %n = onnx.Constant() {value = dense<[8, 4, 4]> : tensor<3xi64>} : () -> !onnx.any
    %x = onnx.Gather(%t, %ids) : (tensor<9x8xf32>, tensor<?x?xi64>) -> !onnx.any
    %y = onnx.MatMul(%x, %w) : (!onnx.any, tensor<8x16xf32>) -> !onnx.any
    %q, %k, %v = onnx.Split(%y, %n) {axis = -1 : i64} : (!onnx.any, !onnx.any) -> (!onnx.any, !onnx.any, !onnx.any)
    %o = onnx.None
    %r = onnx.Attention(%q, %k, %v, %o, %pk, %pv) {q_num_heads = 2 : i64, kv_num_heads = 1 : i64, is_causal = 1 : i64, scale = 0.25 : f32} : (!onnx.any, !onnx.any, !onnx.any, none, tensor<?x1x?x4xf32>, tensor<?x1x?x4xf32>) -> !onnx.any
    return %r : !onnx.any
  }
}

// -----

// Nothing hides what comes later.
module attributes {onnx.opset = 23 : i64} {
  func.func @main(%ids: tensor<?x?xi64> {onnx.name = "input_ids"}, %pk: tensor<?x1x?x4xf32> {onnx.name = "pk"}, %pv: tensor<?x1x?x4xf32> {onnx.name = "pv"}) -> !onnx.any {
    %t = onnx.Initializer "t" {source = #llm.source<file = "f", offset = 0, type = f32, rows = 9, columns = 8, rowStride = 8, columnStride = 1>} : tensor<9x8xf32>
    %w = onnx.Initializer "w" {source = #llm.source<file = "f", offset = 288, type = f32, rows = 8, columns = 16, rowStride = 16, columnStride = 1>} : tensor<8x16xf32>
    %n = onnx.Constant() {value = dense<[8, 4, 4]> : tensor<3xi64>} : () -> !onnx.any
    %x = onnx.Gather(%t, %ids) : (tensor<9x8xf32>, tensor<?x?xi64>) -> !onnx.any
    %y = onnx.MatMul(%x, %w) : (!onnx.any, tensor<8x16xf32>) -> !onnx.any
    %q, %k, %v = onnx.Split(%y, %n) {axis = -1 : i64} : (!onnx.any, !onnx.any) -> (!onnx.any, !onnx.any, !onnx.any)
    %o = onnx.None
    // expected-error @below {{node 'Attention' (Attention) is not causal, expected is_causal or a mask}}
    %r = onnx.Attention(%q, %k, %v, %o, %pk, %pv) {q_num_heads = 2 : i64, kv_num_heads = 1 : i64} : (!onnx.any, !onnx.any, !onnx.any, none, tensor<?x1x?x4xf32>, tensor<?x1x?x4xf32>) -> !onnx.any
    return %r : !onnx.any
  }
}

// -----

// The past is of another attention.
module attributes {onnx.opset = 23 : i64} {
  func.func @main(%ids: tensor<?x?xi64> {onnx.name = "input_ids"}, %pk: tensor<?x1x?x4xf32> {onnx.name = "pk"}, %pv: tensor<?x1x?x4xf32> {onnx.name = "pv"}) -> !onnx.any {
    %t = onnx.Initializer "t" {source = #llm.source<file = "f", offset = 0, type = f32, rows = 9, columns = 8, rowStride = 8, columnStride = 1>} : tensor<9x8xf32>
    %w = onnx.Initializer "w" {source = #llm.source<file = "f", offset = 288, type = f32, rows = 8, columns = 16, rowStride = 16, columnStride = 1>} : tensor<8x16xf32>
    %n = onnx.Constant() {value = dense<[8, 4, 4]> : tensor<3xi64>} : () -> !onnx.any
    %x = onnx.Gather(%t, %ids) : (tensor<9x8xf32>, tensor<?x?xi64>) -> !onnx.any
    %y = onnx.MatMul(%x, %w) : (!onnx.any, tensor<8x16xf32>) -> !onnx.any
    %q, %k, %v = onnx.Split(%y, %n) {axis = -1 : i64} : (!onnx.any, !onnx.any) -> (!onnx.any, !onnx.any, !onnx.any)
    %o = onnx.None
    // expected-error @below {{has operands that do not fit together}}
    %r = onnx.Attention(%q, %k, %v, %o, %pk, %pk) {q_num_heads = 2 : i64, kv_num_heads = 1 : i64, is_causal = 1 : i64} : (!onnx.any, !onnx.any, !onnx.any, none, tensor<?x1x?x4xf32>, tensor<?x1x?x4xf32>) -> !onnx.any
    return %r : !onnx.any
  }
}

// -----

// Of as many heads as KV heads, on rows that are no multiple of them.
module attributes {onnx.opset = 23 : i64} {
  func.func @main(%ids: tensor<?x?xi64> {onnx.name = "input_ids"}) -> !onnx.any {
    %t = onnx.Initializer "t" {source = #llm.source<file = "f", offset = 0, type = f32, rows = 9, columns = 8, rowStride = 8, columnStride = 1>} : tensor<9x8xf32>
    %w = onnx.Initializer "w" {source = #llm.source<file = "f", offset = 288, type = f32, rows = 8, columns = 16, rowStride = 16, columnStride = 1>} : tensor<8x16xf32>
    %n = onnx.Constant() {value = dense<[8, 4, 4]> : tensor<3xi64>} : () -> !onnx.any
    %x = onnx.Gather(%t, %ids) : (tensor<9x8xf32>, tensor<?x?xi64>) -> !onnx.any
    %y = onnx.MatMul(%x, %w) : (!onnx.any, tensor<8x16xf32>) -> !onnx.any
    %q, %k, %v = onnx.Split(%y, %n) {axis = -1 : i64} : (!onnx.any, !onnx.any) -> (!onnx.any, !onnx.any, !onnx.any)
    // expected-error @below {{node 'microsoft.MultiHeadAttention' (com.microsoft::MultiHeadAttention) has operands that are no heads}}
    %r = onnx.microsoft.MultiHeadAttention(%q, %k, %v) {num_heads = 3 : i64, unidirectional = 1 : i64} : (!onnx.any, !onnx.any, !onnx.any) -> !onnx.any
    return %r : !onnx.any
  }
}

// -----

// The bias of the node is that of the linears.
// CHECK: llm.weight @w.0 : tensor<4x4xf32>
// CHECK: llm.weight @[[A:.*]] : tensor<4xf32> {value = array<f32: 1.000000e+00, 2.000000e+00, 3.000000e+00, 4.000000e+00>}
// CHECK: llm.weight @w.4
// CHECK: llm.weight @[[B:.*]] : tensor<4xf32> {value = array<f32: 5.000000e+00,
// CHECK: llm.weight @w.8
// CHECK: llm.weight @[[C:.*]] : tensor<4xf32> {value = array<f32: 9.000000e+00,
// CHECK: llm.linear %{{.*}}, @w.0 bias @[[A]]
// CHECK: llm.linear %{{.*}}, @w.4 bias @[[B]]
// CHECK: llm.linear %{{.*}}, @w.8 bias @[[C]]
// CHECK: llm.attention {{.*}} heads = 2 : i64, kv_heads = 2 : i64
module attributes {onnx.opset = 23 : i64} {
  func.func @main(%ids: tensor<?x?xi64> {onnx.name = "input_ids"}) -> !onnx.any {
    %t = onnx.Initializer "t" {source = #llm.source<file = "f", offset = 0, type = f32, rows = 9, columns = 4, rowStride = 4, columnStride = 1>} : tensor<9x4xf32>
    %w = onnx.Initializer "w" {source = #llm.source<file = "f", offset = 144, type = f32, rows = 4, columns = 12, rowStride = 12, columnStride = 1>} : tensor<4x12xf32>
    %b = onnx.Constant() {value = dense<[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0, 12.0]> : tensor<12xf32>} : () -> !onnx.any
    %n = onnx.Constant() {value = dense<[4, 4, 4]> : tensor<3xi64>} : () -> !onnx.any
    %x = onnx.Gather(%t, %ids) : (tensor<9x4xf32>, tensor<?x?xi64>) -> !onnx.any
    %y = onnx.MatMul(%x, %w) : (!onnx.any, tensor<4x12xf32>) -> !onnx.any
    %q, %k, %v = onnx.Split(%y, %n) {axis = -1 : i64} : (!onnx.any, !onnx.any) -> (!onnx.any, !onnx.any, !onnx.any)
    %r = onnx.microsoft.MultiHeadAttention(%q, %k, %v, %b) {num_heads = 2 : i64, unidirectional = 1 : i64} : (!onnx.any, !onnx.any, !onnx.any, !onnx.any) -> !onnx.any
    return %r : !onnx.any
  }
}

// -----

// Query, key and value in one: of each head in turn.
// CHECK: llm.weight @w.0 : tensor<4x4xf32> {parts = [#llm.source<file = "f", offset = 144, type = f32, rows = 2, {{.*}}>, #llm.source<file = "f", offset = 168, type = f32, rows = 2, {{.*}}>]}
// CHECK: llm.weight @w.2 : tensor<4x4xf32> {parts = [#llm.source<file = "f", offset = 152, {{.*}}>, #llm.source<file = "f", offset = 176, {{.*}}>]}
// CHECK: llm.weight @w.4 : tensor<4x4xf32> {parts = [#llm.source<file = "f", offset = 160, {{.*}}>, #llm.source<file = "f", offset = 184, {{.*}}>]}
// CHECK: llm.attention {{.*}}head_dim = 2 : i64, heads = 2 : i64, kv_heads = 2 : i64
module attributes {onnx.opset = 23 : i64} {
  func.func @main(%ids: tensor<?x?xi64> {onnx.name = "input_ids"}) -> !onnx.any {
    %t = onnx.Initializer "t" {source = #llm.source<file = "f", offset = 0, type = f32, rows = 9, columns = 4, rowStride = 4, columnStride = 1>} : tensor<9x4xf32>
    %w = onnx.Initializer "w" {source = #llm.source<file = "f", offset = 144, type = f32, rows = 4, columns = 12, rowStride = 12, columnStride = 1>} : tensor<4x12xf32>
    %n = onnx.Constant() {value = dense<[0, 0, 2, 3, 2]> : tensor<5xi64>} : () -> !onnx.any
    %x = onnx.Gather(%t, %ids) : (tensor<9x4xf32>, tensor<?x?xi64>) -> !onnx.any
    %y = onnx.MatMul(%x, %w) : (!onnx.any, tensor<4x12xf32>) -> !onnx.any
    %p = onnx.Reshape(%y, %n) : (!onnx.any, !onnx.any) -> !onnx.any
    %r = onnx.microsoft.MultiHeadAttention(%p) {num_heads = 2 : i64, unidirectional = 1 : i64} : (!onnx.any) -> !onnx.any
    return %r : !onnx.any
  }
}

// -----

// The same with a bias, which no one says the order of.
module attributes {onnx.opset = 23 : i64} {
  func.func @main(%ids: tensor<?x?xi64> {onnx.name = "input_ids"}) -> !onnx.any {
    %t = onnx.Initializer "t" {source = #llm.source<file = "f", offset = 0, type = f32, rows = 9, columns = 4, rowStride = 4, columnStride = 1>} : tensor<9x4xf32>
    %w = onnx.Initializer "w" {source = #llm.source<file = "f", offset = 144, type = f32, rows = 4, columns = 12, rowStride = 12, columnStride = 1>} : tensor<4x12xf32>
    %b = onnx.Constant() {value = dense<1.0> : tensor<12xf32>} : () -> !onnx.any
    %n = onnx.Constant() {value = dense<[0, 0, 2, 3, 2]> : tensor<5xi64>} : () -> !onnx.any
    %o = onnx.None
    %x = onnx.Gather(%t, %ids) : (tensor<9x4xf32>, tensor<?x?xi64>) -> !onnx.any
    %y = onnx.MatMul(%x, %w) : (!onnx.any, tensor<4x12xf32>) -> !onnx.any
    %p = onnx.Reshape(%y, %n) : (!onnx.any, !onnx.any) -> !onnx.any
    // expected-error @below {{has a bias of joined inputs, expected none}}
    %r = onnx.microsoft.MultiHeadAttention(%p, %o, %o, %b) {num_heads = 2 : i64, unidirectional = 1 : i64} : (!onnx.any, none, none, !onnx.any) -> !onnx.any
    return %r : !onnx.any
  }
}

// -----

// Key and value in the query, but not of each head in turn.
module attributes {onnx.opset = 23 : i64} {
  func.func @main(%ids: tensor<?x?xi64> {onnx.name = "input_ids"}) -> !onnx.any {
    %t = onnx.Initializer "t" {source = #llm.source<file = "f", offset = 0, type = f32, rows = 9, columns = 4, rowStride = 4, columnStride = 1>} : tensor<9x4xf32>
    %w = onnx.Initializer "w" {source = #llm.source<file = "f", offset = 144, type = f32, rows = 4, columns = 12, rowStride = 12, columnStride = 1>} : tensor<4x12xf32>
    %x = onnx.Gather(%t, %ids) : (tensor<9x4xf32>, tensor<?x?xi64>) -> !onnx.any
    %y = onnx.MatMul(%x, %w) : (!onnx.any, tensor<4x12xf32>) -> !onnx.any
    // expected-error @below {{has operands that are no heads}}
    %r = onnx.microsoft.MultiHeadAttention(%y) {num_heads = 2 : i64, unidirectional = 1 : i64} : (!onnx.any) -> !onnx.any
    return %r : !onnx.any
  }
}
