// One case per constraint label of OnnxOps.td.
// RUN: llmc-opt %s --split-input-file --verify-diagnostics

func.func @f(%x: !onnx.any) {
  // expected-error @below {{node_c1: 1 inputs, expected 2}}
  %0 = onnx.MatMul(%x) : (!onnx.any) -> !onnx.any
  return
}

// -----
func.func @f(%x: !onnx.any) {
  // expected-error @below {{node_c1: 4 inputs, expected 1 to 3}}
  %0 = onnx.Clip(%x, %x, %x, %x) : (!onnx.any, !onnx.any, !onnx.any, !onnx.any) -> !onnx.any
  return
}

// -----
func.func @f() {
  // expected-error @below {{node_c1: 0 inputs, expected 1 or more}}
  %0 = onnx.Concat() : () -> !onnx.any
  return
}

// -----
func.func @f(%x: !onnx.any) {
  // expected-error @below {{node_c2: 2 outputs, expected 1}}
  %0:2 = onnx.Neg(%x) : (!onnx.any) -> (!onnx.any, !onnx.any)
  return
}

// -----
func.func @f() {
  // expected-error @below {{initializer_c1: neither source nor value}}
  %0 = onnx.Initializer "w" : tensor<2xf32>
  return
}

// -----
func.func @f() {
  // expected-error @below {{initializer_c1: source has 6 elements, expected 4}}
  %0 = onnx.Initializer "w" {source = #llm.source<file = "f", offset = 0, type = f32, rows = 3, columns = 2, rowStride = 2, columnStride = 1>} : tensor<2x2xf32>
  return
}

// -----
func.func @f() {
  // expected-error @below {{initializer_c1: value has 3 elements, expected 2}}
  %0 = onnx.Initializer "w" {value = dense<[1, 2, 3]> : tensor<3xi64>} : tensor<2xi64>
  return
}
