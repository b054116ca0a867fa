// RUN: llmc-opt %s --llmc-exec-to-llvm=name=m | FileCheck %s

// A step stores its slots and calls the kernel for the thread's slice of 8 * rows units.
// CHECK-LABEL: llvm.func internal @m_p(%arg0: !llvm.ptr, %arg1: i32, %arg2: i32)
// CHECK-COUNT-4: llvm.store
// CHECK: %[[K:.*]] = llvm.mlir.addressof @k
// CHECK: %[[G:.*]] = llvm.mlir.constant(2 : i64)
// CHECK: llvm.call @llmc_slice(%[[K]], %{{.*}}, %{{.*}}, %[[G]],
// CHECK: llvm.call @llmc_barrier_wait
// CHECK: llvm.call @llmc_meet
exec.program @p rows = 8, arena = 64, private = 0 {
  %rows = exec.field rows
  %x = exec.buffer shared 64 at 0
  exec.step "quantize" @k(%x, %x, %rows, %rows) units %rows * 8 granule 2
  exec.barrier
  exec.barrier unless_divides 2
}
