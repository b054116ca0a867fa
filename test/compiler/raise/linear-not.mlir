// Products that are no linear.
// RUN: llmc-opt %s --split-input-file --llmc-raise-onnx --verify-diagnostics

// Of two activations.
module attributes {onnx.opset = 17 : i64} {
  func.func @main(%ids: tensor<?x?xi64> {onnx.name = "input_ids"}) -> !onnx.any {
    %t = onnx.Initializer "t" {source = #llm.source<file = "f", offset = 0, type = f32, rows = 9, columns = 4, rowStride = 4, columnStride = 1>} : tensor<9x4xf32>
    %x = onnx.Gather(%t, %ids) : (tensor<9x4xf32>, tensor<?x?xi64>) -> !onnx.any
    %y = onnx.Transpose(%x) {perm = array<i64: 0, 2, 1>} : (!onnx.any) -> !onnx.any
    %p = onnx.MatMul(%x, %y) : (!onnx.any, !onnx.any) -> !onnx.any
    // expected-error @below {{node '/scores' (MatMul) is part of no pattern}}
    %r = onnx.MatMul(%p, %x) {node = "/scores"} : (!onnx.any, !onnx.any) -> !onnx.any
    return %r : !onnx.any
  }
}

// -----

// A table read by positions.
module attributes {onnx.opset = 17 : i64} {
  func.func @main(%ids: tensor<?x?xi64> {onnx.name = "input_ids"}, %pos: tensor<?x?xi64> {onnx.name = "position_ids"}) -> !onnx.any {
    %t = onnx.Initializer "t" {source = #llm.source<file = "f", offset = 0, type = f32, rows = 9, columns = 4, rowStride = 4, columnStride = 1>} : tensor<9x4xf32>
    // expected-error @below {{node 'Gather' (Gather) is part of no pattern}}
    %x = onnx.Gather(%t, %pos) : (tensor<9x4xf32>, tensor<?x?xi64>) -> !onnx.any
    %r = onnx.Neg(%x) : (!onnx.any) -> !onnx.any
    return %r : !onnx.any
  }
}
