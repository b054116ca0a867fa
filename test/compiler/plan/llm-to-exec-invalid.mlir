// RUN: llmc-opt %s --llmc-llm-to-exec -split-input-file -verify-diagnostics

// expected-error @below {{the module has no llm.config}}
module {}

// -----
module attributes {llm.config = #llm.config<vocab = 8, hidden = 8, layers = 1, heads = 1, kvHeads = 1, headDim = 2, ffn = 8, contextLength = 64>} {
  llm.weight @w : tensor<8xf32> {value = array<f32: 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0>}
  func.func @decode(%t: tensor<1xi32>, %s: tensor<1xi32>, %p: tensor<1xi32>, %l: tensor<?xi32>, %c: !llm.kv_cache) {
    // expected-error @below {{has no kernel; expected one that pack has chosen}}
    %x = llm.rope_table %p, @w : tensor<1xi32> -> tensor<1x16xf32>
    return
  }
}

// -----
module attributes {llm.config = #llm.config<vocab = 8, hidden = 8, layers = 1, heads = 1, kvHeads = 1, headDim = 2, ffn = 8, contextLength = 64>} {
  llm.weight @w : tensor<8xf32> {value = array<f32: 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0>}
  func.func @decode(%t: tensor<1xi32>, %s: tensor<1xi32>, %p: tensor<1xi32>, %l: tensor<?xi32>, %c: !llm.kv_cache) {
    %x = llm.rope_table %p, @w {kernel = "llmc_rope_table_f32_ref"} : tensor<1xi32> -> tensor<1x16xf32>
    // expected-error @below {{has no kernel; fuse or generated code must replace it}}
    %y = llm.add %x, %x : tensor<1x16xf32>
    return
  }
}
