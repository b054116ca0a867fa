// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The plan phase: in, @decode and @prefill of `llm` operations with kernels
// and packed weights; out, one `exec.program` each with buffers, partitions,
// barriers and arena offsets. See Passes.td.
#ifndef LLMC_COMPILER_PLAN_PLAN_H
#define LLMC_COMPILER_PLAN_PLAN_H

#include "compiler/plan/PlanReport.h"
#include "dialects/exec/ExecDialect.h"
#include "dialects/llm/LlmDialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"
#include "llvm/Support/raw_ostream.h"

namespace llmc {

#define GEN_PASS_DECL
#include "compiler/plan/Passes.h.inc"

/// Facts of the KV cache that every program of the module shares. Units:
/// bytes, but `context` and `rows`.
struct CachePlan {
  int64_t context = 0, rows = 0;
  int64_t layers = 0, kvHeads = 0, headDim = 0, element = 0;
  int64_t sequenceBytes() const;
  /// Of a layer's K (part 0) or V (part 1) from the sequence's start.
  int64_t partOffset(int64_t layer, int64_t part) const;
};

/// Adds to the module the program of `function`; fails with a diagnostic at
/// the operation that has no kernel.
mlir::LogicalResult buildProgram(mlir::func::FuncOp function,
                                 const CachePlan &cache);

/// Barriers of a program between two attention steps (all of them where there
/// is at most one): with no conditional barrier skipped, and with all.
struct BarrierCount {
  int64_t most = 0, least = 0;
};
BarrierCount barriersPerLayer(mlir::exec::ProgramOp program);

/// When a buffer is in use: from its first to its last epoch where it is shared,
/// else step (a thread runs its own steps in order). -1: never.
struct BufferLife {
  mlir::exec::BufferOp buffer;
  int64_t first = -1, last = -1;
  bool persistent = false;
};
llvm::SmallVector<BufferLife> bufferLives(mlir::exec::ProgramOp program,
                                          mlir::exec::Space space);

PlannedGraph describePlan(mlir::exec::ProgramOp program);

/// Writes the arena map, epochs, steps and barriers of all programs.
void printPlan(mlir::ModuleOp module, llvm::raw_ostream &os);

} // namespace llmc

#endif
