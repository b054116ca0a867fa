// Inputs that llmc does not know, and results that are no logits.
// RUN: llmc-opt %s --split-input-file --llmc-raise-onnx --verify-diagnostics

module attributes {onnx.opset = 17 : i64} {
  // expected-error @below {{input 'pixels' of type 'tensor<?x3xf32>' is not known, expected input_ids}}
  func.func @main(%ids: tensor<?x?xi64> {onnx.name = "input_ids"}, %p: tensor<?x3xf32> {onnx.name = "pixels"}) {
    return
  }
}

// -----

module attributes {onnx.opset = 17 : i64} {
  // expected-error @below {{no input named input_ids}}
  func.func @main(%ids: tensor<?x?xi64> {onnx.name = "attention_mask"}) {
    return
  }
}

// -----

module attributes {onnx.opset = 17 : i64} {
  // expected-error @below {{no result is [batch, sequence, vocabulary], expected logits}}
  func.func @main(%ids: tensor<?x?xi64> {onnx.name = "input_ids"}) -> tensor<?x?xi64> {
    return %ids : tensor<?x?xi64>
  }
}

// -----

module attributes {onnx.opset = 17 : i64} {
  // expected-error @below {{input 'input_ids' is 'tensor<1x0xi64>', expected room for a token}}
  func.func @main(%ids: tensor<1x0xi64> {onnx.name = "input_ids"}) {
    return
  }
}

// -----

// A module of the llm dialect stays as it is.
func.func @main() {
  return
}
