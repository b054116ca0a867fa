// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Constants of the graph as weights by reference, and their elements where a
// matcher has to look at them.
#include "compiler/raise/Raiser.h"

#include "compiler/raise/attention/Heads.h"
#include "compiler/raise/probe/ProbeElements.h"
#include <numeric>

using namespace mlir;

namespace llmc {

FlatSymbolRefAttr Raiser::addWeight(StringRef name, RankedTensorType type,
                                    ArrayRef<Attribute> parts,
                                    DenseI64ArrayAttr chunks,
                                    DenseF32ArrayAttr value) {
  std::string unique = name.str();
  for (int n = 2; !names.insert(unique).second; ++n)
    unique = (name + "." + Twine(n)).str();
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPoint(b.getInsertionBlock()->getParentOp());
  b.create<llm::WeightOp>(NameLoc::get(b.getStringAttr(unique)),
                          StringRef(unique), type,
                          parts.empty() ? nullptr : b.getArrayAttr(parts), chunks,
                          value, /*quant=*/nullptr, /*packed=*/nullptr);
  return FlatSymbolRefAttr::get(b.getContext(), unique);
}

int64_t Slice::at(int64_t i) const {
  if (pairs) {
    int64_t half = pairs / 2;
    i = i / pairs * pairs + i % half * 2 + i / half % 2;
  }
  return begin + (step ? i / run * step + i % run : i);
}

FlatSymbolRefAttr Raiser::addSource(StringRef name, RankedTensorType type,
                                    llm::SourceAttr source, Slice slice) {
  int64_t run = slice.step ? slice.run : slice.count;
  SmallVector<Attribute> parts;
  for (int64_t begin = slice.begin, left = slice.count; left > 0;
       left -= run, begin += slice.step) {
    if (!slice.pairs)
      parts.push_back(source.takeRows(begin, run));
    for (int64_t odd = 0; slice.pairs && odd < 2; ++odd)
      parts.push_back(source.takeRows(begin + odd, run / 2, 2));
  }
  DenseI64ArrayAttr chunks;
  if (slice.pairs && !slice.step)
    chunks = b.getDenseI64ArrayAttr({slice.pairs / 2, slice.pairs / 2});
  return addWeight(name, type, parts, chunks, nullptr);
}

/// The initializer's name; where the exporter made one up, after the node that
/// reads it: /model/layers.0/mlp/up_proj/MatMul -> model.layers.0.mlp.up_proj.
std::string Raiser::weightName(onnx::InitializerOp initializer,
                               Operation *user) const {
  StringRef name = initializer.getName();
  if (!name.starts_with("onnx::") && !name.starts_with("val_"))
    return name.str();
  StringRef node = onnx::nameOf(user);
  node.consume_front("/");
  for (StringRef op : {"/MatMul", "/Gemm", "/Mul", "/Add", "/Gather"})
    node.consume_back(op);
  std::string result = node.str();
  std::replace(result.begin(), result.end(), '/', '.');
  return result + ".weight";
}

FlatSymbolRefAttr Raiser::fromInitializer(onnx::InitializerOp initializer,
                                          Operation *user, const Form &form) {
  FlatSymbolRefAttr &symbol =
      weights[keyOf(initializer.getResult(), form.transposed, form.addend, form.slice)];
  if (symbol)
    return symbol;
  std::string name = weightName(initializer, user);
  // [n, k]; a vector's elements are rows of one column until it is whole.
  bool isVector = form.shape.size() == 1;
  int64_t n = form.shape[0], k = isVector ? 1 : form.shape[1];
  int64_t nStride = isVector || form.transposed ? 1 : k;
  int64_t kStride = isVector ? 1 : form.transposed ? n : 1;
  Slice slice = form.slice;
  if (slice.isAll())
    slice.count = n;
  else
    name += "." + std::to_string(slice.begin);
  SmallVector<int64_t> shape{slice.count};
  if (!isVector)
    shape.push_back(k);
  Type element =
      cast<RankedTensorType>(initializer.getType()).getElementType();
  if (llm::SourceAttr source = initializer.getSourceAttr()) {
    if (form.addend != 0)
      element = b.getF32Type();
    auto type = RankedTensorType::get(shape, element);
    auto whole = llm::SourceAttr::get(b.getContext(), source.getFile(),
                                      source.getOffset(), source.getType(), n, k,
                                      nStride, kStride, form.addend);
    if (!isVector || slice.pairs || slice.step)
      return symbol = addSource(name, type, whole, slice);
    auto row = llm::SourceAttr::get(
        b.getContext(), source.getFile(), whole.takeRows(slice.begin, 1).getOffset(),
        source.getType(), 1, slice.count, slice.count, 1, form.addend);
    return symbol = addWeight(name, type, {row}, nullptr, nullptr);
  }
  const std::vector<double> *data = probes.constant(initializer);
  assert(data && "an initializer has a source or a value");
  std::vector<float> value;
  for (int64_t i = 0; i < slice.count; ++i)
    for (int64_t j = 0; j < k; ++j)
      value.push_back(float((*data)[slice.at(i) * nStride + j * kStride] +
                            double(form.addend)));
  return symbol = addWeight(name, RankedTensorType::get(shape, b.getF32Type()),
                            {}, nullptr, b.getDenseF32ArrayAttr(value));
}

static bool isFloatInitializer(onnx::InitializerOp op) {
  Type type = op ? cast<RankedTensorType>(op.getType()).getElementType() : Type();
  return type && (type.isF32() || type.isF16() || type.isBF16());
}

/// The initializer behind a matrix, and whether a Transpose turns it.
static std::pair<onnx::InitializerOp, bool> matrixSource(const Raiser &raiser,
                                                         Value v) {
  bool turned = false;
  if (auto transpose = raiser.def<onnx::TransposeOp>(v)) {
    v = transpose->getOperand(0);
    turned = true;
  }
  auto initializer = raiser.def<onnx::InitializerOp>(v);
  if (!isFloatInitializer(initializer) ||
      cast<RankedTensorType>(initializer.getType()).getRank() != 2)
    return {nullptr, false};
  return {initializer, turned};
}

bool Raiser::isMatrix(Value v) const {
  return bool(matrixSource(*this, v).first);
}

FlatSymbolRefAttr Raiser::matrix(Value v, bool transposed, Operation *user,
                                 Slice slice) {
  auto [initializer, turned] = matrixSource(*this, v);
  if (!initializer)
    return {};
  ArrayRef<int64_t> shape =
      cast<RankedTensorType>(initializer.getType()).getShape();
  Form form{SmallVector<int64_t, 2>(shape), transposed != turned, 0, slice};
  if (form.transposed)
    std::swap(form.shape[0], form.shape[1]);
  return fromInitializer(initializer, user, form);
}

/// The initializer behind a vector, and a whole number added to it.
static std::pair<onnx::InitializerOp, int64_t>
vectorSource(const Raiser &raiser, Value v, int64_t width) {
  int64_t addend = 0;
  if (auto add = raiser.def<onnx::AddOp>(v)) {
    auto isNumber = [&](Value side) {
      std::optional<double> number = raiser.probes.scalar(side);
      if (number && *number == double(int64_t(*number)))
        addend = int64_t(*number);
      return addend != 0;
    };
    if (Value other = raiser.otherIf(add, isNumber))
      v = other;
  }
  auto initializer = raiser.def<onnx::InitializerOp>(v);
  if (!isFloatInitializer(initializer))
    return {nullptr, 0};
  auto type = cast<RankedTensorType>(initializer.getType());
  if (type.getRank() == 0 || type.getShape().back() != width ||
      type.getNumElements() != width)
    return {nullptr, 0};
  return {initializer, addend};
}

/// The elements of a vector that is computed from constants.
static std::optional<std::vector<float>>
computedVector(const Raiser &raiser, Value v, int64_t width) {
  v = raiser.skip(v);
  // A number of probes' size may be a vector for one of them.
  if (raiser.probes.size(v, -1) != width || raiser.probes.scalar(v))
    return std::nullopt;
  ProbeTensor first = raiser.valueAt(Probes::kWithPast, v),
              last = raiser.valueAt(Probes::kFromZero, v);
  if (!first.data || !last.data || int64_t(first.data->size()) != width ||
      *first.data != *last.data)
    return std::nullopt;
  return std::vector<float>(first.data->begin(), first.data->end());
}

bool Raiser::isVector(Value v, int64_t width) const {
  return vectorSource(*this, v, width).first || computedVector(*this, v, width);
}

FlatSymbolRefAttr Raiser::vector(Value v, int64_t width, Operation *user,
                                 Slice slice) {
  auto [initializer, addend] = vectorSource(*this, v, width);
  if (!initializer) {
    std::optional<std::vector<float>> computed = computedVector(*this, v, width);
    v = skip(v);
    FlatSymbolRefAttr &symbol = weights[keyOf(v, false, 0, slice)];
    if (!computed || symbol)
      return symbol;
    std::vector<float> ordered;
    for (int64_t i = 0; i < (slice.isAll() ? width : slice.count); ++i)
      ordered.push_back((*computed)[slice.at(i)]);
    return symbol = this->values(onnx::nameOf(v.getDefiningOp()), ordered);
  }
  return fromInitializer(initializer, user, {{width}, false, addend, slice});
}

std::optional<std::vector<float>> Raiser::elements(Value v) const {
  if (const std::vector<double> *data = probes.constant(v))
    return std::vector<float>(data->begin(), data->end());
  auto initializer = def<onnx::InitializerOp>(v);
  if (!isFloatInitializer(initializer) || !initializer.getSource())
    return std::nullopt;
  llm::SourceAttr source = *initializer.getSource();
  ProbeElements::Offsets offsets(source.getRows() * source.getColumns());
  std::iota(offsets.begin(), offsets.end(), 0);
  ProbeElements::Elements elements = elementsInFile(initializer, offsets);
  if (!elements)
    return std::nullopt;
  return std::vector<float>(elements->begin(), elements->end());
}

FlatSymbolRefAttr Raiser::values(StringRef name, ArrayRef<float> values) {
  return addWeight(name,
                   RankedTensorType::get({int64_t(values.size())}, b.getF32Type()),
                   {}, nullptr, b.getDenseF32ArrayAttr(values));
}

ProbeTensor Raiser::valueAt(size_t point, Value v) const {
  v = skip(v);
  assert(point < std::size(evaluated) && "one of the two probes");
  const ProbeTensor &probed = probes.at(point, v);
  Operation *op = v.getDefiningOp();
  if (probed.data || !op || !probed.known)
    return probed;
  auto found = evaluated[point].find(v);
  if (found != evaluated[point].end())
    return found->second;
  ProbeTensor result = probed;
  if (isa<onnx::InitializerOp>(op)) {
    constexpr int64_t kLargestTable = 1 << 25;
    auto read = probed.elements() <= kLargestTable
                    ? elements(v) : std::nullopt;
    if (read)
      result.data = std::make_shared<const std::vector<double>>(read->begin(),
                                                                read->end());
  } else if (isa<onnx::MulOp, onnx::AddOp>(op) || isMove(op)) {
    // From the last: no table is read before its index is known.
    SmallVector<ProbeTensor> operands(op->getNumOperands());
    SmallVector<const ProbeTensor *> inputs;
    bool known = true;
    for (size_t i = operands.size(); known && i-- > 0;) {
      operands[i] = valueAt(point, op->getOperand(i));
      known = operands[i].data || isa<NoneType>(op->getOperand(i).getType());
    }
    for (const ProbeTensor &operand : operands)
      inputs.push_back(&operand);
    if (known)
      result = evaluateNode(op, inputs)[cast<OpResult>(v).getResultNumber()];
  }
  return evaluated[point][v] = result;
}

} // namespace llmc
