// RUN: llmc compile %models/llama-odd --emit import | FileCheck %s
// RUN: llmc compile %models/llama2-mha --emit import | FileCheck %s --check-prefix=NONE

// CHECK: llm.linear %{{.*}}, @model.layers.0.self_attn.q_proj.weight bias @model.layers.0.self_attn.q_proj.bias : tensor<?x84xf32> -> tensor<?x144xf32>
// NONE-NOT: bias
