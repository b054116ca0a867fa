// com.microsoft.MatMulNBits reads codes and scales by reference.
// RUN: llmc-opt %s --split-input-file --llmc-raise-onnx --verify-diagnostics | FileCheck %s

// The last block of 16 is filled with 4 columns.
// CHECK: llm.weight @w : tensor<6x20xf32> {parts = [#llm.source<file = "f", offset = 720, type = ui4, rows = 6, columns = 20, rowStride = 32, columnStride = 1, blocks = <size = 16, scales = 816, scaleType = f32>>]}
// CHECK: llm.linear %{{.*}}, @w : tensor<?x20xf32> -> tensor<?x6xf32>
module attributes {onnx.opset = 21 : i64} {
  func.func @main(%ids: tensor<?x?xi64> {onnx.name = "input_ids"}) -> !onnx.any {
    %t = onnx.Initializer "t" {source = #llm.source<file = "f", offset = 0, type = f32, rows = 9, columns = 20, rowStride = 20, columnStride = 1>} : tensor<9x20xf32>
    %q = onnx.Initializer "w_Q4" {source = #llm.source<file = "f", offset = 720, type = ui8, rows = 12, columns = 8, rowStride = 8, columnStride = 1>} : tensor<6x2x8xui8>
    %s = onnx.Initializer "w_scales" {source = #llm.source<file = "f", offset = 816, type = f32, rows = 1, columns = 12, rowStride = 12, columnStride = 1>} : tensor<12xf32>
    %x = onnx.Gather(%t, %ids) : (tensor<9x20xf32>, tensor<?x?xi64>) -> !onnx.any
    %r = onnx.microsoft.MatMulNBits(%x, %q, %s) {N = 6 : i64, K = 20 : i64, bits = 4 : i64, block_size = 16 : i64} : (!onnx.any, tensor<6x2x8xui8>, tensor<12xf32>) -> !onnx.any
    return %r : !onnx.any
  }
}

// -----

// With zero points.
// CHECK: blocks = <size = 16, scales = 816, scaleType = f32, zeros = 864>>]}
module attributes {onnx.opset = 21 : i64} {
  func.func @main(%ids: tensor<?x?xi64> {onnx.name = "input_ids"}) -> !onnx.any {
    %t = onnx.Initializer "t" {source = #llm.source<file = "f", offset = 0, type = f32, rows = 9, columns = 20, rowStride = 20, columnStride = 1>} : tensor<9x20xf32>
    %q = onnx.Initializer "w_Q4" {source = #llm.source<file = "f", offset = 720, type = ui8, rows = 12, columns = 8, rowStride = 8, columnStride = 1>} : tensor<6x2x8xui8>
    %s = onnx.Initializer "w_scales" {source = #llm.source<file = "f", offset = 816, type = f32, rows = 1, columns = 12, rowStride = 12, columnStride = 1>} : tensor<12xf32>
    %z = onnx.Initializer "w_zeros" {source = #llm.source<file = "f", offset = 864, type = ui8, rows = 1, columns = 6, rowStride = 6, columnStride = 1>} : tensor<6xui8>
    %x = onnx.Gather(%t, %ids) : (tensor<9x20xf32>, tensor<?x?xi64>) -> !onnx.any
    %r = onnx.microsoft.MatMulNBits(%x, %q, %s, %z) {N = 6 : i64, K = 20 : i64, bits = 4 : i64, block_size = 16 : i64} : (!onnx.any, tensor<6x2x8xui8>, tensor<12xf32>, tensor<6xui8>) -> !onnx.any
    return %r : !onnx.any
  }
}

// -----

// Rotated neighbours: of the rows of q and k, with their scales and zero points,
// first the even ones, then the odd.
// CHECK: llm.weight @w.0 : tensor<8x16xf32> {chunks = array<i64: 2, 2>, parts = [#llm.source<file = "f", offset = 576, type = ui4, rows = 4, columns = 16, rowStride = 32, columnStride = 1, blocks = <size = 16, scales = 704, scaleType = f32, zeros = 768>>, #llm.source<file = "f", offset = 584, type = ui4, rows = 4, columns = 16, rowStride = 32, columnStride = 1, blocks = <size = 16, scales = 708, scaleType = f32, zeros = 769>>]}
// CHECK: llm.weight @w.8 : tensor<4x16xf32> {chunks = array<i64: 2, 2>, parts = [#llm.source<file = "f", offset = 640, {{.*}} scales = 736, scaleType = f32, zeros = 776>>, #llm.source<file = "f", offset = 648, {{.*}} scales = 740, scaleType = f32, zeros = 777>>]}
// CHECK: llm.weight @w.12 : tensor<4x16xf32> {parts = [#llm.source<file = "f", offset = 672, type = ui4, rows = 4, columns = 16, rowStride = 16, columnStride = 1, blocks = <size = 16, scales = 752, scaleType = f32, zeros = 780>>]}
module attributes {onnx.opset = 21 : i64} {
  func.func @main(%ids: tensor<?x?xi64> {onnx.name = "input_ids"}, %mask: tensor<?x?xi64> {onnx.name = "attention_mask"}, %pk: tensor<?x1x?x4xf32> {onnx.name = "pk"}, %pv: tensor<?x1x?x4xf32> {onnx.name = "pv"}) -> !onnx.any {
    %t = onnx.Initializer "t" {source = #llm.source<file = "f", offset = 0, type = f32, rows = 9, columns = 16, rowStride = 16, columnStride = 1>} : tensor<9x16xf32>
    %w = onnx.Initializer "w_Q4" {source = #llm.source<file = "f", offset = 576, type = ui8, rows = 16, columns = 8, rowStride = 8, columnStride = 1>} : tensor<16x1x8xui8>
    %s = onnx.Initializer "w_scales" {source = #llm.source<file = "f", offset = 704, type = f32, rows = 1, columns = 16, rowStride = 16, columnStride = 1>} : tensor<16xf32>
    %z = onnx.Initializer "w_zeros" {source = #llm.source<file = "f", offset = 768, type = ui8, rows = 1, columns = 16, rowStride = 16, columnStride = 1>} : tensor<16xui8>
    %cos = onnx.Constant() {value = dense<[[1.0, 1.0], [0.540302277, 0.540302277]]> : tensor<2x2xf32>} : () -> !onnx.any
    %sin = onnx.Constant() {value = dense<[[0.0, 0.0], [0.841470957, 0.841470957]]> : tensor<2x2xf32>} : () -> !onnx.any
    %one = onnx.Constant() {value = dense<[1]> : tensor<1xi64>} : () -> !onnx.any
    %i1 = onnx.Constant() {value = dense<1> : tensor<i64>} : () -> !onnx.any
    %none = onnx.None
    %x = onnx.Gather(%t, %ids) : (tensor<9x16xf32>, tensor<?x?xi64>) -> !onnx.any
    %qkv = onnx.microsoft.MatMulNBits(%x, %w, %s, %z) {N = 16 : i64, K = 16 : i64, bits = 4 : i64, block_size = 16 : i64} : (!onnx.any, tensor<16x1x8xui8>, tensor<16xf32>, tensor<16xui8>) -> !onnx.any
    %n = onnx.ReduceSum(%mask, %one) {keepdims = 0 : i64} : (tensor<?x?xi64>, !onnx.any) -> !onnx.any
    %l = onnx.Sub(%n, %one) : (!onnx.any, !onnx.any) -> !onnx.any
    %sh = onnx.Shape(%mask) : (tensor<?x?xi64>) -> !onnx.any
    %tl = onnx.Gather(%sh, %i1) : (!onnx.any, !onnx.any) -> !onnx.any
    %r = onnx.microsoft.GroupQueryAttention(%qkv, %none, %none, %pk, %pv, %l, %tl, %cos, %sin) {kv_num_heads = 1 : i64, num_heads = 2 : i64, do_rotary = 1 : i64, rotary_interleaved = 1 : i64} : (!onnx.any, none, none, tensor<?x1x?x4xf32>, tensor<?x1x?x4xf32>, !onnx.any, !onnx.any, !onnx.any, !onnx.any) -> !onnx.any
    return %r : !onnx.any
  }
}

// -----

// Codes for another K than the node's.
module attributes {onnx.opset = 21 : i64} {
  func.func @main(%ids: tensor<?x?xi64> {onnx.name = "input_ids"}) -> !onnx.any {
    %t = onnx.Initializer "t" {source = #llm.source<file = "f", offset = 0, type = f32, rows = 9, columns = 20, rowStride = 20, columnStride = 1>} : tensor<9x20xf32>
    %q = onnx.Initializer "w_Q4" {source = #llm.source<file = "f", offset = 720, type = ui8, rows = 12, columns = 8, rowStride = 8, columnStride = 1>} : tensor<6x2x8xui8>
    %s = onnx.Initializer "w_scales" {source = #llm.source<file = "f", offset = 816, type = f32, rows = 1, columns = 12, rowStride = 12, columnStride = 1>} : tensor<12xf32>
    %x = onnx.Gather(%t, %ids) : (tensor<9x20xf32>, tensor<?x?xi64>) -> !onnx.any
    // expected-error @below {{has other weights than its attributes say}}
    %r = onnx.microsoft.MatMulNBits(%x, %q, %s) {N = 6 : i64, K = 36 : i64, bits = 4 : i64, block_size = 16 : i64} : (!onnx.any, tensor<6x2x8xui8>, tensor<12xf32>) -> !onnx.any
    return %r : !onnx.any
  }
}

// -----

// Bits that are not supported.
module attributes {onnx.opset = 21 : i64} {
  func.func @main(%ids: tensor<?x?xi64> {onnx.name = "input_ids"}) -> !onnx.any {
    %t = onnx.Initializer "t" {source = #llm.source<file = "f", offset = 0, type = f32, rows = 9, columns = 20, rowStride = 20, columnStride = 1>} : tensor<9x20xf32>
    %q = onnx.Initializer "w_Q4" {source = #llm.source<file = "f", offset = 720, type = ui8, rows = 12, columns = 8, rowStride = 8, columnStride = 1>} : tensor<6x2x8xui8>
    %s = onnx.Initializer "w_scales" {source = #llm.source<file = "f", offset = 816, type = f32, rows = 1, columns = 12, rowStride = 12, columnStride = 1>} : tensor<12xf32>
    %x = onnx.Gather(%t, %ids) : (tensor<9x20xf32>, tensor<?x?xi64>) -> !onnx.any
    // expected-error @below {{has bits 2 and block_size 16, expected 4 or 8 bits}}
    %r = onnx.microsoft.MatMulNBits(%x, %q, %s) {N = 6 : i64, K = 20 : i64, bits = 2 : i64, block_size = 16 : i64} : (!onnx.any, tensor<6x2x8xui8>, tensor<12xf32>) -> !onnx.any
    return %r : !onnx.any
  }
}
