// RUN: not llmc-opt %s --llmc-apply-quant-rules=rules=q_porj=int8 2>&1 | FileCheck %s
// RUN: not llmc-opt %s --llmc-apply-quant-rules=rules=int3 2>&1 | FileCheck %s --check-prefix=SCHEME
// RUN: not llmc-opt %s --llmc-apply-quant-rules=rules=int4:group=48 2>&1 | FileCheck %s --check-prefix=GROUP
// RUN: not llmc-opt %s --llmc-apply-quant-rules=rules=n=int8 2>&1 | FileCheck %s --check-prefix=VECTOR

// CHECK: quantization rule 'q_porj=int8' matches no weight matrix; a pattern is compared with names such as q_proj
// SCHEME: quantization rule 'int3': the scheme must be f32, f16, bf16, int8 or int4
// GROUP: quantization rule 'int4:group=48': int4 takes group=32, group=64, group=128 and asym
// VECTOR: quantization rule 'n=int8' matches no weight matrix
llm.weight @n : tensor<2xf32> {value = array<f32: 1., 2.>}
llm.weight @q_proj : tensor<3x2xf32> {parts = [#llm.source<file = "f", offset = 0, type = f32, rows = 3, columns = 2, rowStride = 2, columnStride = 1>]}
