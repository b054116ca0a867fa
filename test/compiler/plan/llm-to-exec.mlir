// RUN: llmc-opt %s --llmc-llm-to-exec=kv=f16 | FileCheck %s

// With one row a step over rows is private to every thread; logits go to the caller.
// CHECK: exec.kv_bytes = 32768 : i64
// CHECK: exec.program @decode rows = 1
// CHECK: %[[X:.*]] = exec.buffer private 32 at -1
// CHECK: exec.step "embedding" @llmc_embedding_f32_f32_n8_ref{{.*}} units %{{.*}} * 1 granule 1 each
// CHECK: exec.step "linear" @llmc_linear_f32_f32_f32_n8_ref(%[[X]], {{.*}} units %{{.*}} * 16 granule 8
module attributes {llm.config = #llm.config<vocab = 16, hidden = 8, layers = 1, heads = 1, kvHeads = 1, headDim = 2, ffn = 8, contextLength = 64>} {
  llm.weight @w : tensor<16x8xf32> {parts = [#llm.source<file = "f", offset = 0, type = f32, rows = 16, columns = 8, rowStride = 8, columnStride = 1>]}
  func.func @decode(%t: tensor<1xi32>, %s: tensor<1xi32>, %p: tensor<1xi32>, %l: tensor<?xi32>, %c: !llm.kv_cache) -> tensor<1x16xf32> {
    %x = llm.embedding %t, @w {kernel = "llmc_embedding_f32_f32_n8_ref"} : tensor<1xi32> -> tensor<1x8xf32>
    %y = llm.linear %x, @w {kernel = "llmc_linear_f32_f32_f32_n8_ref"} : tensor<1x8xf32> -> tensor<1x16xf32>
    return %y : tensor<1x16xf32>
  }
}
