// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Phases.h"
#include "dialects/llm/LlmDialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassManager.h"

using namespace mlir;

namespace llmc {
#define GEN_PASS_DECL
#define GEN_PASS_DEF_SPECIALIZEROWS
#include "compiler/specialize/Passes.h.inc"

namespace {
/// The type of one row, where `type` has a dynamic number of them.
Type ofOneRow(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor || tensor.getRank() == 0 || !tensor.isDynamicDim(0))
    return type;
  SmallVector<int64_t> shape(tensor.getShape());
  shape[0] = 1;
  return RankedTensorType::get(shape, tensor.getElementType(),
                               tensor.getEncoding());
}

struct SpecializeRows : impl::SpecializeRowsBase<SpecializeRows> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    auto main = module.lookupSymbol<func::FuncOp>("main");
    if (!main || main.isExternal()) {
      module.emitError("expected a function @main");
      return signalPassFailure();
    }
    func::FuncOp decode = main.clone();
    module.insert(main, decode);
    decode.setName("decode");
    main.setName("prefill");

    for (BlockArgument argument : decode.getArguments())
      argument.setType(ofOneRow(argument.getType()));
    decode.getBody().walk([](Operation *op) {
      for (Value result : op->getResults())
        result.setType(ofOneRow(result.getType()));
    });
    Operation *end = decode.getBody().back().getTerminator();
    decode.setFunctionType(FunctionType::get(
        &getContext(), decode.getBody().getArgumentTypes(), end->getOperandTypes()));
  }
};
} // namespace

void buildSpecializePhase(OpPassManager &pm, const PhaseOptions &) {
  pm.addPass(createSpecializeRows());
}
} // namespace llmc
