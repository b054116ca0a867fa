// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "dialects/llm/LlmDialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/Pass/Pass.h"

using namespace mlir;
using namespace mlir::llm;

namespace llmc {
#define GEN_PASS_DEF_FUSEADDRMSNORM
#include "compiler/fuse/Passes.h.inc"

namespace {
/// True when no operation after `op` reads `value`, so that it can be
/// overwritten there.
bool diesAt(Value value, Operation *op) {
  return llvm::all_of(value.getUsers(), [&](Operation *user) {
    return user == op || (user->getBlock() == op->getBlock() &&
                          user->isBeforeInBlock(op));
  });
}

bool isBefore(Value value, Operation *op) {
  Operation *producer = value.getDefiningOp();
  return !producer || (producer->getBlock() == op->getBlock() &&
                       producer->isBeforeInBlock(op));
}

struct FuseAddRmsNorm : impl::FuseAddRmsNormBase<FuseAddRmsNorm> {
  void runOnOperation() override {
    SmallVector<RmsNormOp> norms;
    getOperation().walk([&](RmsNormOp op) { norms.push_back(op); });
    for (RmsNormOp norm : norms)
      fuse(norm);
  }

  static void fuse(RmsNormOp norm) {
    auto add = norm.getX().getDefiningOp<AddOp>();
    if (!add || add.getLhs() == add.getRhs())
      return;
    Value x = add.getLhs(), delta = add.getRhs(), select = norm.getSelect();
    if (select) {
      // The sum of the rows that were not selected is never computed.
      if (!add->hasOneUse() || !isBefore(select, add))
        return;
    } else if (!diesAt(x, add)) {
      std::swap(x, delta);
      if (!diesAt(x, add))
        return;
    }
    // At the addition: other readers of the sum may stand before the norm.
    OpBuilder builder(add);
    auto fused = builder.create<AddRmsNormOp>(
        builder.getFusedLoc({add.getLoc(), norm.getLoc()}), add.getType(),
        norm.getType(), x, delta, select, norm.getWeightAttr(),
        norm.getEpsilonAttr());
    norm.replaceAllUsesWith(fused.getResult());
    norm.erase();
    add.replaceAllUsesWith(fused.getSum());
    add.erase();
  }
};
} // namespace
} // namespace llmc
