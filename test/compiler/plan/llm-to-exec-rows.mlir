// RUN: llmc-opt %s --llmc-llm-to-exec=rows=6 | FileCheck %s

// With several rows everything is shared, and the q8x2 buffer holds whole pairs of rows.
// CHECK: exec.program @prefill rows = 6
// CHECK: exec.field rows
// CHECK: exec.buffer shared 192 at -1
// CHECK: exec.buffer shared 240 at -1
// CHECK: exec.step "quantize" {{.*}} * 1 granule 2{{$}}
module attributes {llm.config = #llm.config<vocab = 8, hidden = 8, layers = 1, heads = 1, kvHeads = 1, headDim = 2, ffn = 8, contextLength = 64>} {
  llm.weight @w : tensor<8x8xf32> {parts = [#llm.source<file = "f", offset = 0, type = f32, rows = 8, columns = 8, rowStride = 8, columnStride = 1>]}
  func.func @prefill(%t: tensor<?xi32>, %s: tensor<?xi32>, %p: tensor<?xi32>, %l: tensor<?xi32>, %c: !llm.kv_cache) {
    %x = llm.embedding %t, @w {kernel = "llmc_embedding_f32_f32_n8_ref"} : tensor<?xi32> -> tensor<?x8xf32>
    %y = llm.quantize %x {kernel = "llmc_quantize_q8x2_f32_ref"} : tensor<?x8xf32> -> tensor<?x8xi8, #llm.q8<interleave = 2>>
    return
  }
}
