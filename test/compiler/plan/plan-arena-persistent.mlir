// RUN: llmc-opt %s --pass-pipeline='builtin.module(exec.program(llmc-plan-arena))' | FileCheck %s

// What is kept between runs stands first, and nothing else ever stands there, used or not.
exec.program @p rows = 1, arena = 0, private = 0 {
  %one = exec.constant 1 : i64
  // CHECK: exec.buffer shared 100 at 64
  %a = exec.buffer shared 100 at -1
  // CHECK: exec.buffer shared 8 at 0 {exec.persistent}
  %c = exec.buffer shared 8 at -1 {exec.persistent}
  exec.call @f "w" (%a) units %one * 1 granule 1
}
