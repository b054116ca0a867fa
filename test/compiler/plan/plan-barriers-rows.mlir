// RUN: llmc-opt %s --pass-pipeline='builtin.module(exec.program(llmc-plan-barriers))' | FileCheck %s

// Rows written by one slicing are read by the same one without a barrier, by columns with one.
exec.program @prefill rows = 8, arena = 0, private = 0 {
  %one = exec.constant 1 : i64
  %rows = exec.field rows
  %t = exec.field tokens
  %x = exec.buffer shared 64 at -1
  %q = exec.buffer shared 64 at -1
  %y = exec.buffer shared 64 at -1
  // CHECK: exec.step "embedding"
  // CHECK-NEXT: exec.step "quantize"
  // CHECK-NEXT: exec.barrier
  // CHECK-NEXT: exec.step "linear"
  exec.step "embedding" @e(%t, %one, %x, %one, %one, %one) units %rows * 1 granule 2
  exec.step "quantize" @q(%x, %q, %rows, %one) units %rows * 1 granule 2
  exec.step "linear" @l(%q, %one, %one, %y, %rows, %one, %one, %one, %one) units %one * 64 granule 8
}
