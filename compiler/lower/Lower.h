// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The lower phase: in, planned `exec` programs; out, LLVM functions that call
// kernels by symbol, and the model descriptor of model_abi.h. `llm.weight`
// operations stay: the object phase turns them into bytes.
#ifndef LLMC_COMPILER_LOWER_LOWER_H
#define LLMC_COMPILER_LOWER_LOWER_H

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace llmc {

#define GEN_PASS_DECL
#include "compiler/lower/Passes.h.inc"

/// What the descriptor says beside what the module knows (llm.config, exec.*).
struct Descriptor {
  std::string name, scheme, target;
  uint64_t isa = 0;
  int64_t sveBits = 0; // the code is right for any vector length
  int64_t weightsBytes = 0;
  std::string weightsFile; // empty: embedded
  int64_t textBytes = 0;   // 0: none
  int64_t bos = -1;
  std::vector<int64_t> eos; // at most LLMC_MAX_EOS
  std::string info;         // one JSON object
};
/// Stores it as the module attribute `exec.model`, for llmc-emit-descriptor.
void setDescriptor(mlir::ModuleOp module, const Descriptor &descriptor);

/// Adds to the module, where absent, the internal function
///   llmc_slice(kernel, args, units, granule, thread, threads)
/// that calls kernel(args, begin, end) with the thread's contiguous share:
/// whole granules, as equal as can be, the first threads taking one more.
mlir::LLVM::LLVMFuncOp getSliceFunction(mlir::ModuleOp module);
/// llmc_meet(barrier, divides, thread, threads): waits for all threads unless
/// `threads` divides `divides`.
mlir::LLVM::LLVMFuncOp getMeetFunction(mlir::ModuleOp module);
/// The declaration of llmc_barrier_wait(barrier, thread).
mlir::LLVM::LLVMFuncOp getBarrierFunction(mlir::ModuleOp module);

} // namespace llmc

#endif
