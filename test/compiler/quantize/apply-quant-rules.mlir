// RUN: llmc-opt %s --llmc-apply-quant-rules | FileCheck %s
// RUN: llmc-opt %s '--llmc-apply-quant-rules=rules=f16,lm_head=int4:group=64,*.up.*=bf16' | FileCheck %s --check-prefix=RULES

// CHECK: @norm : {{.*}}quant = #llm.quant<f32>
// CHECK: @embed.weight : {{.*}}quant = #llm.quant<int8>
// CHECK: @layers.0.up.weight : {{.*}}quant = #llm.quant<int4, group = 32>
// RULES: @norm : {{.*}}quant = #llm.quant<f32>
// RULES: @embed.weight : {{.*}}quant = #llm.quant<int4, group = 64>
// RULES: @layers.0.up.weight : {{.*}}quant = #llm.quant<bf16>
llm.weight @norm : tensor<2xf32> {value = array<f32: 1., 2.>}
llm.weight @embed.weight : tensor<3x2xf32> {parts = [#llm.source<file = "f", offset = 0, type = f32, rows = 3, columns = 2, rowStride = 2, columnStride = 1>]}
llm.weight @layers.0.up.weight : tensor<3x2xf32> {parts = [#llm.source<file = "f", offset = 0, type = f32, rows = 3, columns = 2, rowStride = 2, columnStride = 1>]}
func.func @main(%t: tensor<?xi32>) -> tensor<?x3xf32> {
  %x = llm.embedding %t, @embed.weight : tensor<?xi32> -> tensor<?x2xf32>
  %l = llm.linear %x, @embed.weight : tensor<?x2xf32> -> tensor<?x3xf32>
  return %l : tensor<?x3xf32>
}
