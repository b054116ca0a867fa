// Tables and products with constant matrices.
// RUN: llmc-opt %s --split-input-file --llmc-raise-onnx | FileCheck %s

// [k, n] of a MatMul is read with a stride; only rows that want logits are.
// CHECK: llm.weight @u : tensor<6x4xf32> {parts = [#llm.source<file = "f", offset = 144, type = f32, rows = 6, columns = 4, rowStride = 1, columnStride = 6>]}
// CHECK: @main(%[[TOKENS:.*]]: tensor<?xi32>, %{{.*}}: tensor<?xi32>, %{{.*}}: tensor<?xi32>, %[[LOGIT_ROWS:.*]]: tensor<?xi32>, %[[CACHE:.*]]: !llm.kv_cache)
// CHECK: %[[X:.*]] = llm.embedding %[[TOKENS]], @t
// CHECK: %[[S:.*]] = llm.select_rows %[[X]], %[[LOGIT_ROWS]]
// CHECK: %[[L:.*]] = llm.linear %[[S]], @u
// CHECK: return %[[L]], %[[CACHE]]
module attributes {onnx.opset = 17 : i64} {
  func.func @main(%ids: tensor<?x?xi64> {onnx.name = "input_ids"}) -> !onnx.any {
    %t = onnx.Initializer "t" {source = #llm.source<file = "f", offset = 0, type = f32, rows = 9, columns = 4, rowStride = 4, columnStride = 1>} : tensor<9x4xf32>
    %u = onnx.Initializer "u" {source = #llm.source<file = "f", offset = 144, type = f32, rows = 4, columns = 6, rowStride = 6, columnStride = 1>} : tensor<4x6xf32>
    %x = onnx.Gather(%t, %ids) : (tensor<9x4xf32>, tensor<?x?xi64>) -> !onnx.any
    %r = onnx.MatMul(%x, %u) : (!onnx.any, tensor<4x6xf32>) -> !onnx.any
    return %r : !onnx.any
  }
}

// -----

// The head is the transposed table: one weight, tied.
// CHECK-COUNT-1: llm.weight
// CHECK: llm.linear %{{.*}}, @t : tensor<?x4xf32> -> tensor<?x9xf32>
module attributes {onnx.opset = 17 : i64} {
  func.func @main(%ids: tensor<?x?xi64> {onnx.name = "input_ids"}) -> !onnx.any {
    %t = onnx.Initializer "t" {source = #llm.source<file = "f", offset = 0, type = f32, rows = 9, columns = 4, rowStride = 4, columnStride = 1>} : tensor<9x4xf32>
    %x = onnx.Gather(%t, %ids) : (tensor<9x4xf32>, tensor<?x?xi64>) -> !onnx.any
    %h = onnx.Transpose(%t) {perm = array<i64: 1, 0>} : (tensor<9x4xf32>) -> !onnx.any
    %r = onnx.MatMul(%x, %h) : (!onnx.any, !onnx.any) -> !onnx.any
    return %r : !onnx.any
  }
}

// -----

// A bias, and the sum of two activations; the node names a nameless weight.
// CHECK: llm.weight @model.up.weight
// CHECK: %[[X:.*]] = llm.embedding
// CHECK: %[[U:.*]] = llm.linear %[[X]], @model.up.weight bias @b
// CHECK: llm.add %[[X]], %[[U]]
module attributes {onnx.opset = 17 : i64} {
  func.func @main(%ids: tensor<?x?xi64> {onnx.name = "input_ids"}) -> !onnx.any {
    %t = onnx.Initializer "t" {source = #llm.source<file = "f", offset = 0, type = f32, rows = 9, columns = 4, rowStride = 4, columnStride = 1>} : tensor<9x4xf32>
    %u = onnx.Initializer "onnx::MatMul_7" {source = #llm.source<file = "f", offset = 144, type = f32, rows = 4, columns = 4, rowStride = 4, columnStride = 1>} : tensor<4x4xf32>
    %b = onnx.Initializer "b" {source = #llm.source<file = "f", offset = 208, type = f32, rows = 1, columns = 4, rowStride = 4, columnStride = 1>} : tensor<4xf32>
    %x = onnx.Gather(%t, %ids) : (tensor<9x4xf32>, tensor<?x?xi64>) -> !onnx.any
    %m = onnx.MatMul(%x, %u) {node = "/model/up/MatMul"} : (!onnx.any, tensor<4x4xf32>) -> !onnx.any
    %n = onnx.Add(%b, %m) : (tensor<4xf32>, !onnx.any) -> !onnx.any
    %r = onnx.Add(%x, %n) : (!onnx.any, !onnx.any) -> !onnx.any
    return %r : !onnx.any
  }
}

// -----

// Gemm on flattened rows, its weight [n, k].
// CHECK: columnStride = 1>]}
// CHECK: llm.linear %{{.*}}, @u bias @b : tensor<?x4xf32> -> tensor<?x6xf32>
module attributes {onnx.opset = 17 : i64} {
  func.func @main(%ids: tensor<?x?xi64> {onnx.name = "input_ids"}) -> !onnx.any {
    %t = onnx.Initializer "t" {source = #llm.source<file = "f", offset = 0, type = f32, rows = 9, columns = 4, rowStride = 4, columnStride = 1>} : tensor<9x4xf32>
    %u = onnx.Initializer "u" {source = #llm.source<file = "f", offset = 144, type = f32, rows = 6, columns = 4, rowStride = 4, columnStride = 1>} : tensor<6x4xf32>
    %b = onnx.Initializer "b" {source = #llm.source<file = "f", offset = 240, type = f32, rows = 1, columns = 6, rowStride = 6, columnStride = 1>} : tensor<6xf32>
    %s = onnx.Constant() {value = dense<[-1, 4]> : tensor<2xi64>} : () -> !onnx.any
    %x = onnx.Gather(%t, %ids) : (tensor<9x4xf32>, tensor<?x?xi64>) -> !onnx.any
    %f = onnx.Reshape(%x, %s) : (!onnx.any, !onnx.any) -> !onnx.any
    %r = onnx.Gemm(%f, %u, %b) {transB = 1 : i64} : (!onnx.any, tensor<6x4xf32>, tensor<6xf32>) -> !onnx.any
    return %r : !onnx.any
  }
}

// -----

// A Gemm of other scales: that of x is generated, that of the bias is not.
// CHECK: llm.weight @Gemm : tensor<6xf32> {value = array<f32: 3.000000e+00, 6.000000e+00,
// CHECK: %[[G:.*]] = llm.generated @generated_0(%{{.*}}) units = 4 {nodes = ["Gemm"]}
// CHECK: llm.linear %{{.*}}, @u bias @Gemm
module attributes {onnx.opset = 17 : i64} {
  func.func @main(%ids: tensor<?x?xi64> {onnx.name = "input_ids"}) -> !onnx.any {
    %t = onnx.Initializer "t" {source = #llm.source<file = "f", offset = 0, type = f32, rows = 9, columns = 4, rowStride = 4, columnStride = 1>} : tensor<9x4xf32>
    %u = onnx.Initializer "u" {source = #llm.source<file = "f", offset = 144, type = f32, rows = 6, columns = 4, rowStride = 4, columnStride = 1>} : tensor<6x4xf32>
    %s = onnx.Constant() {value = dense<[-1, 4]> : tensor<2xi64>} : () -> !onnx.any
    %x = onnx.Gather(%t, %ids) : (tensor<9x4xf32>, tensor<?x?xi64>) -> !onnx.any
    %b = onnx.Constant() {value = dense<[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]> : tensor<6xf32>} : () -> !onnx.any
    %f = onnx.Reshape(%x, %s) : (!onnx.any, !onnx.any) -> !onnx.any
    %r = onnx.Gemm(%f, %u, %b) {transB = 1 : i64, alpha = 2.0 : f32, beta = 3.0 : f32} : (!onnx.any, tensor<6x4xf32>, !onnx.any) -> !onnx.any
    return %r : !onnx.any
  }
}
