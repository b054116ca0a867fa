// RUN: llmc compile %models/llama-odd --emit plan -o %t --print-plan --target generic-arm64 --quantize f32 | FileCheck %s

// Heads whose groups do not fall on column blocks cost the fifth barrier always.
// CHECK: @decode: rows 1, {{.*}} barriers per layer 5{{$}}
// CHECK-NOT: unless threads
