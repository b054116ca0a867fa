// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Phases.h"
#include "dialects/llm/LlmDialect.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

namespace llmc {
#define GEN_PASS_DECL
#include "compiler/fuse/Passes.h.inc"

void buildFusePhase(mlir::OpPassManager &pm, const PhaseOptions &) {
  pm.addPass(mlir::createCanonicalizerPass());
  pm.addPass(mlir::createCSEPass());
  pm.addPass(createFuseQkv());
  pm.addPass(createGenerateQkv());
  pm.addPass(createFuseGateUp());
  pm.addNestedPass<mlir::func::FuncOp>(createFuseSelectRows());
  pm.addNestedPass<mlir::func::FuncOp>(createFuseAddRmsNorm());
  pm.addNestedPass<mlir::func::FuncOp>(createFuseNormQuantize());
  pm.addPass(createGenerateAdds());
  pm.addPass(createGenerateSelectRows());
  pm.addPass(createRemoveDeadWeights());
}
} // namespace llmc
