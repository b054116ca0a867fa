// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Phases.h"
#include "compiler/target/Target.h"
#include "dialects/llm/LlmDialect.h"

#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassManager.h"

namespace llmc {
#define GEN_PASS_DECL
#include "compiler/pack/Passes.h.inc"

void buildPackPhase(mlir::OpPassManager &pm, const PhaseOptions &options) {
  const char *kv = options.kv == KvType::F32   ? "f32"
                   : options.kv == KvType::F16 ? "f16"
                                               : "i8";
  pm.addPass(createPackWeights({options.target->name}));
  pm.addPass(createSelectKernels({options.target->name, kv}));
}
} // namespace llmc
