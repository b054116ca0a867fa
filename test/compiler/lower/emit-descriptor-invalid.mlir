// RUN: llmc-opt %s --llmc-emit-descriptor -split-input-file -verify-diagnostics

// expected-error @below {{the module has no llm.config}}
module attributes {exec.model = {name = "m", eos = array<i64>}} {}

// -----
// expected-error @below {{17 end-of-text ids, expected at most 16}}
module attributes {llm.config = #llm.config<vocab = 9, hidden = 8, layers = 1, heads = 2, kvHeads = 1, headDim = 4, ffn = 16, contextLength = 99>,
  exec.model = {name = "m", eos = array<i64: 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17>}} {}
