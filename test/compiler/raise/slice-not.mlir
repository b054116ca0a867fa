// Slices that are no columns of a linear.
// RUN: llmc-opt %s --split-input-file --llmc-raise-onnx --verify-diagnostics

// Every second column.
module attributes {onnx.opset = 17 : i64} {
  func.func @main(%ids: tensor<?x?xi64> {onnx.name = "input_ids"}) -> !onnx.any {
    %t = onnx.Initializer "t" {source = #llm.source<file = "f", offset = 0, type = f32, rows = 9, columns = 4, rowStride = 4, columnStride = 1>} : tensor<9x4xf32>
    %u = onnx.Initializer "u" {source = #llm.source<file = "f", offset = 144, type = f32, rows = 4, columns = 6, rowStride = 6, columnStride = 1>} : tensor<4x6xf32>
    %from = onnx.Constant() {value = dense<[0]> : tensor<1xi64>} : () -> !onnx.any
    %to = onnx.Constant() {value = dense<[6]> : tensor<1xi64>} : () -> !onnx.any
    %axis = onnx.Constant() {value = dense<[2]> : tensor<1xi64>} : () -> !onnx.any
    %step = onnx.Constant() {value = dense<[2]> : tensor<1xi64>} : () -> !onnx.any
    %x = onnx.Gather(%t, %ids) : (tensor<9x4xf32>, tensor<?x?xi64>) -> !onnx.any
    %m = onnx.MatMul(%x, %u) : (!onnx.any, tensor<4x6xf32>) -> !onnx.any
    // expected-error @below {{node 'Slice' (Slice) is part of no pattern}}
    %s = onnx.Slice(%m, %from, %to, %axis, %step) : (!onnx.any, !onnx.any, !onnx.any, !onnx.any, !onnx.any) -> !onnx.any
    %r = onnx.Neg(%s) : (!onnx.any) -> !onnx.any
    return %r : !onnx.any
  }
}
