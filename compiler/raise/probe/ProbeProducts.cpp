// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/raise/probe/ProbeOps.h"

#include "dialects/onnx/OnnxDialect.h"
#include <algorithm>

using namespace mlir;

namespace llmc {

using Inputs = ArrayRef<const ProbeTensor *>;
using Results = SmallVector<ProbeTensor, 1>;

/// [.., m, k] x [.., k, n]; vectors are not used by Llama exporters.
static Results matMul(const ProbeTensor &a, const ProbeTensor &b) {
  if (a.rank() < 2 || b.rank() < 2 || a.shape.back() != b.shape[b.rank() - 2])
    return {};
  SmallVector<int64_t> shape(ArrayRef<int64_t>(a.shape).drop_back(2));
  if (!broadcast(ArrayRef<int64_t>(b.shape).drop_back(2), shape))
    return {};
  shape.push_back(a.shape[a.rank() - 2]);
  shape.push_back(b.shape.back());
  ProbeTensor result = makeTensor(a.type, shape);
  if (!allData({&a, &b}, result.elements() * a.shape.back()))
    return {std::move(result)};
  std::vector<double> data;
  forEachIndex(shape, [&](ArrayRef<int64_t> index) {
    SmallVector<int64_t> left(index), right(index);
    double sum = 0;
    for (int64_t k = 0; k < a.shape.back(); ++k) {
      left.back() = right[right.size() - 2] = k;
      sum += elementAt(a, left) * elementAt(b, right);
    }
    data.push_back(sum);
  });
  setData(result, std::move(data));
  return {std::move(result)};
}

static Results reduce(Operation *op, Inputs inputs) {
  const ProbeTensor &x = *inputs[0];
  SmallVector<int64_t> axes;
  if (auto given = onnx::getInts(op, "axes"))
    axes.assign(given->begin(), given->end());
  else if (onnx::getInput(op, 1)) {
    if (!inputs[1]->data)
      return {};
    for (double axis : *inputs[1]->data)
      axes.push_back(int64_t(axis));
  }
  SmallVector<bool> reduced(x.rank(), axes.empty());
  for (int64_t axis : axes)
    if (axis >= -x.rank() && axis < x.rank())
      reduced[axis + (axis < 0 ? x.rank() : 0)] = true;
  SmallVector<int64_t> kept, final;
  for (auto [size, drop] : llvm::zip(x.shape, reduced)) {
    kept.push_back(drop ? 1 : size);
    if (!drop || onnx::getInt(op, "keepdims", 1))
      final.push_back(kept.back());
  }
  ProbeTensor result = makeTensor(x.type, kept);
  if (allData({&x}, x.elements())) {
    bool isMax = isa<onnx::ReduceMaxOp>(op);
    std::vector<double> data(result.elements(), isMax ? -HUGE_VAL : 0.0);
    double scale = isa<onnx::ReduceMeanOp>(op) && x.elements()
                       ? double(result.elements()) / double(x.elements())
                       : 1.0;
    forEachIndex(x.shape, [&](ArrayRef<int64_t> index) {
      int64_t at = 0;
      for (size_t i = 0; i < index.size(); ++i)
        at = at * kept[i] + (kept[i] == 1 ? 0 : index[i]);
      double element = elementAt(x, index);
      data[at] = isMax ? std::max(data[at], element) : data[at] + element * scale;
    });
    setData(result, std::move(data));
  }
  result.shape.assign(final.begin(), final.end());
  return {std::move(result)};
}

/// The first input's shape with another last size; further results unknown.
static Results withWidth(Operation *op, const ProbeTensor &x, int64_t width) {
  Results results(op->getNumResults());
  results[0] = makeTensor(x.type, x.shape);
  results[0].shape.back() = width;
  return results;
}

SmallVector<ProbeTensor, 1> evaluateProduct(Operation *op, Inputs inputs) {
  if (isa<onnx::ReduceMeanOp, onnx::ReduceSumOp, onnx::ReduceMaxOp>(op))
    return reduce(op, inputs);
  if (isa<onnx::MatMulOp>(op))
    return matMul(*inputs[0], *inputs[1]);
  if (inputs.empty())
    return {};
  const ProbeTensor &x = *inputs[0];
  if (!x.known || x.shape.empty())
    return {};
  if (isa<onnx::GemmOp>(op)) {
    if (x.rank() != 2 || inputs[1]->rank() != 2)
      return {};
    bool transA = onnx::getInt(op, "transA", 0) != 0;
    bool transB = onnx::getInt(op, "transB", 0) != 0;
    return {makeTensor(x.type, {x.shape[transA], inputs[1]->shape[!transB]})};
  }
  if (isa<onnx::MicrosoftMatMulNBitsOp>(op))
    return withWidth(op, x, onnx::getInt(op, "N", 0));
  return evaluateBlock(op, inputs);
}

} // namespace llmc
