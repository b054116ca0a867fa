// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/raise/DecomposeOnnx.h"

#include "dialects/onnx/OnnxDialect.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

using namespace mlir;

namespace llmc {
namespace {

/// Makes nodes that bear the name of the one they stand for.
class Nodes {
public:
  explicit Nodes(Operation *op) : b(op->getLoc(), op), op(op) {}

  template <typename Op>
  Value make(ValueRange inputs, ArrayRef<NamedAttribute> attributes = {}) {
    SmallVector<NamedAttribute> all(attributes);
    all.push_back(b.getNamedAttr("node", b.getStringAttr(onnx::nameOf(op))));
    return b
        .create<Op>(TypeRange{onnx::AnyType::get(b.getContext())}, inputs, all)
        ->getResult(0);
  }
  Value number(double value) {
    auto type = RankedTensorType::get({}, b.getF32Type());
    auto data = DenseElementsAttr::get(type, float(value));
    return make<onnx::ConstantOp>({}, b.getNamedAttr("value", data));
  }
  /// x times a number, or x itself.
  Value times(Value x, double factor) {
    return factor == 1 ? x : make<onnx::MulOp>({x, number(factor)});
  }
  void replace(Value value) {
    op->getResult(0).replaceAllUsesWith(value);
    op->erase();
  }

  ImplicitLocOpBuilder b;

private:
  Operation *op;
};

/// alpha * x . w + beta * c; the scales leave the Gemm.
void decompose(onnx::GemmOp op) {
  double alpha = onnx::getFloat(op, "alpha", 1), beta = onnx::getFloat(op, "beta", 1);
  Nodes nodes(op);
  if (alpha != 1)
    op->setOperand(0, nodes.times(op->getOperand(0), alpha));
  if (beta != 1 && onnx::getInput(op, 2))
    op->setOperand(2, nodes.times(op->getOperand(2), beta));
  op->removeAttr("alpha");
  op->removeAttr("beta");
}

/// x * sigmoid(alpha * x).
void decompose(onnx::MicrosoftQuickGeluOp op) {
  Nodes nodes(op);
  Value x = op->getOperand(0);
  Value scaled = nodes.times(x, onnx::getFloat(op, "alpha", 1.702));
  Value gate = nodes.make<onnx::SigmoidOp>(scaled);
  nodes.replace(nodes.make<onnx::MulOp>({x, gate}));
}

/// GELU of x, perhaps plus a bias.
void decomposeGelu(Operation *op, StringRef approximate) {
  Nodes nodes(op);
  Value x = op->getOperand(0);
  if (Value bias = onnx::getInput(op, 1))
    x = nodes.make<onnx::AddOp>({x, bias});
  nodes.replace(nodes.make<onnx::GeluOp>(
      x, nodes.b.getNamedAttr("approximate", nodes.b.getStringAttr(approximate))));
}

/// The bias of the fourth input joins the second.
void decompose(onnx::MicrosoftSkipSimplifiedLayerNormalizationOp op) {
  Value bias = onnx::getInput(op, 3);
  if (!bias)
    return;
  Nodes nodes(op);
  op->setOperand(1, nodes.make<onnx::AddOp>({op->getOperand(1), bias}));
  op->eraseOperand(3);
}

/// The bias of the fourth input, a third for each, joins query, key and value.
void decompose(onnx::MicrosoftMultiHeadAttentionOp op) {
  Value bias = onnx::getInput(op, 3);
  if (!bias || !onnx::getInput(op, 1) || !onnx::getInput(op, 2))
    return;
  Nodes nodes(op);
  Type any = onnx::AnyType::get(op->getContext());
  auto thirds = nodes.b.create<onnx::SplitOp>(
      TypeRange{any, any, any}, bias,
      nodes.b.getNamedAttr("node", nodes.b.getStringAttr(onnx::nameOf(op))));
  for (unsigned i = 0; i < 3; ++i)
    op->setOperand(i, nodes.make<onnx::AddOp>({op->getOperand(i), thirds->getResult(i)}));
  op->setOperand(3, nodes.b.create<onnx::NoneOp>(nodes.b.getNoneType()));
}

} // namespace

void decomposeOnnx(func::FuncOp main) {
  for (Operation &op : llvm::make_early_inc_range(main.getBody().front())) {
    if (auto gemm = dyn_cast<onnx::GemmOp>(op))
      decompose(gemm);
    else if (auto gelu = dyn_cast<onnx::MicrosoftQuickGeluOp>(op))
      decompose(gelu);
    else if (isa<onnx::MicrosoftFastGeluOp>(op))
      decomposeGelu(&op, "tanh");
    else if (isa<onnx::MicrosoftGeluOp, onnx::MicrosoftBiasGeluOp>(op))
      decomposeGelu(&op, "none");
    else if (auto norm =
                 dyn_cast<onnx::MicrosoftSkipSimplifiedLayerNormalizationOp>(op))
      decompose(norm);
    else if (auto attention = dyn_cast<onnx::MicrosoftMultiHeadAttentionOp>(op))
      decompose(attention);
  }
  Block &body = main.getBody().front();
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(body)))
    if (op.use_empty() && !op.hasTrait<OpTrait::IsTerminator>())
      op.erase();
}

} // namespace llmc
