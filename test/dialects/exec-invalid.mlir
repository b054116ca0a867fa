// One case per constraint label of ExecOps.td.
// RUN: llmc-opt %s --split-input-file --verify-diagnostics

exec.program @p rows = 1, arena = 64, private = 0 {
  // expected-error @below {{buffer_c1: bytes is 0}}
  %0 = exec.buffer shared 0 at 0
}

// -----
exec.program @p rows = 1, arena = 64, private = 0 {
  // expected-error @below {{buffer_c2: offset is 8, expected -1 or a multiple of 64}}
  %0 = exec.buffer shared 8 at 8
}

// -----
exec.program @p rows = 1, arena = 64, private = 0 {
  // expected-error @below {{buffer_c3: ends at byte 128 of an arena of 64}}
  %0 = exec.buffer shared 64 at 64
}

// -----
exec.program @p rows = 1, arena = 64, private = 0 {
  %0 = exec.buffer shared 64 at 0
  // expected-error @below {{step_c1: 1 operands, "quantize" has 4 slots}}
  exec.step "quantize" @k(%0) units %0 * 1 granule 1
}

// -----
exec.program @p rows = 1, arena = 64, private = 0 {
  %0 = exec.buffer shared 64 at 0
  // expected-error @below {{step_c1: "convolution" is no op of ops.def}}
  exec.step "convolution" @k(%0) units %0 * 1 granule 1
}

// -----
exec.program @p rows = 1, arena = 64, private = 0 {
  %0 = exec.buffer shared 64 at 0
  // expected-error @below {{step_c2: granule is 0, per is 1}}
  exec.step "quantize" @k(%0, %0, %0, %0) units %0 * 1 granule 0
}

// -----
exec.program @p rows = 1, arena = 64, private = 0 {
  %0 = exec.buffer shared 64 at 0
  // expected-error @below {{step_c3: operand 1 is written outside the private arena by an `each` step}}
  exec.step "quantize" @k(%0, %0, %0, %0) units %0 * 1 granule 1 each
}

// -----
exec.program @p rows = 1, arena = 64, private = 64 {
  %0 = exec.buffer private 64 at 0
  // expected-error @below {{step_c3: operand 1 is written in a private buffer by a shared step}}
  exec.step "quantize" @k(%0, %0, %0, %0) units %0 * 1 granule 1
}

// -----
exec.program @p rows = 1, arena = 64, private = 0 {
  %0 = exec.buffer shared 64 at 0
  // expected-error @below {{call_c1: effects is "rx" for 2 operands}}
  exec.call @g "rx"(%0, %0) units %0 * 1 granule 1
}

// -----
exec.program @p rows = 1, arena = 64, private = 0 {
  // expected-error @below {{barrier_c1: unless_divides is 0}}
  exec.barrier unless_divides 0
}
