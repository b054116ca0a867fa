// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "dialects/llm/LlmDialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"

using namespace mlir;
using namespace mlir::llm;

namespace llmc {
#define GEN_PASS_DEF_FUSESELECTROWS
#include "compiler/fuse/Passes.h.inc"

namespace {
struct FuseSelectRows : impl::FuseSelectRowsBase<FuseSelectRows> {
  void runOnOperation() override {
    getOperation().walk([](RmsNormOp norm) {
      auto select = norm.getX().getDefiningOp<SelectRowsOp>();
      if (!select || norm.getSelect())
        return;
      norm.getXMutable().assign(select.getX());
      norm.getSelectMutable().assign(select.getRows());
      if (select.use_empty())
        select.erase();
    });
  }
};
} // namespace
} // namespace llmc
