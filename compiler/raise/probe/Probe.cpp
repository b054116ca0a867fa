// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/raise/probe/Probe.h"

#include "dialects/onnx/OnnxDialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace llmc {

int64_t ProbeTensor::elements() const {
  int64_t product = 1;
  for (int64_t size : shape)
    if (size < 0 || llvm::MulOverflow(product, size, product))
      return -1;
  return product;
}

std::optional<double> ProbeTensor::scalar() const {
  if (!data || data->size() != 1)
    return std::nullopt;
  return data->front();
}

//===----------------------------------------------------------------------===//
// Inputs
//===----------------------------------------------------------------------===//

std::optional<GraphInputs> findInputs(func::FuncOp main) {
  GraphInputs inputs;
  for (BlockArgument argument : main.getArguments()) {
    auto nameAttr = main.getArgAttrOfType<StringAttr>(argument.getArgNumber(),
                                                      onnx::kNameAttr);
    StringRef name = nameAttr ? nameAttr.getValue() : "";
    auto type = dyn_cast<RankedTensorType>(argument.getType());
    int64_t rank = type ? type.getRank() : -1;
    bool isInteger = type && type.getElementType().isIntOrIndex();
    if (rank == 4 && !isInteger)
      inputs.caches.push_back(argument);
    else if (rank == 2 && isInteger && name.contains("mask"))
      inputs.attentionMask = argument;
    else if (rank == 2 && isInteger && name.contains("position"))
      inputs.positionIds = argument;
    else if (rank == 2 && isInteger && name.contains("input_ids"))
      inputs.inputIds = argument;
    else {
      main.emitError() << "input '" << name << "' of type "
                       << argument.getType()
                       << " is not known, expected input_ids, attention_mask, "
                          "position_ids [batch, sequence] or past keys and "
                          "values [batch, heads, past, head_dim]";
      return std::nullopt;
    }
  }
  if (inputs.inputIds) {
    Type type = inputs.inputIds.getType();
    if (!llvm::is_contained(cast<RankedTensorType>(type).getShape(), 0))
      return inputs;
    main.emitError() << "input 'input_ids' is " << type
                     << ", expected room for a token";
    return std::nullopt;
  }
  main.emitError("no input named input_ids, expected one [batch, sequence]");
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// Evaluation
//===----------------------------------------------------------------------===//

static std::shared_ptr<const std::vector<double>>
filled(int64_t count, llvm::function_ref<double(int64_t)> element) {
  std::vector<double> data(count);
  for (int64_t i = 0; i < count; ++i)
    data[i] = element(i);
  return std::make_shared<const std::vector<double>>(std::move(data));
}

/// The argument's sizes: `wanted` where the type leaves them open.
static ProbeTensor argumentTensor(Value argument, ArrayRef<int64_t> wanted) {
  auto type = cast<RankedTensorType>(argument.getType());
  ProbeTensor tensor;
  tensor.known = true;
  tensor.type = type.getElementType();
  for (auto [size, want] : llvm::zip(type.getShape(), wanted))
    tensor.shape.push_back(ShapedType::isDynamic(size) ? want : size);
  return tensor;
}

void Probes::bindInputs(Point &point) const {
  int64_t total = point.past + point.sequence;
  point.values[inputs.inputIds] =
      argumentTensor(inputs.inputIds, {point.batch, point.sequence});
  if (inputs.attentionMask) {
    ProbeTensor tensor =
        argumentTensor(inputs.attentionMask, {point.batch, total});
    tensor.data = filled(tensor.elements(), [](int64_t) { return 1.0; });
    point.values[inputs.attentionMask] = std::move(tensor);
  }
  if (inputs.positionIds) {
    ProbeTensor tensor =
        argumentTensor(inputs.positionIds, {point.batch, point.sequence});
    tensor.data = filled(tensor.elements(), [&](int64_t i) {
      return double(point.past + i % point.sequence);
    });
    point.values[inputs.positionIds] = std::move(tensor);
  }
  // [batch, heads, past, head_dim], or heads after past; open heads or head_dim
  // stay unknown.
  for (Value cache : inputs.caches) {
    auto type = cast<RankedTensorType>(cache.getType());
    if (!type.isDynamicDim(3) && !type.isDynamicDim(1))
      point.values[cache] =
          argumentTensor(cache, {point.batch, 0, point.past, 0});
    else if (!type.isDynamicDim(3) && !type.isDynamicDim(2))
      point.values[cache] =
          argumentTensor(cache, {point.batch, point.past, 0, 0});
  }
}

static void evaluate(Operation *op, Probes::Point &point) {
  static const ProbeTensor kUnknown;
  SmallVector<const ProbeTensor *> operands;
  for (Value operand : op->getOperands()) {
    auto found = point.values.find(operand);
    operands.push_back(found == point.values.end() ? &kUnknown
                                                   : &found->second);
  }
  SmallVector<ProbeTensor, 1> results = evaluateNode(op, operands);
  for (auto [value, tensor] : llvm::zip(op->getResults(), results))
    point.values[value] = std::move(tensor);
}

/// A point of these sizes, where the graph leaves them open.
Probes::Point Probes::sizes(int64_t batch, int64_t sequence,
                            int64_t past) const {
  auto ids = cast<RankedTensorType>(inputs.inputIds.getType());
  Point point;
  point.batch = ids.isDynamicDim(0) ? batch : ids.getDimSize(0);
  point.sequence = ids.isDynamicDim(1) ? sequence : ids.getDimSize(1);
  point.past = inputs.caches.empty() ? 0 : past;
  return point;
}

Probes::Probes(func::FuncOp main, const GraphInputs &inputs, int64_t context)
    : inputs(inputs) {
  // Sizes that no small combination of the others equals by chance; the last
  // past shows sizes that a long sequence changes.
  constexpr int64_t kSizes[][3] = {
      {2, 3, 11}, {3, 5, 7}, {5, 2, 3}, {1, 7, 0}, {1, 1, 4621}};
  constexpr int64_t kSmall = 13;
  for (auto [batch, sequence, past] : kSizes) {
    bool isFar = context > 0 && past > kSmall;
    Point &point = pointList.emplace_back(sizes(
        batch, sequence,
        isFar ? std::clamp<int64_t>(context - 1, kSmall, past) : past));
    bindInputs(point);
    for (Operation &op : main.getBody().front())
      evaluate(&op, point);
  }
}

Probes::Point Probes::pointOf(int64_t last, Value v) const {
  Point point = sizes(1, inputs.caches.empty() ? last + 1 : 1, 0);
  if (!inputs.caches.empty())
    point.past = std::max<int64_t>(last + 1 - point.sequence, 0);
  bindInputs(point);
  llvm::DenseSet<Value> needed{v};
  for (Operation &op : llvm::reverse(*v.getParentBlock()))
    if (llvm::any_of(op.getResults(),
                     [&](Value result) { return needed.contains(result); }))
      needed.insert(op.operand_begin(), op.operand_end());
  for (Operation &op : *v.getParentBlock())
    if (llvm::any_of(op.getResults(),
                     [&](Value result) { return needed.contains(result); }))
      evaluate(&op, point);
  return point;
}

//===----------------------------------------------------------------------===//
// Questions
//===----------------------------------------------------------------------===//

int64_t Probes::Point::sizeOf(const Dim &dim) const {
  switch (dim.kind) {
  case Dim::Batch:
    return batch;
  case Dim::Sequence:
    return sequence;
  case Dim::Past:
    return past;
  case Dim::Total:
    return past + sequence;
  case Dim::Rows:
    return batch * sequence;
  case Dim::Number:
    return dim.number;
  }
  return -1;
}

const ProbeTensor &Probes::at(size_t point, Value value) const {
  static const ProbeTensor kUnknown;
  auto found = pointList[point].values.find(value);
  return found == pointList[point].values.end() ? kUnknown : found->second;
}

bool Probes::isKnownBeforeLast(Value value) const {
  for (size_t i = 0; i + 1 < pointList.size(); ++i)
    if (!at(i, value).known)
      return false;
  return true;
}

bool Probes::isKnown(Value value) const {
  return isKnownBeforeLast(value) && at(pointList.size() - 1, value).known;
}

int64_t Probes::rank(Value value) const {
  return isKnown(value) ? at(0, value).rank() : -1;
}

std::optional<int64_t> Probes::size(Value value, int64_t axis) const {
  int64_t count = rank(value);
  axis += axis < 0 ? count : 0;
  if (axis < 0 || axis >= count)
    return std::nullopt;
  int64_t size = at(0, value).shape[axis];
  for (size_t i = 1; i < pointList.size(); ++i)
    if (at(i, value).shape[axis] != size)
      return std::nullopt;
  return size;
}

bool Probes::hasShape(Value value, ArrayRef<Dim> dims) const {
  for (size_t i = 0; i < pointList.size(); ++i) {
    const ProbeTensor &tensor = at(i, value);
    if (!tensor.known || tensor.shape.size() != dims.size())
      return false;
    for (auto [size, dim] : llvm::zip(tensor.shape, dims))
      if (size != pointList[i].sizeOf(dim))
        return false;
  }
  return true;
}

bool Probes::sameShape(Value a, Value b) const {
  for (size_t i = 0; i < pointList.size(); ++i)
    if (!at(i, a).known || !at(i, b).known || at(i, a).shape != at(i, b).shape)
      return false;
  return true;
}

std::optional<int64_t> Probes::rowsWidth(Value value) const {
  std::optional<int64_t> width = size(value, -1);
  if (!width)
    return std::nullopt;
  for (size_t i = 0; i < pointList.size(); ++i)
    if (at(i, value).elements() != pointList[i].sizeOf(Dim::Rows) * *width)
      return std::nullopt;
  return width;
}

const std::vector<double> *Probes::constant(Value value) const {
  const ProbeTensor &first = at(0, value);
  if (!first.known || !first.data)
    return nullptr;
  for (size_t i = 1; i < pointList.size(); ++i) {
    const ProbeTensor &other = at(i, value);
    if (!other.data || other.shape != first.shape || *other.data != *first.data)
      return nullptr;
  }
  return first.data.get();
}

std::optional<double> Probes::scalar(Value value) const {
  const std::vector<double> *data = constant(value);
  if (!data || data->size() != 1)
    return std::nullopt;
  return data->front();
}

} // namespace llmc
