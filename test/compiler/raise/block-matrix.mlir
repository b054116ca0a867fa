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
