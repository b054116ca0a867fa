// RUN: not llmc-opt %s --llmc-specialize-rows 2>&1 | FileCheck %s
// CHECK: error: expected a function @main
func.func private @main(%t: tensor<?xi32>)
