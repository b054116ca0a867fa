// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "dialects/llm/LlmDialect.h"

#include "mlir/IR/Builders.h"
#include "mlir/Pass/Pass.h"

using namespace mlir;
using namespace mlir::llm;

namespace llmc {
#define GEN_PASS_DEF_QUANTIZEACTIVATIONS
#include "compiler/quantize/Passes.h.inc"

namespace {
struct QuantizeActivations
    : impl::QuantizeActivationsBase<QuantizeActivations> {
  void runOnOperation() override {
    SymbolTableCollection symbols;
    getOperation().walk([&](LinearOp linear) {
      auto type = cast<RankedTensorType>(linear.getX().getType());
      auto weight = symbols.lookupNearestSymbolFrom<WeightOp>(
          linear, linear.getWeightAttr());
      QuantAttr quant = weight.getQuantAttr();
      if (!quant || !quant.hasInt8Activations() || !type.getElementType().isF32())
        return;
      OpBuilder builder(linear);
      auto q8 = RankedTensorType::get(type.getShape(), builder.getI8Type(),
                                      Q8Attr::get(&getContext(), 1));
      linear.getXMutable().assign(
          builder.create<QuantizeOp>(linear.getLoc(), q8, linear.getX()));
    });
  }
};
} // namespace
} // namespace llmc
