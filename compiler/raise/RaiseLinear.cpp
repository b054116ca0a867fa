// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Gather, perhaps times a number -> llm.embedding; MatMul or Gemm, perhaps plus a bias -> llm.linear;
// the sum of two activations -> llm.add.
#include "compiler/raise/Raiser.h"

using namespace mlir;

namespace llmc {

Value raiseEmbedding(Raiser &raiser, Value v) {
  double scale = 1;
  Value rows = v;
  if (auto mul = v.getDefiningOp<onnx::MulOp>()) {
    rows = raiser.otherIf(mul, [&](Value side) {
      std::optional<double> number = raiser.probes.scalar(side);
      scale = number.value_or(1);
      return number.has_value();
    });
    rows = rows ? raiser.skip(rows) : v;
  }
  auto gather = rows.getDefiningOp<onnx::GatherOp>();
  if (!gather || onnx::getInt(gather, "axis", 0) != 0 ||
      raiser.skip(gather->getOperand(1)) != raiser.inputs.inputIds ||
      !raiser.isMatrix(gather->getOperand(0)))
    return {};
  std::optional<int64_t> vocab = raiser.probes.size(gather->getOperand(0), 0);
  std::optional<int64_t> width = raiser.probes.rowsWidth(v);
  if (!vocab || !width)
    return {};
  FlatSymbolRefAttr table =
      raiser.matrix(gather->getOperand(0), /*transposed=*/false, gather);
  raiser.facts.hidden = *width;
  raiser.facts.sourceType = raiser.probes.at(0, gather->getOperand(0)).type;
  return raiser.b.create<llm::EmbeddingOp>(
      gather.getLoc(), raiser.rowsOf(*width), raiser.tokens, table,
      raiser.b.getF64FloatAttr(scale));
}

namespace {
/// A product with a constant matrix.
struct Product {
  Operation *op = nullptr;
  Value x, weight, bias;
  Slice columns;          // that the bias is added to, all without one
  bool transposed = true; // the weight is [k, n]
  bool isBlocks() const { return isa<onnx::MicrosoftMatMulNBitsOp>(op); }
};
} // namespace

static std::optional<Product> matchProduct(const Raiser &raiser, Value v) {
  Product product;
  product.op = raiser.skip(v).getDefiningOp();
  if (!product.op || !isa<onnx::MatMulOp, onnx::GemmOp,
                          onnx::MicrosoftMatMulNBitsOp>(product.op))
    return std::nullopt;
  product.x = product.op->getOperand(0);
  if (product.isBlocks()) {
    std::optional<int64_t> n = raiser.probes.rowsWidth(product.op->getResult(0));
    product.bias = onnx::getInput(product.op, 5);
    if (!n || !raiser.probes.rowsWidth(product.x) ||
        (product.bias && !raiser.isVector(product.bias, *n)))
      return std::nullopt;
    return product;
  }
  product.weight = product.op->getOperand(1);
  if (isa<onnx::GemmOp>(product.op)) {
    if (onnx::getInt(product.op, "transA", 0) != 0)
      return std::nullopt;
    product.transposed = onnx::getInt(product.op, "transB", 0) == 0;
    product.bias = onnx::getInput(product.op, 2);
  }
  std::optional<int64_t> n = raiser.probes.rowsWidth(product.op->getResult(0));
  if (!n || !raiser.probes.rowsWidth(product.x) ||
      !raiser.isMatrix(product.weight) ||
      (product.bias && !raiser.isVector(product.bias, *n)))
    return std::nullopt;
  return product;
}

/// What `v` is a slice of the columns of, and which: by Split or Slice.
static std::optional<std::pair<Value, Slice>> columnsOf(const Raiser &raiser,
                                                        Value v) {
  Operation *op = v.getDefiningOp();
  if (!isa_and_nonnull<onnx::SplitOp, onnx::SliceOp>(op))
    return std::nullopt;
  Value from = op->getOperand(0);
  std::optional<int64_t> width = raiser.probes.rowsWidth(v);
  if (!width || *width == 0 || !raiser.probes.rowsWidth(from) ||
      raiser.probes.rank(v) != raiser.probes.rank(from))
    return std::nullopt;
  Slice slice{0, *width};
  if (isa<onnx::SplitOp>(op)) {
    for (Value part : op->getResults().take_front(
             cast<OpResult>(v).getResultNumber()))
      slice.begin += raiser.probes.size(part, -1).value_or(0);
    return std::pair(from, slice);
  }
  std::optional<double> start = raiser.probes.scalar(op->getOperand(1));
  Value steps = onnx::getInput(op, 4);
  if (!start || (steps && raiser.probes.scalar(steps) != 1.0))
    return std::nullopt;
  slice.begin = int64_t(*start);
  if (slice.begin < 0)
    slice.begin += *raiser.probes.rowsWidth(from);
  return std::pair(from, slice);
}

/// A product or columns of one.
static std::optional<Product> matchPart(const Raiser &raiser, Value v) {
  v = raiser.skip(v);
  if (std::optional<Product> product = matchProduct(raiser, v))
    return product;
  auto columns = columnsOf(raiser, v);
  auto product = columns ? matchPart(raiser, columns->first) : std::nullopt;
  if (product) {
    product->columns.begin += columns->second.begin;
    product->columns.count = columns->second.count;
  }
  return product;
}

/// A product, or the sum of columns of one and a vector.
static std::optional<Product> matchBiased(const Raiser &raiser, Value v) {
  if (std::optional<Product> product = matchProduct(raiser, v))
    return product;
  auto add = v.getDefiningOp<onnx::AddOp>();
  std::optional<int64_t> width = raiser.probes.rowsWidth(v);
  if (!add || !width)
    return std::nullopt;
  Value bias;
  Value other = raiser.otherIf(add, [&](Value side) {
    bias = side;
    return raiser.isVector(side, *width);
  });
  std::optional<Product> product =
      other ? matchPart(raiser, other) : std::nullopt;
  if (!product || product->bias)
    return std::nullopt;
  product->bias = bias;
  return product;
}

/// The columns of `slice` of a linear, from `x`.
static Value buildLinear(Raiser &raiser, const Product &product, Value x,
                         Slice slice) {
  int64_t n = *raiser.probes.rowsWidth(product.op->getResult(0));
  Slice rows = slice;
  if (!product.columns.isAll()) {
    n = product.columns.count;
    rows.begin += product.columns.begin;
    rows.count = slice.isAll() ? n : slice.count;
  }
  FlatSymbolRefAttr weight =
      product.isBlocks()
          ? raiser.blockMatrix(product.op, rows)
          : raiser.matrix(product.weight, product.transposed, product.op, rows);
  if (!weight)
    return {};
  FlatSymbolRefAttr bias =
      product.bias ? raiser.vector(product.bias, n, product.op, slice)
                   : FlatSymbolRefAttr();
  return raiser.b.create<llm::LinearOp>(
      product.op->getLoc(), raiser.rowsOf(slice.isAll() ? n : slice.count), x,
      weight, bias);
}

Value raiseLinear(Raiser &raiser, Value v, Value select) {
  std::optional<Product> product = matchBiased(raiser, v);
  Value x = product ? raiser.rows(product->x) : Value();
  if (!x)
    return {};
  int64_t k = *raiser.probes.rowsWidth(product->x);
  if (select)
    x = raiser.b.create<llm::SelectRowsOp>(product->op->getLoc(),
                                           raiser.rowsOf(k), x, select);
  else
    raiser.facts.widest = std::max(raiser.facts.widest, k);
  return buildLinear(raiser, *product, x, {});
}

/// `v` before it was given another shape of the same rows.
static Value sameRows(const Raiser &raiser, Value v) {
  v = raiser.skip(v);
  std::optional<int64_t> width = raiser.probes.rowsWidth(v);
  while (isa_and_nonnull<onnx::ReshapeOp, onnx::FlattenOp, onnx::SqueezeOp,
                         onnx::UnsqueezeOp>(v.getDefiningOp()) &&
         raiser.probes.rowsWidth(v.getDefiningOp()->getOperand(0)) == width)
    v = raiser.skip(v.getDefiningOp()->getOperand(0));
  return v;
}

std::optional<LinearInput> matchLinear(const Raiser &raiser, Value v) {
  v = sameRows(raiser, v);
  if (std::optional<Product> product = matchBiased(raiser, v))
    return LinearInput{sameRows(raiser, product->x), bool(product->bias)};
  auto columns = columnsOf(raiser, v);
  return columns ? matchLinear(raiser, columns->first) : std::nullopt;
}

Value raiseColumns(Raiser &raiser, Value v, Slice slice) {
  v = sameRows(raiser, v);
  std::optional<Product> product = matchBiased(raiser, v);
  if (!product) {
    auto columns = columnsOf(raiser, v);
    if (!columns)
      return {};
    auto [from, outer] = *columns;
    if (slice.isAll())
      slice.count = outer.count;
    slice.begin += outer.begin;
    return raiseColumns(raiser, from, slice);
  }
  Value x = raiser.rows(product->x);
  return x ? buildLinear(raiser, *product, x, slice) : Value();
}

Value raiseSlice(Raiser &raiser, Value v) {
  auto columns = columnsOf(raiser, v);
  if (!columns)
    return {};
  if (Value result = raiseColumns(raiser, v, {}); result || raiser.hasFailed())
    return result;
  return generateColumns(raiser, columns->first, columns->second,
                         v.getDefiningOp());
}

Value raiseAdd(Raiser &raiser, Value v) {
  auto add = v.getDefiningOp<onnx::AddOp>();
  std::optional<int64_t> width = raiser.probes.rowsWidth(v);
  if (!add || !width || raiser.probes.rowsWidth(add->getOperand(0)) != width ||
      raiser.probes.rowsWidth(add->getOperand(1)) != width)
    return {};
  Value lhs = raiser.rows(add->getOperand(0));
  Value rhs = lhs ? raiser.rows(add->getOperand(1)) : Value();
  if (!rhs)
    return {};
  return raiser.b.create<llm::AddOp>(add.getLoc(), lhs, rhs);
}

} // namespace llmc
