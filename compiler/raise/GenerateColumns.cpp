// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Columns of what is no linear: a copy of part of each row, called by
// llm.generated.
#include "compiler/raise/Raiser.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

using namespace mlir;

namespace llmc {

/// Columns of one row [width].
static func::FuncOp buildFunction(Raiser &raiser, Location loc, int64_t width,
                                  Slice slice) {
  OpBuilder::InsertionGuard guard(raiser.b);
  raiser.b.setInsertionPoint(raiser.b.getInsertionBlock()->getParentOp());
  ImplicitLocOpBuilder b(loc, raiser.b);
  auto from = RankedTensorType::get({width}, b.getF32Type());
  auto to = RankedTensorType::get({slice.count}, b.getF32Type());
  auto function =
      b.create<func::FuncOp>("generated", b.getFunctionType({from, to}, {to}));
  function.setPrivate();
  function->setAttr(kGeneratedAttr, b.getStringAttr("rw"));
  Block *entry = function.addEntryBlock();
  b.setInsertionPointToStart(entry);
  // By index: a plain copy would be folded into its source.
  auto copy = b.create<linalg::GenericOp>(
      TypeRange{to}, ValueRange(), entry->getArgument(1),
      b.getMultiDimIdentityMap(1), SmallVector{utils::IteratorType::parallel},
      [&](OpBuilder &nested, Location loc, ValueRange) {
        ImplicitLocOpBuilder inner(loc, nested);
        Value at = inner.create<arith::AddIOp>(
            inner.create<linalg::IndexOp>(0),
            inner.create<arith::ConstantIndexOp>(slice.begin));
        inner.create<linalg::YieldOp>(
            inner.create<tensor::ExtractOp>(entry->getArgument(0), at).getResult());
      });
  b.create<func::ReturnOp>(copy.getResults());
  return raiser.shareGenerated(function);
}

Value generateColumns(Raiser &raiser, Value from, Slice slice, Operation *node) {
  std::optional<int64_t> width = raiser.probes.rowsWidth(from);
  Value x = width && !slice.pairs && !slice.step ? raiser.rows(from) : Value();
  if (!x)
    return {};
  OpBuilder &b = raiser.b;
  func::FuncOp function = buildFunction(raiser, node->getLoc(), *width, slice);
  auto call = b.create<llm::GeneratedOp>(
      node->getLoc(), TypeRange{raiser.rowsOf(slice.count)},
      FlatSymbolRefAttr::get(function), x, /*select=*/Value(),
      /*weights=*/ArrayAttr(), b.getI64IntegerAttr(1),
      b.getArrayAttr(b.getStringAttr(onnx::nameOf(node))));
  return call.getResult(0);
}

} // namespace llmc
