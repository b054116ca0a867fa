// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/raise/probe/ProbeOps.h"

#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"
#include <algorithm>

using namespace mlir;

namespace llmc {
namespace {

using Inputs = ArrayRef<const ProbeTensor *>;
using Results = SmallVector<ProbeTensor, 1>;
using Index = ArrayRef<int64_t>;

/// A tensor of `shape` whose element at an index is that of `from` at
/// `first` + index * strides, counted in elements.
Results strided(const ProbeTensor &from, ArrayRef<int64_t> shape, int64_t first,
                ArrayRef<int64_t> strides) {
  ProbeTensor result = makeTensor(from.type, shape);
  if (!allData({&from}, result.elements()))
    return {std::move(result)};
  std::vector<double> data;
  data.reserve(result.elements());
  forEachOffset(shape, first, strides,
                [&](int64_t offset) { data.push_back((*from.data)[offset]); });
  result.data = std::make_shared<const std::vector<double>>(std::move(data));
  return {std::move(result)};
}

/// The distance in elements between neighbours along each axis.
SmallVector<int64_t> stridesOf(ArrayRef<int64_t> shape) {
  SmallVector<int64_t> strides(shape.size(), 1);
  for (size_t axis = shape.size(); axis-- > 1;)
    strides[axis - 1] = strides[axis] * shape[axis];
  return strides;
}

/// A tensor of `shape` whose element at an index is that of `from` at
/// `source(index)`.
Results moved(const ProbeTensor &from, ArrayRef<int64_t> shape,
              function_ref<SmallVector<int64_t>(Index)> source) {
  ProbeTensor result = makeTensor(from.type, shape);
  if (allData({&from}, result.elements())) {
    std::vector<double> data;
    forEachIndex(shape, [&](Index index) {
      data.push_back(elementAt(from, source(index)));
    });
    setData(result, std::move(data));
  }
  return {std::move(result)};
}

Results transpose(const ProbeNode &node) {
  SmallVector<int64_t> perm;
  if (auto given = onnx::getInts(node.op, "perm"))
    perm.assign(given->begin(), given->end());
  else
    for (int64_t axis = node.x().rank(); axis-- > 0;)
      perm.push_back(axis);
  if (int64_t(perm.size()) != node.x().rank())
    return {};
  SmallVector<int64_t> shape;
  for (auto [i, axis] : llvm::enumerate(perm)) {
    if (axis < 0 || axis >= node.x().rank() ||
        llvm::is_contained(ArrayRef(perm).take_front(i), axis))
      return {};
    shape.push_back(node.x().shape[axis]);
  }
  SmallVector<int64_t> from = stridesOf(node.x().shape), strides;
  for (int64_t axis : perm)
    strides.push_back(from[axis]);
  return strided(node.x(), shape, 0, strides);
}

Results expand(const ProbeNode &node) {
  auto shape = node.integers(1);
  if (!shape || !broadcast(node.x().shape, *shape))
    return {};
  SmallVector<int64_t> strides = stridesOf(node.x().shape);
  for (auto [stride, size] : llvm::zip(strides, node.x().shape))
    stride = size == 1 ? 0 : stride;
  strides.insert(strides.begin(), shape->size() - strides.size(), 0);
  return strided(node.x(), *shape, 0, strides);
}

Results tile(const ProbeNode &node) {
  auto repeats = node.integers(1);
  if (!repeats || int64_t(repeats->size()) != node.x().rank())
    return {};
  SmallVector<int64_t> shape(Index(node.x().shape));
  for (size_t i = 0; i < shape.size(); ++i)
    shape[i] *= (*repeats)[i];
  return moved(node.x(), shape, [&](Index index) {
    SmallVector<int64_t> source(index);
    for (size_t i = 0; i < source.size(); ++i)
      source[i] %= node.x().shape[i];
    return source;
  });
}

Results concat(const ProbeNode &node) {
  auto axis = node.axis(0, node.x().rank());
  if (!axis || *axis >= node.x().rank())
    return {};
  ProbeTensor result = makeTensor(node.x().type, node.x().shape);
  result.shape[*axis] = 0;
  for (const ProbeTensor *input : node.inputs) {
    if (input->rank() != result.rank())
      return {};
    for (int64_t i = 0; i < result.rank(); ++i)
      if (i != *axis && input->shape[i] != result.shape[i])
        return {};
    result.shape[*axis] += input->shape[*axis];
  }
  if (allData(node.inputs, result.elements())) {
    std::vector<double> data;
    forEachIndex(result.shape, [&](Index index) {
      SmallVector<int64_t> source(index);
      size_t part = 0;
      while (source[*axis] >= node.inputs[part]->shape[*axis])
        source[*axis] -= node.inputs[part++]->shape[*axis];
      data.push_back(elementAt(*node.inputs[part], source));
    });
    setData(result, std::move(data));
  }
  return {std::move(result)};
}

Results split(const ProbeNode &node) {
  auto axis = node.axis(0, node.x().rank());
  if (!axis || *axis >= node.x().rank())
    return {};
  int64_t parts = node.op->getNumResults(), size = node.x().shape[*axis];
  auto sizes = node.list("split", 1);
  if (!sizes) {
    int64_t each = llvm::divideCeil(uint64_t(size), uint64_t(parts));
    sizes.emplace(parts, each);
    sizes->back() = size - each * (parts - 1);
  }
  if (int64_t(sizes->size()) != parts)
    return {};
  Results results;
  int64_t begin = 0;
  for (int64_t part : *sizes) {
    if (part < 0 || part > size - begin)
      return {};
    SmallVector<int64_t> shape(Index(node.x().shape));
    shape[*axis] = part;
    SmallVector<int64_t> strides = stridesOf(node.x().shape);
    results.append(strided(node.x(), shape, begin * strides[*axis], strides));
    begin += part;
  }
  return results;
}

Results slice(const ProbeNode &node) {
  auto starts = node.integers(1), ends = node.integers(2);
  if (!starts || !ends)
    return {};
  SmallVector<int64_t> axes, steps(starts->size(), 1);
  for (size_t i = 0; i < starts->size(); ++i)
    axes.push_back(int64_t(i));
  if (node.has(3))
    axes = node.integers(3).value_or(axes);
  if (node.has(4))
    steps = node.integers(4).value_or(steps);
  SmallVector<int64_t> shape(Index(node.x().shape)), first(shape.size(), 0),
      stride(shape.size(), 1);
  if (ends->size() != starts->size() || axes.size() != starts->size() ||
      steps.size() != starts->size())
    return {};
  for (size_t i = 0; i < starts->size(); ++i) {
    int64_t axis = axes[i] + (axes[i] < 0 ? node.x().rank() : 0);
    if (axis < 0 || axis >= node.x().rank() || steps[i] <= 0)
      return {};
    int64_t size = node.x().shape[axis];
    auto clamp = [&](int64_t at) {
      return std::clamp<int64_t>(at < 0 ? at + size : at, 0, size);
    };
    first[axis] = clamp((*starts)[i]);
    stride[axis] = steps[i];
    int64_t length = std::max<int64_t>(clamp((*ends)[i]) - first[axis], 0);
    shape[axis] = int64_t(llvm::divideCeil(uint64_t(length), uint64_t(steps[i])));
  }
  SmallVector<int64_t> strides = stridesOf(node.x().shape);
  int64_t offset = 0;
  for (size_t i = 0; i < strides.size(); ++i) {
    offset += first[i] * strides[i];
    strides[i] *= stride[i];
  }
  return strided(node.x(), shape, offset, strides);
}

Results gather(const ProbeNode &node) {
  auto axis = node.axis(0, node.x().rank());
  if (!axis || *axis >= node.x().rank())
    return {};
  const ProbeTensor &indices = *node.inputs[1];
  Index from = node.x().shape;
  SmallVector<int64_t> shape(from.take_front(*axis));
  shape.append(indices.shape.begin(), indices.shape.end());
  Index after = from.drop_front(*axis + 1);
  shape.append(after.begin(), after.end());
  ProbeTensor result = makeTensor(node.x().type, shape);
  if (!allData(node.inputs, result.elements()))
    return {std::move(result)};
  bool inside = true;
  std::vector<double> data;
  forEachIndex(shape, [&](Index index) {
    double at = elementAt(indices, index.slice(*axis, indices.shape.size()));
    int64_t position = int64_t(at) + (at < 0 ? from[*axis] : 0);
    if (position < 0 || position >= from[*axis]) {
      inside = false;
      return;
    }
    SmallVector<int64_t> source(index.take_front(*axis));
    source.push_back(position);
    Index rest = index.drop_front(*axis + indices.shape.size());
    source.append(rest.begin(), rest.end());
    data.push_back(elementAt(node.x(), source));
  });
  if (inside) // positions may be beyond a table
    setData(result, std::move(data));
  return {std::move(result)};
}

/// Indices [batch.., k] into the leading k axes, without batch dimensions.
Results gatherND(const ProbeNode &node) {
  const ProbeTensor &indices = *node.inputs[1];
  if (onnx::getInt(node.op, "batch_dims", 0) != 0 || indices.rank() == 0)
    return {};
  int64_t depth = indices.shape.back();
  Index from = node.x().shape;
  if (depth > node.x().rank() || llvm::is_contained(from, 0))
    return {};
  SmallVector<int64_t> shape(Index(indices.shape).drop_back());
  Index rest = from.drop_front(depth);
  shape.append(rest.begin(), rest.end());
  ProbeTensor result = makeTensor(node.x().type, shape);
  if (!allData(node.inputs, result.elements()))
    return {std::move(result)};
  std::vector<double> data;
  forEachIndex(shape, [&](Index index) {
    SmallVector<int64_t> where(index.take_front(indices.rank() - 1)), source;
    for (int64_t i = 0; i < depth; ++i) {
      where.push_back(i);
      int64_t at = int64_t(elementAt(indices, where));
      source.push_back(std::clamp<int64_t>(at < 0 ? at + from[i] : at, 0,
                                           from[i] - 1));
      where.pop_back();
    }
    Index tail = index.drop_front(indices.rank() - 1);
    source.append(tail.begin(), tail.end());
    data.push_back(elementAt(node.x(), source));
  });
  setData(result, std::move(data));
  return {std::move(result)};
}

Results trilu(const ProbeNode &node) {
  bool upper = onnx::getInt(node.op, "upper", 1) != 0;
  int64_t diagonal = 0;
  if (node.has(1)) {
    auto given = node.integer(1);
    if (!given)
      return {};
    diagonal = *given;
  }
  ProbeTensor result = makeTensor(node.x().type, node.x().shape);
  if (result.rank() < 2)
    return {};
  if (allData({&node.x()}, result.elements())) {
    std::vector<double> data;
    forEachIndex(result.shape, [&](Index index) {
      int64_t offset = index.back() - index[index.size() - 2] - diagonal;
      bool keep = upper ? offset >= 0 : offset <= 0;
      data.push_back(keep ? elementAt(node.x(), index) : 0.0);
    });
    setData(result, std::move(data));
  }
  return {std::move(result)};
}

Results cumSum(const ProbeNode &node) {
  auto given = node.integer(1);
  if (!given || *given < -node.x().rank() || *given >= node.x().rank() ||
      onnx::getInt(node.op, "exclusive", 0) != 0 ||
      onnx::getInt(node.op, "reverse", 0) != 0)
    return {};
  int64_t axis = *given + (*given < 0 ? node.x().rank() : 0);
  ProbeTensor result = makeTensor(node.x().type, node.x().shape);
  if (allData({&node.x()}, result.elements())) {
    std::vector<double> data;
    forEachIndex(result.shape, [&](Index index) {
      SmallVector<int64_t> source(index);
      double sum = 0;
      for (source[axis] = 0; source[axis] <= index[axis]; ++source[axis])
        sum += elementAt(node.x(), source);
      data.push_back(sum);
    });
    setData(result, std::move(data));
  }
  return {std::move(result)};
}

} // namespace

SmallVector<ProbeTensor, 1> evaluateMove(Operation *op, Inputs inputs) {
  ProbeNode node{op, inputs};
  return llvm::TypeSwitch<Operation *, Results>(op)
      .Case<onnx::TransposeOp>([&](auto) { return transpose(node); })
      .Case<onnx::ExpandOp>([&](auto) { return expand(node); })
      .Case<onnx::TileOp>([&](auto) { return tile(node); })
      .Case<onnx::ConcatOp>([&](auto) { return concat(node); })
      .Case<onnx::SplitOp>([&](auto) { return split(node); })
      .Case<onnx::SliceOp>([&](auto) { return slice(node); })
      .Case<onnx::GatherOp>([&](auto) { return gather(node); })
      .Case<onnx::GatherNDOp>([&](auto) { return gatherND(node); })
      .Case<onnx::TriluOp>([&](auto) { return trilu(node); })
      .Case<onnx::CumSumOp>([&](auto) { return cumSum(node); })
      .Default([&](auto) { return evaluateProduct(op, inputs); });
}

} // namespace llmc
