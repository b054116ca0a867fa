// RUN: llmc-opt %s --pass-pipeline='builtin.module(exec.program(llmc-plan-barriers))' | FileCheck %s

// Equal slices stay on their thread; a larger granule does not, unless counts divide.
// CHECK-LABEL: @same
// CHECK-NOT: exec.barrier
// CHECK-LABEL: @other
// CHECK: exec.barrier unless_divides 4
exec.program @same rows = 1, arena = 0, private = 0 {
  %one = exec.constant 1 : i64
  %x = exec.buffer private 64 at -1
  %g = exec.buffer shared 256 at -1
  %o = exec.buffer shared 128 at -1
  exec.step "linear" @l(%x, %one, %one, %g, %one, %one, %one, %one, %one) units %one * 64 granule 16
  exec.step "gated_activation" @a(%g, %o, %one, %one) units %one * 64 granule 16
}
exec.program @other rows = 1, arena = 0, private = 0 {
  %one = exec.constant 1 : i64
  %x = exec.buffer private 64 at -1
  %g = exec.buffer shared 256 at -1
  %o = exec.buffer shared 128 at -1
  exec.step "linear" @l(%x, %one, %one, %g, %one, %one, %one, %one, %one) units %one * 64 granule 8
  exec.step "gated_activation" @a(%g, %o, %one, %one) units %one * 64 granule 16
}
