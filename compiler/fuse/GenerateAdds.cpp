// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "dialects/llm/LlmDialect.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/Pass/Pass.h"

using namespace mlir;
using namespace mlir::llm;

namespace llmc {
#define GEN_PASS_DEF_GENERATEADDS
#include "compiler/fuse/Passes.h.inc"

namespace {
struct GenerateAdds : impl::GenerateAddsBase<GenerateAdds> {
  void runOnOperation() override {
    func::FuncOp function;
    getOperation().walk([&](AddOp add) {
      if (!function)
        function = buildFunction(add.getLoc());
      ImplicitLocOpBuilder b(add.getLoc(), add);
      auto type = cast<RankedTensorType>(add.getType());
      auto call = b.create<GeneratedOp>(
          TypeRange{type}, FlatSymbolRefAttr::get(function), add->getOperands(),
          /*select=*/Value(), /*weights=*/ArrayAttr(), b.getI64IntegerAttr(type.getDimSize(1)),
          /*nodes=*/ArrayAttr());
      add.replaceAllUsesWith(call.getResult(0));
      add.erase();
    });
  }

  /// x + y of a flat slice.
  func::FuncOp buildFunction(Location loc) {
    ModuleOp module = getOperation();
    ImplicitLocOpBuilder b(loc, module.getBodyRegion());
    auto slice = RankedTensorType::get({ShapedType::kDynamic}, b.getF32Type());
    auto function = b.create<func::FuncOp>(
        "generated_add", b.getFunctionType({slice, slice, slice}, {slice}));
    function.setPrivate();
    function->setAttr(kGeneratedCodeAttr, b.getStringAttr("rrw"));
    Block *entry = function.addEntryBlock();
    b.setInsertionPointToStart(entry);
    SmallVector<AffineMap> maps(3, b.getMultiDimIdentityMap(1));
    auto generic = b.create<linalg::GenericOp>(
        TypeRange{slice}, entry->getArguments().drop_back(),
        entry->getArguments().take_back(), maps,
        SmallVector{utils::IteratorType::parallel},
        [](OpBuilder &nested, Location loc, ValueRange elements) {
          Value sum = nested.create<arith::AddFOp>(loc, elements[0], elements[1]);
          nested.create<linalg::YieldOp>(loc, sum);
        });
    b.create<func::ReturnOp>(generic.getResults());
    SymbolTable(module).insert(function);
    return function;
  }
};
} // namespace
} // namespace llmc
