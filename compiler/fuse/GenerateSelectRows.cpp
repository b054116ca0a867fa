// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "dialects/llm/LlmDialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/Pass/Pass.h"

using namespace mlir;
using namespace mlir::llm;

namespace llmc {
#define GEN_PASS_DEF_GENERATESELECTROWS
#include "compiler/fuse/Passes.h.inc"

namespace {
struct GenerateSelectRows
    : impl::GenerateSelectRowsBase<GenerateSelectRows> {
  void runOnOperation() override {
    DenseMap<int64_t, func::FuncOp> functions; // by width
    getOperation().walk([&](SelectRowsOp select) {
      auto type = cast<RankedTensorType>(select.getType());
      func::FuncOp &function = functions[type.getDimSize(1)];
      if (!function)
        function = buildFunction(select.getLoc(), type.getDimSize(1));
      ImplicitLocOpBuilder b(select.getLoc(), select);
      auto call = b.create<GeneratedOp>(
          TypeRange{type}, FlatSymbolRefAttr::get(function), select.getX(),
          select.getRows(), /*weights=*/ArrayAttr(), b.getI64IntegerAttr(1),
          /*nodes=*/ArrayAttr());
      select.replaceAllUsesWith(call.getResult(0));
      select.erase();
    });
  }

  /// A copy of one row.
  func::FuncOp buildFunction(Location loc, int64_t width) {
    ModuleOp module = getOperation();
    ImplicitLocOpBuilder b(loc, module.getBodyRegion());
    auto row = RankedTensorType::get({width}, b.getF32Type());
    auto ids = RankedTensorType::get({ShapedType::kDynamic}, b.getI32Type());
    auto function = b.create<func::FuncOp>(
        "generated_select_rows", b.getFunctionType({row, ids, row}, {row}));
    function.setPrivate();
    function->setAttr(kGeneratedCodeAttr, b.getStringAttr("giw"));
    Block *entry = function.addEntryBlock();
    b.setInsertionPointToStart(entry);
    // By index: a plain copy would be folded into its source.
    auto generic = b.create<linalg::GenericOp>(
        TypeRange{row}, ValueRange(), entry->getArguments().take_back(),
        b.getMultiDimIdentityMap(1), SmallVector{utils::IteratorType::parallel},
        [&](OpBuilder &nested, Location loc, ValueRange) {
          Value at = nested.create<linalg::IndexOp>(loc, 0);
          Value x = nested.create<tensor::ExtractOp>(loc, entry->getArgument(0),
                                                     ValueRange{at});
          nested.create<linalg::YieldOp>(loc, x);
        });
    b.create<func::ReturnOp>(generic.getResults());
    SymbolTable(module).insert(function);
    return function;
  }
};
} // namespace
} // namespace llmc
