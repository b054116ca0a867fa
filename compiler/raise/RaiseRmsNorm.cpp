// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// x / sqrt(mean(x^2) + epsilon) * weight -> llm.rms_norm, in the spellings of
// exporters: the root in a Div, a Reciprocal or a Pow, the square in a Pow or a
// Mul, factors in any order.
#include "compiler/raise/Raiser.h"

#include <charconv>

using namespace mlir;

namespace llmc {

namespace {
struct RmsNormMatch {
  Value x, weight;
  double epsilon = 0;
};
} // namespace

/// The decimal number that an f32 was written as: 1e-05, not 9.99999974e-06.
static double decimal(double value) {
  char text[32];
  auto end = std::to_chars(text, std::end(text) - 1, float(value)).ptr;
  *end = 0;
  return std::strtod(text, nullptr);
}

static double epsilonOf(Operation *op) {
  return decimal(onnx::getFloat(op, "epsilon", 1e-5));
}

static bool isNumber(const Raiser &raiser, Value v, double number) {
  std::optional<double> scalar = raiser.probes.scalar(v);
  return scalar && *scalar == number;
}

/// x when `v` is x squared.
static Value squared(const Raiser &raiser, Value v) {
  if (auto pow = raiser.def<onnx::PowOp>(v))
    return isNumber(raiser, pow->getOperand(1), 2) ? pow->getOperand(0) : Value();
  auto mul = raiser.def<onnx::MulOp>(v);
  if (mul && raiser.skip(mul->getOperand(0)) == raiser.skip(mul->getOperand(1)))
    return mul->getOperand(0);
  return {};
}

/// x when `v` is mean(x^2) + epsilon over the last axis.
static Value meanSquare(const Raiser &raiser, Value v, double &epsilon) {
  auto add = raiser.def<onnx::AddOp>(v);
  if (!add)
    return {};
  Value mean = raiser.otherIf(add, [&](Value side) {
    std::optional<double> number = raiser.probes.scalar(side);
    epsilon = number ? decimal(*number) : -1;
    return epsilon >= 0;
  });
  auto reduce = mean ? raiser.def<onnx::ReduceMeanOp>(mean) : nullptr;
  if (!reduce || !raiser.reducesLastAxis(reduce))
    return {};
  return squared(raiser, reduce->getOperand(0));
}

/// x when `v` is sqrt(mean(x^2) + epsilon).
static Value rootMeanSquare(const Raiser &raiser, Value v, double &epsilon) {
  if (auto sqrt = raiser.def<onnx::SqrtOp>(v))
    return meanSquare(raiser, sqrt->getOperand(0), epsilon);
  auto pow = raiser.def<onnx::PowOp>(v);
  if (pow && isNumber(raiser, pow->getOperand(1), 0.5))
    return meanSquare(raiser, pow->getOperand(0), epsilon);
  return {};
}

/// x when `v` is 1 / sqrt(mean(x^2) + epsilon).
static Value inverseRoot(const Raiser &raiser, Value v, double &epsilon) {
  if (auto div = raiser.def<onnx::DivOp>(v))
    return isNumber(raiser, div->getOperand(0), 1)
               ? rootMeanSquare(raiser, div->getOperand(1), epsilon)
               : Value();
  if (auto reciprocal = raiser.def<onnx::ReciprocalOp>(v))
    return rootMeanSquare(raiser, reciprocal->getOperand(0), epsilon);
  auto pow = raiser.def<onnx::PowOp>(v);
  if (pow && isNumber(raiser, pow->getOperand(1), -0.5))
    return meanSquare(raiser, pow->getOperand(0), epsilon);
  return {};
}

/// x when `v` is x / sqrt(mean(x^2) + epsilon).
static Value normalized(const Raiser &raiser, Value v, double &epsilon) {
  auto same = [&](Value x, Value of) {
    return of && raiser.skip(x) == raiser.skip(of) ? raiser.skip(x) : Value();
  };
  if (auto div = raiser.def<onnx::DivOp>(v))
    return same(div->getOperand(0),
                rootMeanSquare(raiser, div->getOperand(1), epsilon));
  auto mul = raiser.def<onnx::MulOp>(v);
  for (unsigned i = 0; mul && i < 2; ++i)
    if (Value x = same(mul->getOperand(i),
                       inverseRoot(raiser, mul->getOperand(1 - i), epsilon)))
      return x;
  return {};
}

/// A whole block of opset 23 or ONNX Runtime.
static std::optional<RmsNormMatch> matchBlock(const Raiser &raiser, Value v) {
  Operation *op = v.getDefiningOp();
  if (!isa<onnx::RMSNormalizationOp, onnx::SimplifiedLayerNormalizationOp>(op) ||
      v != op->getResult(0))
    return std::nullopt;
  int64_t axis = onnx::getInt(op, "axis", -1);
  if (axis != -1 && axis != raiser.probes.rank(v) - 1)
    return std::nullopt;
  return RmsNormMatch{op->getOperand(0), op->getOperand(1), epsilonOf(op)};
}

static std::optional<RmsNormMatch> matchDecomposed(const Raiser &raiser,
                                                   Value v, int64_t width) {
  auto mul = v.getDefiningOp<onnx::MulOp>();
  if (!mul)
    return std::nullopt;
  RmsNormMatch match;
  Value scaled = raiser.otherIf(mul, [&](Value side) {
    match.weight = side;
    return raiser.isVector(side, width);
  });
  match.x = scaled ? normalized(raiser, scaled, match.epsilon) : Value();
  return match.x ? std::optional(match) : std::nullopt;
}

/// Residual sum and norm in one node: the sum is its fourth output.
static Value raiseSkipNorm(Raiser &raiser, Value v) {
  auto op = v.getDefiningOp<onnx::MicrosoftSkipSimplifiedLayerNormalizationOp>();
  std::optional<int64_t> width = raiser.probes.rowsWidth(v);
  if (!op || !width || onnx::getInput(op, 3) ||
      !raiser.isVector(op->getOperand(2), *width))
    return {};
  Value x = raiser.rows(op->getOperand(0));
  Value delta = x ? raiser.rows(op->getOperand(1)) : Value();
  if (!delta)
    return {};
  Value sum = raiser.b.create<llm::AddOp>(op.getLoc(), x, delta);
  Value normed = raiser.b.create<llm::RmsNormOp>(
      op.getLoc(), sum.getType(), sum, /*select=*/Value(),
      raiser.vector(op->getOperand(2), *width, op),
      raiser.b.getF64FloatAttr(epsilonOf(op)));
  raiser.known[op->getResult(0)] = normed;
  if (op->getNumResults() == 4)
    raiser.known[op->getResult(3)] = sum;
  return raiser.known.lookup(v);
}

Value raiseRmsNorm(Raiser &raiser, Value v) {
  if (Value result = raiseSkipNorm(raiser, v))
    return result;
  std::optional<int64_t> width = raiser.probes.rowsWidth(v);
  if (!width)
    return {};
  std::optional<RmsNormMatch> match = matchBlock(raiser, v);
  if (!match)
    match = matchDecomposed(raiser, v, *width);
  if (!match || !raiser.isVector(match->weight, *width))
    return {};
  Value x = raiser.rows(match->x);
  if (!x)
    return {};
  Operation *op = v.getDefiningOp();
  return raiser.b.create<llm::RmsNormOp>(
      op->getLoc(), x.getType(), x, /*select=*/Value(),
      raiser.vector(match->weight, *width, op),
      raiser.b.getF64FloatAttr(match->epsilon));
}

} // namespace llmc
