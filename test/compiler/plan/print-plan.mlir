// RUN: llmc compile %models/llama3-gqa --emit plan -o %t --print-plan --target generic-arm64 --quantize f32 | FileCheck %s

// Decode: five barriers a layer, one of which the KV heads may save.
// CHECK: KV cache: {{[0-9]+}} bytes per sequence
// CHECK: @decode: rows 1, {{.*}} barriers per layer 5 (4 where the threads divide the KV heads)
// CHECK: barrier unless threads divide
// CHECK: llmc_decode_attention_
// CHECK-NEXT: barrier, epoch 1
// CHECK: @prefill: rows
