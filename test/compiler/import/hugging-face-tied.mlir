// RUN: llmc compile %models/llama3-gqa --emit import | FileCheck %s --implicit-check-not=@lm_head.weight
// RUN: llmc compile %models/llama2-mha --emit import | FileCheck %s --check-prefix=UNTIED

// CHECK: #llm.source<file = "model-00001-of-00003.safetensors"
// CHECK: llm.linear %{{.*}}, @model.embed_tokens.weight : tensor<?x128xf32> -> tensor<?x768xf32>
// UNTIED: llm.linear %{{.*}}, @lm_head.weight
