// A whole model with biases: 4 linears a layer, 2 layers, one that makes logits.
// RUN: llmc compile %models/llama-odd --emit fuse | FileCheck %s --implicit-check-not='llm.rope %%' --implicit-check-not='llm.add %%' --implicit-check-not=llm.kv_append --implicit-check-not=llm.select_rows --implicit-check-not=llm.linear
// CHECK: llm.rms_norm
// CHECK: llm.linear %{{.*}}qkv_proj.weight bias @{{.*}}qkv_proj.bias
// CHECK: llm.rope_append
// CHECK: llm.linear %{{.*}}o_proj.weight
// CHECK: llm.add_rms_norm
// CHECK: llm.linear %{{.*}}gate_up_proj.weight
// CHECK: llm.gated_activation silu %{{[^,]*}} :
// CHECK: llm.linear %{{.*}}down_proj.weight
// CHECK: llm.add_rms_norm
// CHECK-COUNT-4: llm.linear
// CHECK: llm.add_rms_norm %{{.*}}, %{{.*}} select
// CHECK: llm.linear %{{.*}}, @lm_head.weight
