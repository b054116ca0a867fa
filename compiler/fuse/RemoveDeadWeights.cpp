// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "dialects/llm/LlmDialect.h"

#include "mlir/Pass/Pass.h"
#include "llvm/ADT/DenseSet.h"

using namespace mlir;
using namespace mlir::llm;

namespace llmc {
#define GEN_PASS_DEF_REMOVEDEADWEIGHTS
#include "compiler/fuse/Passes.h.inc"

namespace {
struct RemoveDeadWeights : impl::RemoveDeadWeightsBase<RemoveDeadWeights> {
  void runOnOperation() override {
    DenseSet<StringAttr> used;
    auto uses = SymbolTable::getSymbolUses(&getOperation().getBodyRegion());
    for (SymbolTable::SymbolUse use : *uses)
      used.insert(use.getSymbolRef().getLeafReference());
    for (auto weight : llvm::make_early_inc_range(getOperation().getOps<WeightOp>()))
      if (!used.contains(weight.getSymNameAttr()))
        weight.erase();
  }
};
} // namespace
} // namespace llmc
