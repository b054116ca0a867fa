// The first node whose shape cannot be told is named, not what reads it.
// RUN: llmc-opt %s --llmc-raise-onnx --verify-diagnostics

module attributes {onnx.opset = 17 : i64} {
  func.func @main(%ids: tensor<?x?xi64> {onnx.name = "input_ids"}) -> (!onnx.any {onnx.name = "logits"}) {
    %t = onnx.Initializer "t" {source = #llm.source<file = "f", offset = 0, type = f32, rows = 9, columns = 4, rowStride = 4, columnStride = 1>} : tensor<9x4xf32>
    %n = onnx.Constant() {value = dense<[0, 0, 5]> : tensor<3xi64>} : () -> !onnx.any
    %x = onnx.Gather(%t, %ids) : (tensor<9x4xf32>, tensor<?x?xi64>) -> !onnx.any
    // expected-error @below {{node 'Reshape' (Reshape) has a shape that does not follow from the inputs}}
    %y = onnx.Reshape(%x, %n) : (!onnx.any, !onnx.any) -> !onnx.any
    %r = onnx.Sqrt(%y) : (!onnx.any) -> !onnx.any
    return %r : !onnx.any
  }
}
