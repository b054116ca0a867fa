// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Phases.h"
#include "compiler/quantize/QuantRules.h"
#include "dialects/llm/LlmDialect.h"

#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassManager.h"

namespace llmc {
#define GEN_PASS_DECL
#include "compiler/quantize/Passes.h.inc"

void buildQuantizePhase(mlir::OpPassManager &pm, const PhaseOptions &options) {
  std::vector<std::string> rules;
  for (const QuantRule &rule : options.quantize)
    rules.push_back(formatQuantRule(rule));
  pm.addPass(createApplyQuantRules({rules, options.only}));
}
} // namespace llmc
