// RUN: llmc-opt %s --pass-pipeline='builtin.module(exec.program(llmc-plan-barriers))' | FileCheck %s

// The columns of qkv and the KV groups are the same shares for 1 and 2 threads.
exec.program @decode rows = 1, arena = 0, private = 0 {
  %one = exec.constant 1 : i64
  %k = exec.field kv
  %x = exec.buffer private 64 at -1
  %qkv = exec.buffer shared 256 at -1
  %out = exec.buffer shared 64 at -1
  exec.step "linear" @l(%x, %one, %one, %qkv, %one, %one, %one, %one, %one) units %one * 64 granule 8
  // CHECK: exec.step "linear"
  // CHECK-NEXT: exec.barrier unless_divides 2
  exec.step "rope_append" @r(%qkv, %x, %x, %x, %k, %k, %one, %one, %one, %one, %one, %one, %one) units %one * 2 granule 1
  // CHECK-NEXT: exec.step "rope_append"
  // CHECK-NEXT: exec.step "attention"
  exec.step "attention" @a(%qkv, %x, %x, %k, %k, %out, %one, %one, %one, %one, %one, %one, %one, %one, %one, %one, %one, %one) units %one * 2 granule 1
  // CHECK-NEXT: exec.barrier{{$}}
  exec.step "linear" @l(%out, %one, %one, %qkv, %one, %one, %one, %one, %one) units %one * 64 granule 8
}
