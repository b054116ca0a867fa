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
