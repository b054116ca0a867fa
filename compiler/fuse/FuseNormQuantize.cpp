// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "dialects/llm/LlmDialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"

using namespace mlir;
using namespace mlir::llm;

namespace llmc {
#define GEN_PASS_DEF_FUSENORMQUANTIZE
#include "compiler/fuse/Passes.h.inc"

namespace {
struct FuseNormQuantize : impl::FuseNormQuantizeBase<FuseNormQuantize> {
  void runOnOperation() override {
    SmallVector<Value> results;
    getOperation().walk([&](RmsNormOp op) { results.push_back(op.getResult()); });
    getOperation().walk([&](AddRmsNormOp op) { results.push_back(op.getResult()); });
    for (Value result : results)
      fuse(result);
  }

  static void fuse(Value result) {
    SmallVector<Operation *> users(result.getUsers());
    if (users.empty() ||
        !llvm::all_of(users, [](Operation *user) { return isa<QuantizeOp>(user); }))
      return;
    result.setType(users.front()->getResult(0).getType());
    for (Operation *quantize : users) {
      quantize->getResult(0).replaceAllUsesWith(result);
      quantize->erase();
    }
  }
};
} // namespace
} // namespace llmc
