// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/fuse/JoinWeights.h"
#include "kernels/activation/gated_activation.h"

#include "mlir/IR/Builders.h"
#include "mlir/Pass/Pass.h"

using namespace mlir;
using namespace mlir::llm;

namespace llmc {
#define GEN_PASS_DEF_FUSEGATEUP
#include "compiler/fuse/Passes.h.inc"

namespace {
struct FuseGateUp : impl::FuseGateUpBase<FuseGateUp> {
  void runOnOperation() override {
    WeightJoiner joiner(getOperation());
    getOperation().walk([&](GatedActivationOp op) {
      if (!op.getUp())
        return;
      auto gate = op.getGate().getDefiningOp<LinearOp>();
      auto up = op.getUp().getDefiningOp<LinearOp>();
      if (!gate || !up || !joiner.canJoin({gate, up}))
        return;
      OpBuilder builder(op);
      LinearOp joined = joiner.join(builder, {gate, up},
                                    {LLMC_GATE_CHUNK, LLMC_GATE_CHUNK}, "gate_up");
      op.getUpMutable().clear();
      op.getGateMutable().assign(joined);
      gate.erase();
      up.erase();
    });
  }
};
} // namespace
} // namespace llmc
