// RUN: llmc compile %models/gemma-2b-like --emit import | FileCheck %s
// RUN: llmc compile %models/llama3-gqa --emit import | FileCheck %s --check-prefix=LLAMA

// Norms by (1 + w), embeddings times sqrt(96), a GeGLU.
// CHECK: llm.weight @model.norm.weight : tensor<96xf32> {parts = [#llm.source<{{.*}}addend = 1
// CHECK: llm.embedding {{.*}}scale = 9.797{{.*}} : f64
// CHECK: llm.gated_activation gelu_tanh
// LLAMA-NOT: addend
// LLAMA-NOT: llm.embedding {{.*}}scale
