// RUN: llmc-opt %s --pass-pipeline='builtin.module(exec.program(llmc-plan-barriers))' | FileCheck %s

// A split reads its whole KV head: 2 threads share 2 heads of 16 splits without a barrier, 4 do not.
exec.program @decode rows = 1, arena = 0, private = 0 {
  %one = exec.constant 1 : i64
  %k = exec.field kv
  %x = exec.buffer private 64 at -1
  %qkv = exec.buffer shared 256 at -1
  %out = exec.buffer shared 64 at -1
  exec.step "linear" @l(%x, %one, %one, %qkv, %one, %one, %one, %one, %one) units %one * 64 granule 8
  // CHECK: exec.barrier unless_divides 2
  exec.step "decode_attention" @a(%qkv, %x, %x, %x, %k, %k, %out, %qkv, %qkv, %one, %one, %one, %one, %one, %one, %one, %one, %one, %one) units %one * 32 granule 1
}
