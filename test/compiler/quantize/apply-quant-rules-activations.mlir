// RUN: llmc-opt %s --llmc-apply-quant-rules='rules=w=int8,f=f16' | FileCheck %s

llm.weight @w : tensor<3x2xf32> {parts = [#llm.source<file = "f", offset = 0, type = f32, rows = 3, columns = 2, rowStride = 2, columnStride = 1>]}
llm.weight @f : tensor<3x2xf32> {parts = [#llm.source<file = "f", offset = 24, type = f32, rows = 3, columns = 2, rowStride = 2, columnStride = 1>]}
func.func @main(%x: tensor<?x2xf32>) -> (tensor<?x3xf32>, tensor<?x3xf32>) {
  // CHECK: %[[Q:.*]] = llm.quantize %arg0 : tensor<?x2xf32> -> tensor<?x2xi8, #llm.q8>
  // CHECK-NEXT: llm.linear %[[Q]], @w
  // CHECK-NEXT: llm.linear %arg0, @f
  %0 = llm.linear %x, @w : tensor<?x2xf32> -> tensor<?x3xf32>
  %1 = llm.linear %x, @f : tensor<?x2xf32> -> tensor<?x3xf32>
  return %0, %1 : tensor<?x3xf32>, tensor<?x3xf32>
}
