// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What no pattern takes: a maximal tree of elementwise nodes, and of reductions
// over a row, becomes one function of linalg on tensors, called by
// llm.generated.
#include "compiler/raise/Raiser.h"
#include "compiler/raise/ScalarCode.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/Support/raw_ostream.h"
#include <limits>

using namespace mlir;

namespace llmc {
namespace {

bool isReduction(Operation *op) {
  return isa<onnx::ReduceMeanOp, onnx::ReduceSumOp, onnx::ReduceMaxOp>(op);
}

/// A tree and what it reads: activations [rows, width] and vectors [width].
class Group {
public:
  Group(Raiser &raiser, int64_t width) : raiser(raiser), width(width) {}

  /// False, and perhaps an error, where something can be no part of the tree.
  bool collect(Value v, bool isRoot);
  Value build(Value root);

private:
  using Leaves = llvm::SmallSetVector<Value, 4>;

  bool isFlat() const { return vectors.empty() && !hasReduction; }
  bool addRows(Value v, Value value) {
    rows.insert(v);
    raised[v] = value;
    return true;
  }
  bool collectReduction(Operation *op);
  func::FuncOp buildFunction(Value root);

  // Inside the function: tensors of leaves and reductions by onnx value.
  using Tensors = llvm::DenseMap<Value, Value>;
  void leavesOf(Value v, Leaves &leaves);
  Value buildStage(ImplicitLocOpBuilder &b, Value v, Value out,
                   Operation *reduction, Tensors &tensors);
  Value buildReduction(ImplicitLocOpBuilder &b, Operation *op,
                       Tensors &tensors);
  Value emit(ImplicitLocOpBuilder &b, Value v, Tensors &scalars);

  Raiser &raiser;
  int64_t width;
  bool hasReduction = false;
  int64_t entered = 0;
  SmallVector<Operation *> nodes;
  Leaves rows, vectors;
  Tensors raised; // of `rows`
};

//===----------------------------------------------------------------------===//
// Which nodes
//===----------------------------------------------------------------------===//

bool Group::collectReduction(Operation *op) {
  if (!raiser.reducesLastAxis(op) ||
      raiser.probes.rowsWidth(op->getOperand(0)) != width ||
      !collect(op->getOperand(0), /*isRoot=*/false))
    return false;
  hasReduction = true;
  nodes.push_back(op);
  return true;
}

bool Group::collect(Value v, bool isRoot) {
  v = raiser.skip(v);
  if (rows.contains(v) || vectors.contains(v) || raiser.probes.scalar(v))
    return true;
  if (raiser.isVector(v, width))
    return vectors.insert(v);
  Operation *op = v.getDefiningOp();
  if (!op)
    return false;
  std::optional<int64_t> ownWidth = raiser.probes.rowsWidth(v);
  bool perRow = ownWidth == 1 && width != 1;
  if (perRow && llvm::is_contained(nodes, op))
    return true;
  if (perRow && isReduction(op))
    return collectReduction(op);
  // A value that others read too is a leaf; numbers of a row are cheap. What
  // LLVM takes for a function grows faster than the function.
  constexpr int64_t kMostNodes = 64;
  bool inside = scalarEmitter(op) &&
                (isRoot || perRow ||
                 (v.hasOneUse() && !raiser.known.lookup(v) && entered < kMostNodes));
  ++entered;
  if (!isRoot && ownWidth == width) {
    Value value = inside ? raiser.patterns(v) : raiser.rows(v);
    if (value)
      return addRows(v, value);
  }
  if (!inside) {
    raiser.fail(op, "is part of no pattern, and no code can be generated for it");
    return false;
  }
  for (Value operand : op->getOperands())
    if (!collect(operand, /*isRoot=*/false))
      return false;
  nodes.push_back(op);
  return true;
}

//===----------------------------------------------------------------------===//
// Their function
//===----------------------------------------------------------------------===//

void Group::leavesOf(Value v, Leaves &leaves) {
  v = raiser.skip(v);
  if (raiser.probes.scalar(v))
    return;
  if (rows.contains(v) || vectors.contains(v) ||
      isReduction(v.getDefiningOp())) {
    leaves.insert(v);
    return;
  }
  for (Value operand : v.getDefiningOp()->getOperands())
    leavesOf(operand, leaves);
}

Value Group::emit(ImplicitLocOpBuilder &b, Value v, Tensors &scalars) {
  v = raiser.skip(v);
  if (Value known = scalars.lookup(v))
    return known;
  if (std::optional<double> scalar = raiser.probes.scalar(v))
    return scalars[v] = scalarConstant(b, *scalar);
  Operation *op = v.getDefiningOp();
  SmallVector<Value> operands;
  for (Value operand : op->getOperands())
    operands.push_back(emit(b, operand, scalars));
  // The commonest power.
  if (isa<onnx::PowOp>(op) && raiser.probes.scalar(op->getOperand(1)) == 2.0)
    return scalars[v] = b.create<arith::MulFOp>(operands[0], operands[0]);
  return scalars[v] = scalarEmitter(op)(b, operands);
}

/// The tree at `v` down to leaves and reductions, for all elements into `out`,
/// or with `reduction` folded into the number `out`.
Value Group::buildStage(ImplicitLocOpBuilder &b, Value v, Value out,
                        Operation *reduction, Tensors &tensors) {
  Leaves leaves;
  leavesOf(v, leaves);
  SmallVector<Value> inputs;
  SmallVector<AffineMap> maps;
  AffineMap each = b.getMultiDimIdentityMap(1),
            one = AffineMap::get(1, 0, b.getContext());
  for (Value leaf : leaves) {
    if (!tensors.lookup(leaf))
      tensors[leaf] = buildReduction(b, leaf.getDefiningOp(), tensors);
    inputs.push_back(tensors[leaf]);
    bool isNumber = cast<RankedTensorType>(inputs.back().getType()).getRank() == 0;
    maps.push_back(isNumber ? one : each);
  }
  maps.push_back(reduction ? one : each);
  auto body = [&](OpBuilder &nested, Location loc, ValueRange elements) {
    ImplicitLocOpBuilder inner(loc, nested);
    Tensors scalars;
    for (auto [leaf, element] : llvm::zip(leaves, elements)) {
      // A mean is kept as its sum.
      bool isMean = isa_and_nonnull<onnx::ReduceMeanOp>(leaf.getDefiningOp()) &&
                    !rows.contains(leaf);
      scalars[leaf] = isMean ? inner.create<arith::MulFOp>(
                                   element, scalarConstant(inner, 1.0 / width))
                             : element;
    }
    Value result = emit(inner, v, scalars);
    if (isa_and_nonnull<onnx::ReduceMaxOp>(reduction))
      result = inner.create<arith::MaximumFOp>(elements.back(), result);
    else if (reduction)
      result = inner.create<arith::AddFOp>(elements.back(), result);
    inner.create<linalg::YieldOp>(result);
  };
  auto iterator = reduction ? utils::IteratorType::reduction
                            : utils::IteratorType::parallel;
  return b
      .create<linalg::GenericOp>(TypeRange{out.getType()}, inputs,
                                 ValueRange{out}, maps, iterator, body)
      .getResult(0);
}

Value Group::buildReduction(ImplicitLocOpBuilder &b, Operation *op,
                            Tensors &tensors) {
  double start = isa<onnx::ReduceMaxOp>(op)
                     ? -std::numeric_limits<double>::infinity()
                     : 0.0;
  Value empty = b.create<tensor::EmptyOp>(ArrayRef<int64_t>(), b.getF32Type());
  Value filled =
      b.create<linalg::FillOp>(scalarConstant(b, start), empty).getResult(0);
  return buildStage(b, op->getOperand(0), filled, op, tensors);
}

/// The function of one flat slice, or of one row.
func::FuncOp Group::buildFunction(Value root) {
  OpBuilder::InsertionGuard guard(raiser.b);
  raiser.b.setInsertionPoint(raiser.b.getInsertionBlock()->getParentOp());
  ImplicitLocOpBuilder b(root.getLoc(), raiser.b);
  auto tensor = RankedTensorType::get(
      {isFlat() ? ShapedType::kDynamic : width}, b.getF32Type());
  SmallVector<Type> arguments(rows.size() + vectors.size() + 1, tensor);
  auto function = b.create<func::FuncOp>(
      "generated", b.getFunctionType(arguments, {tensor}));
  function.setPrivate();
  std::string letters = std::string(rows.size(), 'r') +
                        std::string(vectors.size(), 'c') + "w";
  function->setAttr(kGeneratedAttr, b.getStringAttr(letters));
  Block *entry = function.addEntryBlock();
  b.setInsertionPointToStart(entry);
  Tensors tensors;
  for (auto [leaf, argument] :
       llvm::zip(llvm::concat<const Value>(rows.getArrayRef(),
                                           vectors.getArrayRef()),
                 entry->getArguments()))
    tensors[leaf] = argument;
  Value result = buildStage(b, root, entry->getArguments().back(),
                            /*reduction=*/nullptr, tensors);
  b.create<func::ReturnOp>(result);
  return raiser.shareGenerated(function);
}

Value Group::build(Value root) {
  func::FuncOp function = buildFunction(root);
  OpBuilder &b = raiser.b;
  SmallVector<Value> inputs;
  for (Value row : rows)
    inputs.push_back(raised[row]);
  SmallVector<Attribute> weights, names;
  for (Value vector : vectors)
    weights.push_back(raiser.vector(vector, width, nodes.back()));
  for (Operation *node : nodes)
    names.push_back(b.getStringAttr(onnx::nameOf(node)));
  auto call = b.create<llm::GeneratedOp>(
      root.getLoc(), TypeRange{raiser.rowsOf(width)},
      FlatSymbolRefAttr::get(function), inputs, /*select=*/Value(),
      weights.empty() ? ArrayAttr() : b.getArrayAttr(weights),
      b.getI64IntegerAttr(isFlat() ? width : 1), b.getArrayAttr(names));
  return call.getResult(0);
}

} // namespace

Value raiseElementwise(Raiser &raiser, Value v) {
  std::optional<int64_t> width = raiser.probes.rowsWidth(v);
  if (!width || !scalarEmitter(v.getDefiningOp()))
    return {};
  Group group(raiser, *width);
  return group.collect(v, /*isRoot=*/true) ? group.build(v) : Value();
}

func::FuncOp Raiser::shareGenerated(func::FuncOp function) {
  // Equal functions differ in nothing but their name.
  std::string text;
  llvm::raw_string_ostream os(text);
  function.print(os, OpPrintingFlags().useLocalScope());
  auto [found, isNew] = generated.try_emplace(text, function);
  if (!isNew) {
    function.erase();
    return found->second;
  }
  function.setName(("generated_" + Twine(generated.size() - 1)).str());
  return function;
}

} // namespace llmc
