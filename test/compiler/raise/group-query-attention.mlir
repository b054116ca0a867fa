// com.microsoft.GroupQueryAttention with joined q, k, v and rotary tables.
// RUN: llmc-opt %s --split-input-file --llmc-raise-onnx --verify-diagnostics | FileCheck %s

// Each part is a slice of the joined weight; the tables give the context.
// CHECK: headDim = 2, ffn = 0, contextLength = 2>
// CHECK: llm.weight @wqkv.0 : tensor<4x4xf32> {parts = [#llm.source<file = "f", offset = 144, type = f32, rows = 4, columns = 4, rowStride = 1, columnStride = 8>]}
// CHECK: llm.weight @wqkv.4 : tensor<2x4xf32> {parts = [#llm.source<file = "f", offset = 160, type = f32, rows = 2, columns = 4, rowStride = 1, columnStride = 8>]}
// CHECK: llm.weight @wqkv.6 : tensor<2x4xf32> {parts = [#llm.source<file = "f", offset = 168,
// CHECK: llm.weight @rope.inverse_frequencies : tensor<1xf32> {value = array<f32: 1.000000e+00>}
// CHECK: llm.kv_append {{.*}} : tensor<?x2xf32>
// CHECK: llm.attention {{.*}} heads = 2 : i64, kv_heads = 1 : i64, layer = 0 : i64, scale = 0.70710678118654746 : f64, window = 3 : i64
module attributes {onnx.opset = 17 : i64} {
  func.func @main(%ids: tensor<?x?xi64> {onnx.name = "input_ids"}, %mask: tensor<?x?xi64> {onnx.name = "attention_mask"}, %pastk: tensor<?x1x?x2xf32> {onnx.name = "past.pastk"}, %pastv: tensor<?x1x?x2xf32> {onnx.name = "past.pastv"}) -> !onnx.any {
    %t = onnx.Initializer "t" {source = #llm.source<file = "f", offset = 0, type = f32, rows = 9, columns = 4, rowStride = 4, columnStride = 1>} : tensor<9x4xf32>
    %wqkv = onnx.Initializer "wqkv" {source = #llm.source<file = "f", offset = 144, type = f32, rows = 4, columns = 8, rowStride = 8, columnStride = 1>} : tensor<4x8xf32>
    %wo = onnx.Initializer "wo" {source = #llm.source<file = "f", offset = 272, type = f32, rows = 4, columns = 4, rowStride = 4, columnStride = 1>} : tensor<4x4xf32>
    %c = onnx.Constant() {value = dense<[[1.0], [0.540302277]]> : tensor<2x1xf32>} : () -> !onnx.any
    %s = onnx.Constant() {value = dense<[[0.0], [0.841470957]]> : tensor<2x1xf32>} : () -> !onnx.any
    %one = onnx.Constant() {value = dense<[1]> : tensor<1xi64>} : () -> !onnx.any
    %i1 = onnx.Constant() {value = dense<1> : tensor<i64>} : () -> !onnx.any
    %none = onnx.None
    %x = onnx.Gather(%t, %ids) : (tensor<9x4xf32>, tensor<?x?xi64>) -> !onnx.any
    %qkv = onnx.MatMul(%x, %wqkv) : (!onnx.any, tensor<4x8xf32>) -> !onnx.any
    %n = onnx.ReduceSum(%mask, %one) {keepdims = 0 : i64} : (tensor<?x?xi64>, !onnx.any) -> !onnx.any
    %l = onnx.Sub(%n, %one) : (!onnx.any, !onnx.any) -> !onnx.any
    %sh = onnx.Shape(%mask) : (tensor<?x?xi64>) -> !onnx.any
    %tl = onnx.Gather(%sh, %i1) : (!onnx.any, !onnx.any) -> !onnx.any
    %a = onnx.microsoft.GroupQueryAttention(%qkv, %none, %none, %pastk, %pastv, %l, %tl, %c, %s) {kv_num_heads = 1 : i64, num_heads = 2 : i64, do_rotary = 1 : i64, local_window_size = 3 : i64} : (!onnx.any, none, none, tensor<?x1x?x2xf32>, tensor<?x1x?x2xf32>, !onnx.any, !onnx.any, !onnx.any, !onnx.any) -> !onnx.any
    %r = onnx.MatMul(%a, %wo) : (!onnx.any, tensor<4x4xf32>) -> !onnx.any
    return %r : !onnx.any
  }
}

// -----

// Lengths that are not the mask's.
module attributes {onnx.opset = 17 : i64} {
  func.func @main(%ids: tensor<?x?xi64> {onnx.name = "input_ids"}, %mask: tensor<?x?xi64> {onnx.name = "attention_mask"}, %pastk: tensor<?x1x?x2xf32> {onnx.name = "past.pastk"}, %pastv: tensor<?x1x?x2xf32> {onnx.name = "past.pastv"}) -> !onnx.any {
    %t = onnx.Initializer "t" {source = #llm.source<file = "f", offset = 0, type = f32, rows = 9, columns = 4, rowStride = 4, columnStride = 1>} : tensor<9x4xf32>
    %wqkv = onnx.Initializer "wqkv" {source = #llm.source<file = "f", offset = 144, type = f32, rows = 4, columns = 8, rowStride = 8, columnStride = 1>} : tensor<4x8xf32>
    %wo = onnx.Initializer "wo" {source = #llm.source<file = "f", offset = 272, type = f32, rows = 4, columns = 4, rowStride = 4, columnStride = 1>} : tensor<4x4xf32>
    %c = onnx.Constant() {value = dense<[[1.0], [0.540302277]]> : tensor<2x1xf32>} : () -> !onnx.any
    %s = onnx.Constant() {value = dense<[[0.0], [0.841470957]]> : tensor<2x1xf32>} : () -> !onnx.any
    %one = onnx.Constant() {value = dense<[1]> : tensor<1xi64>} : () -> !onnx.any
    %i1 = onnx.Constant() {value = dense<1> : tensor<i64>} : () -> !onnx.any
    %none = onnx.None
    %x = onnx.Gather(%t, %ids) : (tensor<9x4xf32>, tensor<?x?xi64>) -> !onnx.any
    %qkv = onnx.MatMul(%x, %wqkv) : (!onnx.any, tensor<4x8xf32>) -> !onnx.any
    %n = onnx.ReduceSum(%mask, %one) {keepdims = 0 : i64} : (tensor<?x?xi64>, !onnx.any) -> !onnx.any
    %l = onnx.Sub(%n, %one) : (!onnx.any, !onnx.any) -> !onnx.any
    %sh = onnx.Shape(%mask) : (tensor<?x?xi64>) -> !onnx.any
    %tl = onnx.Gather(%sh, %i1) : (!onnx.any, !onnx.any) -> !onnx.any
    // expected-error @below {{has lengths of its own, expected seqlens_k}}
    %a = onnx.microsoft.GroupQueryAttention(%qkv, %none, %none, %pastk, %pastv, %n, %tl, %c, %s) {kv_num_heads = 1 : i64, num_heads = 2 : i64, do_rotary = 1 : i64} : (!onnx.any, none, none, tensor<?x1x?x2xf32>, tensor<?x1x?x2xf32>, !onnx.any, !onnx.any, !onnx.any, !onnx.any) -> !onnx.any
    %r = onnx.MatMul(%a, %wo) : (!onnx.any, tensor<4x4xf32>) -> !onnx.any
    return %r : !onnx.any
  }
}

// -----

// Neighbours rotate: rows of q and k are taken even first, then odd.
// CHECK: llm.weight @wqkv.0 : tensor<4x4xf32> {chunks = array<i64: 1, 1>, parts = [#llm.source<{{.*}}offset = 144, {{.*}}rows = 2, {{.*}}rowStride = 2, {{.*}}>, #llm.source<{{.*}}offset = 148, {{.*}}rows = 2, {{.*}}rowStride = 2,
// CHECK: llm.weight @wqkv.4 : tensor<2x4xf32> {chunks
// CHECK: llm.weight @wqkv.6 : tensor<2x4xf32> {parts = [#llm.source<{{[^>]*}}>]}
module attributes {onnx.opset = 17 : i64} {
  func.func @main(%ids: tensor<?x?xi64> {onnx.name = "input_ids"}, %mask: tensor<?x?xi64> {onnx.name = "attention_mask"}, %pastk: tensor<?x1x?x2xf32> {onnx.name = "past.pastk"}, %pastv: tensor<?x1x?x2xf32> {onnx.name = "past.pastv"}) -> !onnx.any {
    %t = onnx.Initializer "t" {source = #llm.source<file = "f", offset = 0, type = f32, rows = 9, columns = 4, rowStride = 4, columnStride = 1>} : tensor<9x4xf32>
    %wqkv = onnx.Initializer "wqkv" {source = #llm.source<file = "f", offset = 144, type = f32, rows = 4, columns = 8, rowStride = 8, columnStride = 1>} : tensor<4x8xf32>
    %wo = onnx.Initializer "wo" {source = #llm.source<file = "f", offset = 272, type = f32, rows = 4, columns = 4, rowStride = 4, columnStride = 1>} : tensor<4x4xf32>
    %c = onnx.Constant() {value = dense<[[1.0], [0.540302277]]> : tensor<2x1xf32>} : () -> !onnx.any
    %s = onnx.Constant() {value = dense<[[0.0], [0.841470957]]> : tensor<2x1xf32>} : () -> !onnx.any
    %one = onnx.Constant() {value = dense<[1]> : tensor<1xi64>} : () -> !onnx.any
    %i1 = onnx.Constant() {value = dense<1> : tensor<i64>} : () -> !onnx.any
    %none = onnx.None
    %x = onnx.Gather(%t, %ids) : (tensor<9x4xf32>, tensor<?x?xi64>) -> !onnx.any
    %qkv = onnx.MatMul(%x, %wqkv) : (!onnx.any, tensor<4x8xf32>) -> !onnx.any
    %n = onnx.ReduceSum(%mask, %one) {keepdims = 0 : i64} : (tensor<?x?xi64>, !onnx.any) -> !onnx.any
    %l = onnx.Sub(%n, %one) : (!onnx.any, !onnx.any) -> !onnx.any
    %sh = onnx.Shape(%mask) : (tensor<?x?xi64>) -> !onnx.any
    %tl = onnx.Gather(%sh, %i1) : (!onnx.any, !onnx.any) -> !onnx.any
    %a = onnx.microsoft.GroupQueryAttention(%qkv, %none, %none, %pastk, %pastv, %l, %tl, %c, %s) {kv_num_heads = 1 : i64, num_heads = 2 : i64, do_rotary = 1 : i64, rotary_interleaved = 1 : i64} : (!onnx.any, none, none, tensor<?x1x?x2xf32>, tensor<?x1x?x2xf32>, !onnx.any, !onnx.any, !onnx.any, !onnx.any) -> !onnx.any
    %r = onnx.MatMul(%a, %wo) : (!onnx.any, tensor<4x4xf32>) -> !onnx.any
    return %r : !onnx.any
  }
}
