// RUN: llmc compile %models/llama2-mha --name m -o %t.o --target generic-arm64 --weights file
// RUN: llvm-readelf -SW %t.o | FileCheck %s
// RUN: head -c 8 %t.weights | FileCheck %s --check-prefix=FILE

// CHECK-NOT: .llmc.weights
// FILE: LLMCWGT1
