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
using Shape = SmallVector<int64_t>;

/// The distance in elements between neighbours along each axis.
SmallVector<int64_t> stridesOf(ArrayRef<int64_t> shape) {
  SmallVector<int64_t> strides(shape.size(), 1);
  for (size_t axis = shape.size(); axis-- > 1;)
    strides[axis - 1] = strides[axis] * shape[axis];
  return strides;
}

/// Offsets of input 0: `first` + index * strides.
Moves strided(const ProbeTensor &from, Index shape, int64_t first,
              Index strides) {
  Move move{makeTensor(from.type, shape)};
  move.first = first;
  move.strides.assign(strides.begin(), strides.end());
  return {std::move(move)};
}

/// The offset of `index` in a tensor of `shape`.
int64_t offsetIn(Index shape, Index index) {
  int64_t offset = 0;
  for (auto [size, at] : llvm::zip(shape, index))
    offset = offset * size + at;
  return offset;
}

Moves transpose(const ProbeNode &node) {
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

Moves expand(const ProbeNode &node) {
  auto shape = node.integers(1);
  if (!shape || !broadcast(node.x().shape, *shape))
    return {};
  SmallVector<int64_t> strides = stridesOf(node.x().shape);
  for (auto [stride, size] : llvm::zip(strides, node.x().shape))
    stride = size == 1 ? 0 : stride;
  strides.insert(strides.begin(), shape->size() - strides.size(), 0);
  return strided(node.x(), *shape, 0, strides);
}

Moves tile(const ProbeNode &node) {
  auto repeats = node.integers(1);
  if (!repeats || int64_t(repeats->size()) != node.x().rank())
    return {};
  Shape from(Index(node.x().shape)), shape(from);
  for (size_t i = 0; i < shape.size(); ++i)
    shape[i] *= (*repeats)[i];
  Move move{makeTensor(node.x().type, shape)};
  move.from = [from](Index index, ArrayRef<double>) {
    Shape source(index);
    for (size_t i = 0; i < source.size(); ++i)
      source[i] %= from[i];
    return Source{0, offsetIn(from, source)};
  };
  return {std::move(move)};
}

Moves concat(const ProbeNode &node) {
  auto axis = node.axis(0, node.x().rank());
  if (!axis || *axis >= node.x().rank())
    return {};
  Move move{makeTensor(node.x().type, node.x().shape)};
  ProbeTensor &result = move.result;
  result.shape[*axis] = 0;
  SmallVector<Shape> parts;
  for (const ProbeTensor *input : node.inputs) {
    if (input->rank() != result.rank())
      return {};
    for (int64_t i = 0; i < result.rank(); ++i)
      if (i != *axis && input->shape[i] != result.shape[i])
        return {};
    result.shape[*axis] += input->shape[*axis];
    parts.emplace_back(Index(input->shape));
  }
  move.inputs = unsigned(parts.size());
  move.from = [parts, axis = *axis](Index index, ArrayRef<double>) {
    Shape source(index);
    int part = 0;
    while (source[axis] >= parts[part][axis])
      source[axis] -= parts[part++][axis];
    return Source{part, offsetIn(parts[part], source)};
  };
  return {std::move(move)};
}

Moves split(const ProbeNode &node) {
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
  Moves results;
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

Moves slice(const ProbeNode &node) {
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

Moves gather(const ProbeNode &node) {
  auto axis = node.axis(0, node.x().rank());
  if (!axis || *axis >= node.x().rank())
    return {};
  const ProbeTensor &indices = *node.inputs[1];
  Shape from(Index(node.x().shape)), where(Index(indices.shape));
  Shape shape(Index(from).take_front(*axis));
  shape.append(where);
  Index after = Index(from).drop_front(*axis + 1);
  shape.append(after.begin(), after.end());
  Move move{makeTensor(node.x().type, shape)};
  move.depth = 1;
  move.where = [where, axis = *axis](Index index) {
    return offsetIn(where, index.slice(axis, where.size()));
  };
  move.from = [from, axis = *axis, rank = where.size()](Index index,
                                                        ArrayRef<double> at) {
    int64_t position = int64_t(at[0]) + (at[0] < 0 ? from[axis] : 0);
    if (position < 0 || position >= from[axis]) // beyond a table
      return Source{Source::Unknown, 0};
    Shape source(index.take_front(axis));
    source.push_back(position);
    Index rest = index.drop_front(axis + rank);
    source.append(rest.begin(), rest.end());
    return Source{0, offsetIn(from, source)};
  };
  return {std::move(move)};
}

/// Indices [batch.., k] into the leading k axes, without batch dimensions.
Moves gatherND(const ProbeNode &node) {
  const ProbeTensor &indices = *node.inputs[1];
  if (onnx::getInt(node.op, "batch_dims", 0) != 0 || indices.rank() == 0)
    return {};
  int64_t depth = indices.shape.back();
  Shape from(Index(node.x().shape)), lead(Index(indices.shape).drop_back());
  if (depth > node.x().rank() || llvm::is_contained(from, 0))
    return {};
  Shape shape(lead);
  Index rest = Index(from).drop_front(depth);
  shape.append(rest.begin(), rest.end());
  Move move{makeTensor(node.x().type, shape)};
  move.depth = unsigned(depth);
  move.where = [lead, depth](Index index) {
    return offsetIn(lead, index.take_front(lead.size())) * depth;
  };
  move.from = [from, rank = lead.size()](Index index, ArrayRef<double> at) {
    Shape source;
    for (auto [i, position] : llvm::enumerate(at))
      source.push_back(std::clamp<int64_t>(
          int64_t(position) + (position < 0 ? from[i] : 0), 0, from[i] - 1));
    Index tail = index.drop_front(rank);
    source.append(tail.begin(), tail.end());
    return Source{0, offsetIn(from, source)};
  };
  return {std::move(move)};
}

Moves trilu(const ProbeNode &node) {
  bool upper = onnx::getInt(node.op, "upper", 1) != 0;
  int64_t diagonal = 0;
  if (node.has(1)) {
    auto given = node.integer(1);
    if (!given)
      return {};
    diagonal = *given;
  }
  if (node.x().rank() < 2)
    return {};
  Shape shape(Index(node.x().shape));
  Move move{makeTensor(node.x().type, shape)};
  move.from = [shape, upper, diagonal](Index index, ArrayRef<double>) {
    int64_t offset = index.back() - index[index.size() - 2];
    bool keep = upper ? offset >= diagonal : offset <= diagonal;
    return Source{keep ? 0 : Source::Zero, offsetIn(shape, index)};
  };
  return {std::move(move)};
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
    std::vector<double> data(*node.x().data);
    int64_t stride = stridesOf(result.shape)[axis];
    for (size_t at = 0; at < data.size(); ++at)
      if (int64_t(at) / stride % result.shape[axis] != 0)
        data[at] += data[at - stride];
    setData(result, std::move(data));
  }
  return {std::move(result)};
}

/// The elements of a move, where those of its inputs are known.
void fill(const Move &move, Inputs inputs, ProbeTensor &result) {
  if (!allData(inputs.take_front(move.inputs), result.elements()) ||
      (move.depth && !inputs[1]->data))
    return;
  std::vector<double> data;
  data.reserve(result.elements());
  if (result.elements() == 0) {
    // A size beside the one that is 0 may be any.
  } else if (!move.from) {
    const std::vector<double> &from = *inputs[0]->data;
    forEachOffset(result.shape, move.first, move.strides,
                  [&](int64_t offset) { data.push_back(from[offset]); });
  } else {
    bool known = true;
    forEachIndex(result.shape, [&](Index index) {
      ArrayRef<double> at;
      if (move.depth)
        at = ArrayRef(*inputs[1]->data).slice(move.where(index), move.depth);
      Source source = move.from(index, at);
      known &= source.input != Source::Unknown;
      data.push_back(source.input < 0 ? 0
                                      : (*inputs[source.input]->data)[source.offset]);
    });
    if (!known)
      return;
  }
  result.data = std::make_shared<const std::vector<double>>(std::move(data));
}

} // namespace

Moves movesOf(Operation *op, Inputs inputs) {
  ProbeNode node{op, inputs};
  return llvm::TypeSwitch<Operation *, Moves>(op)
      .Case<onnx::TransposeOp>([&](auto) { return transpose(node); })
      .Case<onnx::ExpandOp>([&](auto) { return expand(node); })
      .Case<onnx::TileOp>([&](auto) { return tile(node); })
      .Case<onnx::ConcatOp>([&](auto) { return concat(node); })
      .Case<onnx::SplitOp>([&](auto) { return split(node); })
      .Case<onnx::SliceOp>([&](auto) { return slice(node); })
      .Case<onnx::GatherOp>([&](auto) { return gather(node); })
      .Case<onnx::GatherNDOp>([&](auto) { return gatherND(node); })
      .Case<onnx::TriluOp>([&](auto) { return trilu(node); })
      .Default([&](auto) { return Moves(); });
}

SmallVector<ProbeTensor, 1> evaluateMove(Operation *op, Inputs inputs) {
  Results results;
  for (Move &move : movesOf(op, inputs)) {
    if (move.result.elements() >= 0)
      fill(move, inputs, move.result);
    results.push_back(std::move(move.result));
  }
  if (!results.empty())
    return results;
  return isa<onnx::CumSumOp>(op) ? cumSum({op, inputs})
                                 : evaluateProduct(op, inputs);
}

} // namespace llmc
