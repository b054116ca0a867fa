// RUN: llmc-opt %s --pass-pipeline='builtin.module(exec.program(llmc-plan-barriers))' | FileCheck %s

// 3 KV groups of 20 columns meet 8 column blocks of 8: no thread count but 1 shares evenly.
exec.program @decode rows = 1, arena = 0, private = 0 {
  %one = exec.constant 1 : i64
  %k = exec.field kv
  %x = exec.buffer private 64 at -1
  %qkv = exec.buffer shared 240 at -1
  exec.step "linear" @l(%x, %one, %one, %qkv, %one, %one, %one, %one, %one) units %one * 60 granule 8
  // CHECK: exec.barrier{{$}}
  exec.step "rope_append" @r(%qkv, %x, %x, %x, %k, %k, %one, %one, %one, %one, %one, %one, %one) units %one * 3 granule 1
}
