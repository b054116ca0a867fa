// A weight that came with its own scheme keeps it, unless a rule says other.
// RUN: llmc-opt %s --llmc-apply-quant-rules | FileCheck %s
// RUN: llmc-opt %s --llmc-apply-quant-rules=rules=f32 | FileCheck %s --check-prefix=RULE

// CHECK: #llm.quant<int4, group = 128, asymmetric = true>
// RULE: #llm.quant<f32>
llm.weight @w : tensor<3x2xf32> {quant = #llm.quant<int4, group = 128, asymmetric = true>, parts = [#llm.source<file = "f", offset = 0, type = f32, rows = 3, columns = 2, rowStride = 2, columnStride = 1>]}
