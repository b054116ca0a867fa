// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// act(gate) * up -> llm.gated_activation. A tree of elementwise nodes over two
// activations is taken for one when it computes the same numbers at every
// sample, so x * sigmoid(x), x / (1 + exp(-x)) and all other spellings of one
// function are the same.
#include "compiler/raise/Raiser.h"
#include "compiler/raise/ScalarCode.h"

#include "llvm/ADT/SetVector.h"
#include <cmath>

using namespace mlir;

namespace llmc {
namespace {

using llm::Activation;

/// As in kernels/activation/gated_activation.h.
double activate(Activation kind, double x) {
  switch (kind) {
  case Activation::Silu:
    return x / (1 + std::exp(-x));
  case Activation::GeluTanh:
    return x / 2 *
           (1 + std::tanh(0.7978845608028654 * (x + 0.044715 * x * x * x)));
  case Activation::Gelu:
    return x / 2 * (1 + std::erf(x * 0.7071067811865476));
  case Activation::Relu:
    return x > 0 ? x : 0;
  }
  return 0;
}

/// Elementwise nodes over activations of one width, and numbers.
class Tree {
public:
  explicit Tree(const Raiser &raiser, int64_t width)
      : raiser(raiser), width(width) {}

  /// False where more than two activations or anything else is read.
  bool collect(Value v) {
    v = raiser.skip(v);
    if (leaves.contains(v) || inner.contains(v) || raiser.probes.scalar(v))
      return true;
    if (raiser.probes.rowsWidth(v) != width)
      return false;
    Operation *op = v.getDefiningOp();
    if (!op || !scalarEmitter(op) || matchLinear(raiser, v)) {
      leaves.insert(v);
      return leaves.size() <= 2;
    }
    inner.insert(v);
    return inner.size() <= 64 &&
           llvm::all_of(op->getOperands(), [&](Value x) { return collect(x); });
  }

  /// `v` at the samples of the leaves; unknown where a node has no rule.
  ProbeTensor evaluate(Value v) {
    v = raiser.skip(v);
    if (auto found = values.find(v); found != values.end())
      return found->second;
    if (!inner.contains(v))
      return values[v] = raiser.probes.at(0, v);
    SmallVector<ProbeTensor> operands;
    for (Value operand : v.getDefiningOp()->getOperands())
      operands.push_back(evaluate(operand));
    SmallVector<const ProbeTensor *> inputs;
    for (const ProbeTensor &operand : operands)
      inputs.push_back(&operand);
    return values[v] = evaluateNode(v.getDefiningOp(), inputs)[0];
  }

  /// True when both leaves are linears of one x that nothing else reads, so
  /// that they can be one.
  bool canJoin() const {
    auto first = matchLinear(raiser, leaves[0]),
         second = matchLinear(raiser, leaves[1]);
    return first && second && first->x == second->x &&
           first->hasBias == second->hasBias && isReadHere(leaves[0]) &&
           isReadHere(leaves[1]);
  }

  llvm::SmallSetVector<Value, 4> leaves;
  llvm::DenseMap<Value, ProbeTensor> values;

private:
  bool isReadHere(Value v) const {
    return llvm::all_of(v.getUsers(), [&](Operation *user) {
      if (user->getNumResults() != 1)
        return false;
      Value result = user->getResult(0);
      return inner.contains(result) ||
             (raiser.skip(result) != result && isReadHere(result));
    });
  }

  const Raiser &raiser;
  int64_t width;
  llvm::SmallSetVector<Value, 8> inner;
};

ProbeTensor samples(MLIRContext *context, std::vector<double> data) {
  ProbeTensor tensor;
  tensor.known = true;
  tensor.type = Float32Type::get(context);
  tensor.shape = {int64_t(data.size())};
  tensor.data = std::make_shared<const std::vector<double>>(std::move(data));
  return tensor;
}

/// The activation that makes `got` of `gate` and `up`. GELU and its tanh form
/// differ by 5e-4 at most; constants rounded to f16 cost less than 1e-4.
std::optional<Activation> activationOf(ArrayRef<double> got,
                                       ArrayRef<double> gate,
                                       ArrayRef<double> up) {
  for (Activation kind : {Activation::Silu, Activation::GeluTanh,
                          Activation::Gelu, Activation::Relu}) {
    bool same = got.size() == gate.size();
    for (size_t i = 0; same && i < got.size(); ++i) {
      double want = activate(kind, gate[i]) * up[i];
      same = std::fabs(got[i] - want) <= 1e-4 * std::max(1.0, std::fabs(want));
    }
    if (same)
      return kind;
  }
  return std::nullopt;
}

} // namespace

Value raiseGatedActivation(Raiser &raiser, Value v) {
  std::optional<int64_t> width = raiser.probes.rowsWidth(v);
  if (!width || !scalarEmitter(v.getDefiningOp()))
    return {};
  Tree tree(raiser, *width);
  if (!tree.collect(v) || tree.leaves.size() != 2 || !tree.canJoin())
    return {};
  std::vector<double> first, second;
  for (int i = 0; i < 41; ++i) {
    first.push_back(float(-7.4 + 0.37 * i));
    second.push_back(float((i * 29 % 41 - 20.3) / 7));
  }
  MLIRContext *context = v.getContext();
  tree.values[tree.leaves[0]] = samples(context, first);
  tree.values[tree.leaves[1]] = samples(context, second);
  ProbeTensor result = tree.evaluate(v);
  if (!result.data)
    return {};
  unsigned gate = 0;
  auto kind = activationOf(*result.data, first, second);
  if (!kind) {
    gate = 1;
    kind = activationOf(*result.data, second, first);
  }
  Value gateRows = kind ? raiser.rows(tree.leaves[gate]) : Value();
  Value upRows = gateRows ? raiser.rows(tree.leaves[1 - gate]) : Value();
  if (!upRows)
    return {};
  raiser.facts.gated = *width;
  return raiser.b.create<llm::GatedActivationOp>(
      v.getLoc(), raiser.rowsOf(*width), gateRows, upRows, *kind);
}

} // namespace llmc
