// RUN: llmc compile %models/bad/st-ok --emit import | FileCheck %s

// The weights are references, in the order in which the model reads them.
// CHECK: module attributes {llm.config = #llm.config<vocab = 36, hidden = 16,
// CHECK-SAME: llm.family = "llama", llm.folder = "{{.*}}st-ok", llm.source_dtype = f16}
// CHECK: llm.weight @model.embed_tokens.weight : tensor<36x16xf16> {parts = [#llm.source<file = "model.safetensors", offset = 2320, type = f16, rows = 36, columns = 16, rowStride = 16, columnStride = 1>]}
// CHECK: llm.weight @model.layers.0.input_layernorm.weight : tensor<16xf16>
// CHECK: llm.weight @rope.inverse_frequencies : tensor<4xf32> {value = array<f32: 1.0{{.*}}>}
