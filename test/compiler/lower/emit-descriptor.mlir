// RUN: llmc-opt %s --llmc-emit-descriptor | FileCheck %s

// CHECK: llvm.mlir.global internal constant @m_config(dense<[9, 8, 1, 2, 1, 4, 16, 64, 5, 1, 1, 1, 2, 0,
// CHECK: llvm.mlir.global external hidden constant @m_weights
// CHECK-NOT: @m_text
// CHECK: llvm.mlir.global external constant @m()
// CHECK: llvm.mlir.constant(1129139308 : i32)
module attributes {llm.config = #llm.config<vocab = 9, hidden = 8, layers = 1, heads = 2, kvHeads = 1, headDim = 4, ffn = 16, contextLength = 99>,
  exec.context = 64 : i64, exec.rows = 5 : i64, exec.kv_type = "f16",
  exec.model = {name = "m", scheme = "f32", target = "t", isa = 1 : i64, sve_bits = 0 : i64, weights_bytes = 64 : i64, weights_file = "", text_bytes = 0 : i64, bos = 1 : i64, eos = array<i64: 2>, info = "{}"}} {
  llvm.func @m_decode(!llvm.ptr, i32, i32)
  llvm.func @m_prefill(!llvm.ptr, i32, i32)
}
