// RUN: llmc compile %models/llama2-mha --name m --emit asm --target neoverse-v2 | FileCheck %s
// RUN: llmc compile %models/llama2-mha --name m --emit llvm --target x86-64-v3 | FileCheck %s --check-prefix=LLVM

// CHECK: m_decode:
// CHECK: bl llmc_barrier_wait
// CHECK: .globl m
// LLVM: target triple = "x86_64-linux-gnu"
// LLVM: define internal {{.*}}void @m_decode(
