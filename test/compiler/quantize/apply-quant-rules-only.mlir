// What `only` does not match is f32, whatever the rules say; the rest is as ever.
// RUN: llmc-opt %s '--llmc-apply-quant-rules=only=layers.1.*' | FileCheck %s
// RUN: llmc-opt %s '--llmc-apply-quant-rules=rules=int8,layers.0.w=int4 only=layers.1.*' | FileCheck %s --check-prefix=RULES
// RUN: not llmc-opt %s '--llmc-apply-quant-rules=only=layers.2.*' 2>&1 | FileCheck %s --check-prefix=NONE

// CHECK: @layers.0.w : {{.*}}quant = #llm.quant<f32>
// CHECK: @layers.1.w : {{.*}}quant = #llm.quant<block4, group = 16>
// RULES: @layers.0.w : {{.*}}quant = #llm.quant<f32>
// RULES: @layers.1.w : {{.*}}quant = #llm.quant<int8>
// NONE: the pattern 'layers.2.*' matches no weight matrix; a pattern is compared with names such as layers.1.w
llm.weight @layers.0.w : tensor<8x20xf32> {parts = [#llm.source<file = "f", offset = 0, type = ui4, rows = 8, columns = 20, rowStride = 32, columnStride = 1, blocks = <size = 16, scales = 128, scaleType = f32>>]}
llm.weight @layers.1.w : tensor<8x20xf32> {parts = [#llm.source<file = "f", offset = 0, type = ui4, rows = 8, columns = 20, rowStride = 32, columnStride = 1, blocks = <size = 16, scales = 128, scaleType = f32>>]}
