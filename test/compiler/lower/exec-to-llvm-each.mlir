// RUN: llmc-opt %s --llmc-exec-to-llvm=name=m | FileCheck %s

// An `each` step calls the kernel with all units.
// CHECK: %[[Z:.*]] = llvm.mlir.constant(0 : i64)
// CHECK: llvm.call @k(%{{.*}}, %[[Z]], %{{.*}}) : (!llvm.ptr, i64, i64) -> ()
// CHECK-NOT: llmc_slice
exec.program @p rows = 1, arena = 0, private = 64 {
  %one = exec.constant 1 : i64
  %x = exec.buffer private 64 at 0
  exec.step "quantize" @k(%x, %x, %one, %one) units %one * 1 granule 2 each
}
