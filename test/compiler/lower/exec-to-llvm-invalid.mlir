// RUN: llmc-opt %s --llmc-exec-to-llvm -split-input-file -verify-diagnostics

exec.program @p rows = 1, arena = 0, private = 0 {
  %one = exec.constant 1 : i64
  // expected-error @below {{has no offset; run llmc-plan-arena first}}
  %x = exec.buffer shared 64 at -1
  exec.step "quantize" @k(%x, %x, %one, %one) units %one * 1 granule 2
}

// -----
exec.program @p rows = 1, arena = 0, private = 0 {
  %one = exec.constant 1 : i64
  // expected-error @below {{names no packed llm.weight}}
  %w = exec.weight @w
  exec.call @f "c" (%w) units %one * 1 granule 1
}
llvm.func @f(!llvm.ptr, i64, i64)

// -----
exec.program @p rows = 1, arena = 0, private = 0 {
  %one = exec.constant 1 : i64
  // expected-error @below {{calls @f, which is no LLVM function}}
  exec.call @f "i" (%one) units %one * 1 granule 1
}
