// RUN: llmc compile %models/bad/st-ok --emit import | FileCheck %s

// CHECK: func.func @main(%[[TOKENS:.*]]: tensor<?xi32>, %[[SEQ:.*]]: tensor<?xi32>, %[[POS:.*]]: tensor<?xi32>, %[[ROWS:.*]]: tensor<?xi32>, %[[KV:.*]]: !llm.kv_cache)
// CHECK: %[[X:.*]] = llm.embedding %[[TOKENS]],
// CHECK: %[[ROPE:.*]] = llm.rope_table %[[POS]],
// CHECK: %[[Q:.*]] = llm.rope %{{.*}}, %[[ROPE]]
// CHECK: %[[K:.*]] = llm.rope %{{.*}}, %[[ROPE]]
// CHECK: %[[KV1:.*]] = llm.kv_append %[[KV]], %[[K]], %{{.*}} at %[[SEQ]], %[[POS]]
// CHECK: llm.attention %[[Q]], %[[KV1]] at %[[SEQ]], %[[POS]]
// CHECK: llm.add %[[X]],
// CHECK: llm.gated_activation silu
// CHECK: %[[LAST:.*]] = llm.select_rows %{{.*}}, %[[ROWS]]
// CHECK: %[[LOGITS:.*]] = llm.linear %[[LAST]], @lm_head.weight
// CHECK: return %[[LOGITS]], %[[KV1]]
