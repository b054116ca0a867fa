// The onnx dialect reads what it writes.
// RUN: llmc-opt %s | llmc-opt | FileCheck %s

// CHECK: func.func @main(%[[IDS:.*]]: tensor<?x?xi64> {onnx.dims = ["batch", "sequence"], onnx.name = "input_ids"}) -> !onnx.any
func.func @main(%ids: tensor<?x?xi64> {onnx.dims = ["batch", "sequence"], onnx.name = "input_ids"}) -> !onnx.any {
  // CHECK: %[[T:.*]] = onnx.Initializer "table" {source = #llm.source<file = "data", offset = 8, type = f16, rows = 6, columns = 4, rowStride = 4, columnStride = 1>} : tensor<6x4xf16>
  %t = onnx.Initializer "table" {source = #llm.source<file = "data", offset = 8, type = f16, rows = 6, columns = 4, rowStride = 4, columnStride = 1>} : tensor<6x4xf16>
  // CHECK: %[[A:.*]] = onnx.Initializer "axis" {value = dense<1> : tensor<1xi64>} : tensor<1xi64>
  %a = onnx.Initializer "axis" {value = dense<1> : tensor<1xi64>} : tensor<1xi64>
  // CHECK: %[[X:.*]] = onnx.Gather(%[[T]], %[[IDS]]) {axis = 0 : i64, node = "/embed"} : (tensor<6x4xf16>, tensor<?x?xi64>) -> !onnx.any
  %x = onnx.Gather(%t, %ids) {axis = 0 : i64, node = "/embed"} : (tensor<6x4xf16>, tensor<?x?xi64>) -> !onnx.any
  // CHECK: %[[N:.*]] = onnx.None
  %n = onnx.None
  // CHECK: onnx.Clip(%[[X]], %[[N]], %[[A]]) : (!onnx.any, none, tensor<1xi64>) -> !onnx.any
  %c = onnx.Clip(%x, %n, %a) : (!onnx.any, none, tensor<1xi64>) -> !onnx.any
  // CHECK: onnx.Split(%{{.*}}) {axis = -1 : i64} : (!onnx.any) -> (!onnx.any, !onnx.any)
  %s:2 = onnx.Split(%c) {axis = -1 : i64} : (!onnx.any) -> (!onnx.any, !onnx.any)
  // CHECK: onnx.microsoft.SkipSimplifiedLayerNormalization({{.*}}) : (!onnx.any, !onnx.any, !onnx.any) -> (!onnx.any, none, none, !onnx.any)
  %l:4 = onnx.microsoft.SkipSimplifiedLayerNormalization(%x, %x, %x) : (!onnx.any, !onnx.any, !onnx.any) -> (!onnx.any, none, none, !onnx.any)
  return %l#3 : !onnx.any
}
