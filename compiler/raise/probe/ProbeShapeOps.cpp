// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/raise/probe/ProbeOps.h"

#include "dialects/onnx/OnnxDialect.h"
#include "llvm/ADT/TypeSwitch.h"
#include <algorithm>
#include <cmath>

using namespace mlir;

namespace llmc {
namespace {

using Inputs = ArrayRef<const ProbeTensor *>;
using Results = SmallVector<ProbeTensor, 1>;

/// `from` with another shape, its elements in the same order.
Results reshaped(const ProbeTensor &from, ArrayRef<int64_t> shape) {
  ProbeTensor result = from;
  result.shape.assign(shape.begin(), shape.end());
  if (result.elements() != from.elements())
    return {};
  return {std::move(result)};
}

Results integerVector(MLIRContext *context, ArrayRef<int64_t> values,
                      bool isScalar = false) {
  ProbeTensor result = makeTensor(IntegerType::get(context, 64),
                                  isScalar ? ArrayRef<int64_t>()
                                           : ArrayRef<int64_t>(values.size()));
  setData(result, std::vector<double>(values.begin(), values.end()));
  return {std::move(result)};
}

//===----------------------------------------------------------------------===//
// Shapes from values
//===----------------------------------------------------------------------===//

Results shape(const ProbeNode &node) {
  int64_t rank = node.x().rank();
  auto clamp = [&](int64_t at) {
    return std::clamp<int64_t>(at < 0 ? at + rank : at, 0, rank);
  };
  int64_t start = clamp(onnx::getInt(node.op, "start", 0));
  int64_t end = clamp(onnx::getInt(node.op, "end", rank));
  return integerVector(node.op->getContext(),
                       ArrayRef<int64_t>(node.x().shape)
                           .slice(start, std::max<int64_t>(end - start, 0)));
}

Results range(const ProbeNode &node) {
  std::optional<double> first = node.x().scalar(),
                        limit = node.inputs[1]->scalar(),
                        step = node.inputs[2]->scalar();
  if (!first || !limit || !step || *step == 0)
    return {};
  double start = *first, delta = *step;
  double length = std::max(0.0, std::ceil((*limit - start) / delta));
  if (!(length < 1e6))
    return {};
  int64_t count = int64_t(length);
  ProbeTensor result = makeTensor(node.x().type, {count});
  std::vector<double> data(count);
  for (int64_t i = 0; i < count; ++i)
    data[i] = start + double(i) * delta;
  setData(result, std::move(data));
  return {std::move(result)};
}

Results constantOfShape(const ProbeNode &node) {
  auto shape = node.integers(0);
  if (!shape)
    return {};
  auto value = node.op->getAttrOfType<DenseElementsAttr>("value");
  if (value && value.getNumElements() != 1)
    return {};
  Type type = value ? value.getElementType()
                    : Type(Float32Type::get(node.op->getContext()));
  double element = 0;
  if (value && isa<FloatType>(type))
    element = value.getValues<APFloat>()[0].convertToDouble();
  else if (value && type.isInteger(1))
    element = value.getValues<bool>()[0];
  else if (value)
    element = double(value.getValues<APInt>()[0].getSExtValue());
  ProbeTensor result = makeTensor(type, *shape);
  if (allData({}, result.elements()))
    setData(result, std::vector<double>(result.elements(), element));
  return {std::move(result)};
}

//===----------------------------------------------------------------------===//
// The same elements in another shape
//===----------------------------------------------------------------------===//

Results reshape(const ProbeNode &node) {
  auto shape = node.integers(1);
  if (!shape)
    return {};
  bool allowZero = onnx::getInt(node.op, "allowzero", 0) != 0;
  int64_t product = 1, open = -1;
  for (auto [i, size] : llvm::enumerate(*shape)) {
    if (size == 0 && !allowZero && int64_t(i) < node.x().rank())
      size = node.x().shape[i];
    if (size == -1)
      open = int64_t(i);
    else
      product *= size;
  }
  if (open >= 0)
    (*shape)[open] = product ? node.x().elements() / product : 0;
  return reshaped(node.x(), *shape);
}

Results flatten(const ProbeNode &node) {
  auto axis = node.axis(1, node.x().rank());
  if (!axis)
    return {};
  int64_t before = 1;
  for (int64_t size : ArrayRef<int64_t>(node.x().shape).take_front(*axis))
    before *= size;
  return reshaped(node.x(), {before, before ? node.x().elements() / before : 0});
}

Results squeeze(const ProbeNode &node) {
  auto axes = node.list("axes", 1);
  SmallVector<int64_t> shape;
  for (auto [i, size] : llvm::enumerate(node.x().shape)) {
    bool drop = axes ? llvm::is_contained(*axes, int64_t(i)) ||
                           llvm::is_contained(*axes,
                                              int64_t(i) - node.x().rank())
                     : size == 1;
    if (!drop)
      shape.push_back(size);
  }
  return reshaped(node.x(), shape);
}

Results unsqueeze(const ProbeNode &node) {
  auto axes = node.list("axes", 1);
  if (!axes)
    return {};
  int64_t rank = node.x().rank() + int64_t(axes->size());
  SmallVector<int64_t> shape(rank, 0);
  for (int64_t axis : *axes) {
    axis += axis < 0 ? rank : 0;
    if (axis < 0 || axis >= rank)
      return {};
    shape[axis] = 1;
  }
  size_t next = 0;
  for (int64_t &size : shape)
    if (size == 0 && next < node.x().shape.size())
      size = node.x().shape[next++];
  return reshaped(node.x(), shape);
}

} // namespace

SmallVector<ProbeTensor, 1> evaluateShapeOperator(Operation *op,
                                                  Inputs inputs) {
  ProbeNode node{op, inputs};
  return llvm::TypeSwitch<Operation *, Results>(op)
      .Case<onnx::ShapeOp>([&](auto) { return shape(node); })
      .Case<onnx::SizeOp>([&](auto) {
        return integerVector(op->getContext(), {node.x().elements()}, true);
      })
      .Case<onnx::RangeOp>([&](auto) { return range(node); })
      .Case<onnx::ConstantOfShapeOp>([&](auto) { return constantOfShape(node); })
      .Case<onnx::ReshapeOp>([&](auto) { return reshape(node); })
      .Case<onnx::FlattenOp>([&](auto) { return flatten(node); })
      .Case<onnx::SqueezeOp>([&](auto) { return squeeze(node); })
      .Case<onnx::UnsqueezeOp>([&](auto) { return unsqueeze(node); })
      .Default([&](auto) { return evaluateMove(op, inputs); });
}

} // namespace llmc
