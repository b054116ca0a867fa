// RUN: llmc-opt %s --pass-pipeline='builtin.module(exec.program(llmc-plan-arena))' | FileCheck %s

// a and c share a place: an unconditional barrier parts them. d meets c in one epoch.
// CHECK: exec.program @p rows = 1, arena = 192, private = 64
exec.program @p rows = 1, arena = 0, private = 0 {
  %one = exec.constant 1 : i64
  // CHECK: exec.buffer shared 100 at 0 {name = "a"}
  %a = exec.buffer shared 100 at -1 {name = "a"}
  // CHECK: exec.buffer shared 100 at 0 {name = "c"}
  %c = exec.buffer shared 100 at -1 {name = "c"}
  // CHECK: exec.buffer shared 8 at 128 {name = "d"}
  %d = exec.buffer shared 8 at -1 {name = "d"}
  exec.call @f "w" (%a) units %one * 1 granule 1
  exec.barrier
  exec.call @f "w" (%c) units %one * 1 granule 1
  exec.barrier unless_divides 2
  exec.call @f "w" (%d) units %one * 1 granule 1
  %e = exec.buffer private 8 at -1
  exec.call @f "w" (%e) units %one * 1 granule 1 each
}
