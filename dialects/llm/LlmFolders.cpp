// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Canonical form: rows are selected as early as their values allow, so that
// what follows works on the selected rows only.
#include "dialects/llm/LlmDialect.h"

#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace mlir::llm;

/// The type of `type`'s rows in the number of `rows`'s.
static RankedTensorType withRows(Type type, Type rows) {
  auto tensor = cast<RankedTensorType>(type);
  return RankedTensorType::get(
      {cast<RankedTensorType>(rows).getDimSize(0), tensor.getDimSize(1)},
      tensor.getElementType(), tensor.getEncoding());
}

/// select_rows(linear(x)) -> linear(select_rows(x)), for f32 x.
static LogicalResult selectBeforeLinear(SelectRowsOp select,
                                        PatternRewriter &rewriter) {
  auto linear = select.getX().getDefiningOp<LinearOp>();
  if (!linear || !linear->hasOneUse() ||
      !cast<TensorType>(linear.getX().getType()).getElementType().isF32())
    return failure();
  Type rows = select.getRows().getType();
  Value x = rewriter.create<SelectRowsOp>(
      select.getLoc(), withRows(linear.getX().getType(), rows), linear.getX(),
      select.getRows());
  rewriter.replaceOpWithNewOp<LinearOp>(select, select.getType(), x,
                                        linear.getWeightAttr(),
                                        linear.getBiasAttr());
  return success();
}

/// select_rows(rms_norm(x)) -> rms_norm(select_rows(x)).
static LogicalResult selectBeforeRmsNorm(SelectRowsOp select,
                                         PatternRewriter &rewriter) {
  auto norm = select.getX().getDefiningOp<RmsNormOp>();
  if (!norm || !norm->hasOneUse() || norm.getSelect())
    return failure();
  Type rows = select.getRows().getType();
  Value x = rewriter.create<SelectRowsOp>(
      select.getLoc(), withRows(norm.getX().getType(), rows), norm.getX(),
      select.getRows());
  rewriter.replaceOpWithNewOp<RmsNormOp>(select, select.getType(), x, Value(),
                                         norm.getWeightAttr(),
                                         norm.getEpsilonAttr());
  return success();
}

void SelectRowsOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                               MLIRContext *) {
  patterns.add(selectBeforeLinear);
  patterns.add(selectBeforeRmsNorm);
}
