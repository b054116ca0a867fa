// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What no pattern takes: a maximal tree of elementwise nodes becomes one
// function of linalg on tensors, called by llm.generated.
#include "compiler/raise/Raiser.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/raw_ostream.h"
#include <cmath>

using namespace mlir;

namespace llmc {
namespace {

using V = ValueRange;
using Emit = Value (*)(ImplicitLocOpBuilder &, V);

Value number(ImplicitLocOpBuilder &b, double value) {
  return b.create<arith::ConstantOp>(b.getF32FloatAttr(float(value)));
}

Value sigmoid(ImplicitLocOpBuilder &b, V v) {
  Value exp = b.create<math::ExpOp>(b.create<arith::NegFOp>(v[0]));
  Value one = number(b, 1);
  return b.create<arith::DivFOp>(one, b.create<arith::AddFOp>(one, exp));
}

/// x / 2 * (1 + erf(x / sqrt(2))).
Value gelu(ImplicitLocOpBuilder &b, V v) {
  Value erf = b.create<math::ErfOp>(
      b.create<arith::MulFOp>(v[0], number(b, std::sqrt(0.5))));
  Value factor = b.create<arith::AddFOp>(number(b, 1), erf);
  return b.create<arith::MulFOp>(
      b.create<arith::MulFOp>(v[0], number(b, 0.5)), factor);
}

template <typename Op> Value binary(ImplicitLocOpBuilder &b, V v) {
  return b.create<Op>(v[0], v[1]);
}
template <typename Op> Value unary(ImplicitLocOpBuilder &b, V v) {
  return b.create<Op>(v[0]);
}
template <arith::CmpFPredicate Predicate>
Value compare(ImplicitLocOpBuilder &b, V v) {
  return b.create<arith::CmpFOp>(Predicate, v[0], v[1]);
}

/// How code for one element of the node is made; null where it is not
/// elementwise on floats.
Emit emitterOf(Operation *op) {
  using P = arith::CmpFPredicate;
  return llvm::TypeSwitch<Operation *, Emit>(op)
      .Case<onnx::AddOp>([](auto) { return &binary<arith::AddFOp>; })
      .Case<onnx::SubOp>([](auto) { return &binary<arith::SubFOp>; })
      .Case<onnx::MulOp>([](auto) { return &binary<arith::MulFOp>; })
      .Case<onnx::DivOp>([](auto) { return &binary<arith::DivFOp>; })
      .Case<onnx::PowOp>([](auto) { return &binary<math::PowFOp>; })
      .Case<onnx::NegOp>([](auto) { return &unary<arith::NegFOp>; })
      .Case<onnx::AbsOp>([](auto) { return &unary<math::AbsFOp>; })
      .Case<onnx::SqrtOp>([](auto) { return &unary<math::SqrtOp>; })
      .Case<onnx::ExpOp>([](auto) { return &unary<math::ExpOp>; })
      .Case<onnx::LogOp>([](auto) { return &unary<math::LogOp>; })
      .Case<onnx::ErfOp>([](auto) { return &unary<math::ErfOp>; })
      .Case<onnx::CosOp>([](auto) { return &unary<math::CosOp>; })
      .Case<onnx::SinOp>([](auto) { return &unary<math::SinOp>; })
      .Case<onnx::TanhOp>([](auto) { return &unary<math::TanhOp>; })
      .Case<onnx::FloorOp>([](auto) { return &unary<math::FloorOp>; })
      .Case<onnx::CeilOp>([](auto) { return &unary<math::CeilOp>; })
      .Case<onnx::SigmoidOp>([](auto) { return &sigmoid; })
      .Case<onnx::GeluOp>([](auto) { return &gelu; })
      .Case<onnx::ReluOp>([](auto) -> Emit {
        return [](ImplicitLocOpBuilder &b, V v) -> Value {
          return b.create<arith::MaximumFOp>(v[0], number(b, 0));
        };
      })
      .Case<onnx::ReciprocalOp>([](auto) -> Emit {
        return [](ImplicitLocOpBuilder &b, V v) -> Value {
          return b.create<arith::DivFOp>(number(b, 1), v[0]);
        };
      })
      .Case<onnx::WhereOp>([](auto) -> Emit {
        return [](ImplicitLocOpBuilder &b, V v) -> Value {
          return b.create<arith::SelectOp>(v[0], v[1], v[2]);
        };
      })
      .Case<onnx::GreaterOp>([](auto) { return &compare<P::OGT>; })
      .Case<onnx::GreaterOrEqualOp>([](auto) { return &compare<P::OGE>; })
      .Case<onnx::LessOp>([](auto) { return &compare<P::OLT>; })
      .Case<onnx::LessOrEqualOp>([](auto) { return &compare<P::OLE>; })
      .Case<onnx::EqualOp>([](auto) { return &compare<P::OEQ>; })
      .Case<onnx::MinOp>([](auto op) -> Emit {
        return op->getNumOperands() == 2 ? &binary<arith::MinimumFOp> : nullptr;
      })
      .Case<onnx::MaxOp>([](auto op) -> Emit {
        return op->getNumOperands() == 2 ? &binary<arith::MaximumFOp> : nullptr;
      })
      .Default(Emit(nullptr));
}

/// An operand of the tree: an activation [rows, width], a vector [width] or a
/// number.
struct Leaf {
  enum Kind { Rows, Vector, Number } kind;
  Value value;
};

/// A tree of elementwise nodes over leaves.
class Group {
public:
  Group(Raiser &raiser, int64_t width) : raiser(raiser), width(width) {}

  /// False where something is neither elementwise nor a leaf.
  bool collect(Value v, bool isRoot);
  Value build(Value root);

private:
  bool isLeaf(Value v);
  func::FuncOp buildFunction(Value root);
  Value emit(ImplicitLocOpBuilder &b, Value v,
             llvm::DenseMap<Value, Value> &scalars);

  Raiser &raiser;
  int64_t width;
  SmallVector<Operation *> nodes;
  llvm::SmallSetVector<Value, 4> rows, vectors; // leaves, of the onnx graph
  llvm::SmallDenseMap<Value, Value> raised;     // of `rows`
};

bool Group::isLeaf(Value v) {
  if (rows.contains(v) || vectors.contains(v) || raiser.probes.scalar(v))
    return true;
  if (raiser.isVector(v, width)) {
    vectors.insert(v);
    return true;
  }
  return false;
}

bool Group::collect(Value v, bool isRoot) {
  v = raiser.skip(v);
  if (isLeaf(v))
    return true;
  Operation *op = v.getDefiningOp();
  if (!op)
    return false;
  bool inside = emitterOf(op) && (isRoot || (v.hasOneUse() && !raiser.known.lookup(v)));
  if (inside && !isRoot && raiser.probes.rowsWidth(v) == width)
    if (Value value = raiser.patterns(v)) {
      rows.insert(v);
      raised[v] = value;
      return true;
    }
  if (!inside) {
    if (raiser.probes.rowsWidth(v) != width)
      return false;
    Value value = raiser.rows(v);
    if (!value)
      return false;
    rows.insert(v);
    raised[v] = value;
    return true;
  }
  for (Value operand : op->getOperands())
    if (!collect(operand, /*isRoot=*/false))
      return false;
  nodes.push_back(op);
  return true;
}

Value Group::emit(ImplicitLocOpBuilder &b, Value v,
                  llvm::DenseMap<Value, Value> &scalars) {
  v = raiser.skip(v);
  if (Value known = scalars.lookup(v))
    return known;
  Value result;
  if (std::optional<double> scalar = raiser.probes.scalar(v)) {
    result = number(b, *scalar);
  } else {
    Operation *op = v.getDefiningOp();
    std::optional<double> power = isa<onnx::PowOp>(op)
                                      ? raiser.probes.scalar(op->getOperand(1))
                                      : std::nullopt;
    SmallVector<Value> operands;
    for (Value operand : op->getOperands())
      operands.push_back(emit(b, operand, scalars));
    result = power && *power == 2
                 ? binary<arith::MulFOp>(b, {operands[0], operands[0]})
                 : emitterOf(op)(b, operands);
  }
  return scalars[v] = result;
}

/// The function of one flat slice, or of one row when vectors take part.
func::FuncOp Group::buildFunction(Value root) {
  OpBuilder::InsertionGuard guard(raiser.b);
  raiser.b.setInsertionPoint(raiser.b.getInsertionBlock()->getParentOp());
  ImplicitLocOpBuilder b(root.getLoc(), raiser.b);
  int64_t size = vectors.empty() ? ShapedType::kDynamic : width;
  auto tensor = RankedTensorType::get({size}, b.getF32Type());
  SmallVector<Type> arguments(rows.size() + vectors.size() + 1, tensor);
  auto function = b.create<func::FuncOp>(
      "generated", b.getFunctionType(arguments, {tensor}));
  function.setPrivate();
  std::string letters = std::string(rows.size(), 'r') +
                        std::string(vectors.size(), 'c') + "w";
  function->setAttr(kGeneratedAttr, b.getStringAttr(letters));
  Block *entry = function.addEntryBlock();
  b.setInsertionPointToStart(entry);
  SmallVector<AffineMap> maps(arguments.size(), b.getMultiDimIdentityMap(1));
  auto generic = b.create<linalg::GenericOp>(
      TypeRange{tensor}, entry->getArguments().drop_back(),
      entry->getArguments().take_back(), maps,
      SmallVector{utils::IteratorType::parallel},
      [&](OpBuilder &nested, Location loc, ValueRange elements) {
        ImplicitLocOpBuilder inner(loc, nested);
        llvm::DenseMap<Value, Value> scalars;
        for (auto [leaf, element] : llvm::zip(
                 llvm::concat<const Value>(rows.getArrayRef(),
                                           vectors.getArrayRef()),
                 elements))
          scalars[leaf] = element;
        inner.create<linalg::YieldOp>(emit(inner, root, scalars));
      });
  b.create<func::ReturnOp>(generic.getResults());
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
      FlatSymbolRefAttr::get(function), inputs,
      weights.empty() ? ArrayAttr() : b.getArrayAttr(weights),
      b.getI64IntegerAttr(vectors.empty() ? width : 1), b.getArrayAttr(names));
  return call.getResult(0);
}

} // namespace

Value raiseElementwise(Raiser &raiser, Value v) {
  std::optional<int64_t> width = raiser.probes.rowsWidth(v);
  if (!width || !emitterOf(v.getDefiningOp()))
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
