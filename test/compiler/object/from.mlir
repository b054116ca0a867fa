// RUN: llmc compile %models/llama2-mha --name m --emit plan -o %t.plan.mlir --target generic-arm64
// RUN: llmc compile %t.plan.mlir --from plan --name m -o %t.o --target generic-arm64
// RUN: llmc compile %models/llama2-mha --name m --emit lower -o %t.lower.mlir --target generic-arm64
// RUN: llmc compile %t.lower.mlir --from lower -o %t.o --target generic-arm64
// RUN: llvm-readelf -sSW %t.o | FileCheck %s
// RUN: llmc compile %models/llama2-mha --name m -o %t.whole.o --target generic-arm64
// RUN: cmp %t.o %t.whole.o

// CHECK: .llmc.weights
// CHECK: OBJECT GLOBAL DEFAULT {{[0-9]+}} m
