// Columns of a joined linear are the linear of a slice of its weight.
// RUN: llmc-opt %s --split-input-file --llmc-raise-onnx | FileCheck %s

// By Slice, from the end; its bias is sliced too.
// CHECK: llm.weight @u.2 : tensor<4x4xf32> {parts = [#llm.source<file = "f", offset = 152, type = f32, rows = 4, columns = 4, rowStride = 1, columnStride = 6>]}
// CHECK: llm.weight @b.2 : tensor<4xf32> {parts = [#llm.source<file = "f", offset = 248,
// CHECK: llm.linear %{{.*}}, @u.2 bias @b.2 : tensor<?x4xf32> -> tensor<?x4xf32>
module attributes {onnx.opset = 17 : i64} {
  func.func @main(%ids: tensor<?x?xi64> {onnx.name = "input_ids"}) -> !onnx.any {
    %t = onnx.Initializer "t" {source = #llm.source<file = "f", offset = 0, type = f32, rows = 9, columns = 4, rowStride = 4, columnStride = 1>} : tensor<9x4xf32>
    %u = onnx.Initializer "u" {source = #llm.source<file = "f", offset = 144, type = f32, rows = 4, columns = 6, rowStride = 6, columnStride = 1>} : tensor<4x6xf32>
    %b = onnx.Initializer "b" {source = #llm.source<file = "f", offset = 240, type = f32, rows = 1, columns = 6, rowStride = 6, columnStride = 1>} : tensor<6xf32>
    %from = onnx.Constant() {value = dense<[-4]> : tensor<1xi64>} : () -> !onnx.any
    %to = onnx.Constant() {value = dense<[6]> : tensor<1xi64>} : () -> !onnx.any
    %axis = onnx.Constant() {value = dense<[2]> : tensor<1xi64>} : () -> !onnx.any
    %x = onnx.Gather(%t, %ids) : (tensor<9x4xf32>, tensor<?x?xi64>) -> !onnx.any
    %m = onnx.MatMul(%x, %u) : (!onnx.any, tensor<4x6xf32>) -> !onnx.any
    %a = onnx.Add(%m, %b) : (!onnx.any, tensor<6xf32>) -> !onnx.any
    %s = onnx.Slice(%a, %from, %to, %axis) : (!onnx.any, !onnx.any, !onnx.any, !onnx.any) -> !onnx.any
    %r = onnx.Add(%s, %x) : (!onnx.any, !onnx.any) -> !onnx.any
    return %r : !onnx.any
  }
}

// -----

// By Split, the second part.
// CHECK: llm.weight @u.4 : tensor<2x4xf32> {parts = [#llm.source<file = "f", offset = 160, type = f32, rows = 2, columns = 4,
// CHECK: llm.linear %{{.*}}, @u.4
module attributes {onnx.opset = 17 : i64} {
  func.func @main(%ids: tensor<?x?xi64> {onnx.name = "input_ids"}) -> !onnx.any {
    %t = onnx.Initializer "t" {source = #llm.source<file = "f", offset = 0, type = f32, rows = 9, columns = 4, rowStride = 4, columnStride = 1>} : tensor<9x4xf32>
    %u = onnx.Initializer "u" {source = #llm.source<file = "f", offset = 144, type = f32, rows = 4, columns = 6, rowStride = 6, columnStride = 1>} : tensor<4x6xf32>
    %sizes = onnx.Constant() {value = dense<[4, 2]> : tensor<2xi64>} : () -> !onnx.any
    %x = onnx.Gather(%t, %ids) : (tensor<9x4xf32>, tensor<?x?xi64>) -> !onnx.any
    %m = onnx.MatMul(%x, %u) : (!onnx.any, tensor<4x6xf32>) -> !onnx.any
    %s:2 = onnx.Split(%m, %sizes) {axis = -1 : i64} : (!onnx.any, !onnx.any) -> (!onnx.any, !onnx.any)
    %r = onnx.Neg(%s#1) : (!onnx.any) -> !onnx.any
    return %r : !onnx.any
  }
}

// -----

// Columns of what is no linear are copied by generated code.
// CHECK: func.func private @generated_0(%[[X:.*]]: tensor<4xf32>, %{{.*}}: tensor<2xf32>) -> tensor<2xf32> attributes {llm.generated = "rw"}
// CHECK: tensor.extract %[[X]]
// CHECK: llm.generated @generated_0(%{{.*}}) units = 1
module attributes {onnx.opset = 17 : i64} {
  func.func @main(%ids: tensor<?x?xi64> {onnx.name = "input_ids"}) -> !onnx.any {
    %t = onnx.Initializer "t" {source = #llm.source<file = "f", offset = 0, type = f32, rows = 9, columns = 4, rowStride = 4, columnStride = 1>} : tensor<9x4xf32>
    %from = onnx.Constant() {value = dense<[0]> : tensor<1xi64>} : () -> !onnx.any
    %to = onnx.Constant() {value = dense<[2]> : tensor<1xi64>} : () -> !onnx.any
    %axis = onnx.Constant() {value = dense<[2]> : tensor<1xi64>} : () -> !onnx.any
    %x = onnx.Gather(%t, %ids) : (tensor<9x4xf32>, tensor<?x?xi64>) -> !onnx.any
    %s = onnx.Slice(%x, %from, %to, %axis) : (!onnx.any, !onnx.any, !onnx.any, !onnx.any) -> !onnx.any
    %r = onnx.Neg(%s) : (!onnx.any) -> !onnx.any
    return %r : !onnx.any
  }
}
