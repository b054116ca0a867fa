// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/raise/Raiser.h"

using namespace mlir;

namespace llmc {

Raiser::Raiser(ModuleOp module, const GraphInputs &inputs, const Probes &probes)
    : inputs(inputs), probes(probes), module(module), b(module.getContext()) {}

RankedTensorType Raiser::rowsOf(int64_t width) {
  return RankedTensorType::get({ShapedType::kDynamic, width}, b.getF32Type());
}

Value Raiser::fail(Operation *op, const Twine &message) {
  // The importer's locations: the node's name, then the file's.
  Location loc = op->getLoc();
  if (auto name = dyn_cast<NameLoc>(loc);
      name && isa<NameLoc>(name.getChildLoc()))
    loc = name.getChildLoc();
  if (!failed)
    emitError(loc) << "node '" << onnx::nameOf(op) << "' ("
                    << onnx::operatorOf(op) << ") " << message;
  failed = true;
  return {};
}

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

Value Raiser::skip(Value v) const {
  while (Operation *op = v.getDefiningOp()) {
    bool keeps = false;
    if (isa<onnx::IdentityOp>(op))
      keeps = true;
    else if (isa<onnx::CastOp, onnx::CastLikeOp>(op))
      keeps = probes.isKnown(v) && isa<FloatType>(probes.at(0, v).type) &&
              isa<FloatType>(probes.at(0, op->getOperand(0)).type);
    else if (isa<onnx::ReshapeOp, onnx::ExpandOp, onnx::SliceOp, onnx::SqueezeOp,
                 onnx::UnsqueezeOp, onnx::FlattenOp>(op) ||
             (isa<onnx::ConcatOp>(op) && op->getNumOperands() == 1))
      keeps = probes.sameShape(v, op->getOperand(0));
    if (!keeps)
      break;
    v = op->getOperand(0);
  }
  return v;
}

Value Raiser::otherIf(Operation *op, function_ref<bool(Value)> is) const {
  for (unsigned i = 0; i < 2; ++i)
    if (is(op->getOperand(i)))
      return op->getOperand(1 - i);
  return {};
}

bool Raiser::reducesLastAxis(Operation *reduce) const {
  Value x = reduce->getOperand(0);
  if (onnx::getInt(reduce, "keepdims", 1) != 1)
    return false;
  SmallVector<int64_t> axes;
  if (auto given = onnx::getInts(reduce, "axes"))
    axes.assign(given->begin(), given->end());
  else if (Value input = onnx::getInput(reduce, 1))
    if (const std::vector<double> *data = probes.constant(input))
      axes.assign(data->begin(), data->end());
  return axes.size() == 1 &&
         (axes[0] == -1 || axes[0] == probes.rank(x) - 1);
}

Value Raiser::patterns(Value v) {
  v = skip(v);
  if (Value found = known.lookup(v))
    return found;
  Operation *op = v.getDefiningOp();
  Value result;
  // The same rows under another shape.
  if (isa<onnx::ReshapeOp, onnx::FlattenOp, onnx::SqueezeOp, onnx::UnsqueezeOp>(
          op)) {
    std::optional<int64_t> width = probes.rowsWidth(v);
    if (width && probes.rowsWidth(op->getOperand(0)) == width)
      result = rows(op->getOperand(0));
  }
  if (!result)
    result = raiseEmbedding(*this, v);
  if (!result)
    result = raiseRmsNorm(*this, v);
  if (!result)
    result = raiseAttention(*this, v);
  if (!result)
    result = raiseAttentionBlock(*this, v);
  if (!result)
    result = raiseGroupQueryAttention(*this, v);
  if (!result)
    result = raiseLinear(*this, v, /*select=*/{});
  if (!result)
    result = raiseSlice(*this, v);
  if (!result)
    result = raiseGatedActivation(*this, v);
  if (!result)
    result = raiseAdd(*this, v);
  if (result)
    known[v] = result;
  return result;
}

Value Raiser::rows(Value v) {
  v = skip(v);
  if (failed)
    return {};
  Operation *op = v.getDefiningOp();
  if (!op) {
    module.emitError("an input of the graph is used as activations, expected "
                     "those of input_ids by way of an embedding");
    failed = true;
    return {};
  }
  Value result = patterns(v);
  if (!result)
    result = raiseElementwise(*this, v);
  if (!result)
    return fail(op, probes.isKnown(v)
                        ? "is part of no pattern, and no code can be generated "
                          "for it"
                        : "has a shape that does not follow from the inputs");
  return known[v] = result;
}

} // namespace llmc
