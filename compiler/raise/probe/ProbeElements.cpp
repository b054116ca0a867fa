// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/raise/probe/ProbeElements.h"

#include "compiler/raise/probe/ProbeOps.h"
#include "compiler/support/MappedFile.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/Path.h"
#include <cstring>
#include <numeric>

using namespace mlir;

namespace llmc {

/// A mask is made by a few dozen nodes; beyond these the graph is none.
static constexpr int64_t kDeepest = 500, kMostSteps = 20000;

using Elements = ProbeElements::Elements;

static Elements own(std::vector<double> elements) {
  return std::make_shared<const std::vector<double>>(std::move(elements));
}

/// The index that has `offset` in `shape`.
static SmallVector<int64_t> indexOf(int64_t offset, ArrayRef<int64_t> shape) {
  SmallVector<int64_t> index(shape.size());
  for (size_t axis = shape.size(); axis-- > 0; offset /= shape[axis])
    index[axis] = offset % shape[axis];
  return index;
}

const ProbeTensor &ProbeElements::tensorOf(Value v) const {
  static const ProbeTensor kUnknown;
  auto found = point.values.find(v);
  return found == point.values.end() ? kUnknown : found->second;
}

Elements elementsInFile(onnx::InitializerOp initializer,
                        const ProbeElements::Offsets &offsets) {
  auto folder = initializer->getParentOfType<ModuleOp>()->getAttrOfType<StringAttr>(
      "llm.folder");
  Type type = cast<RankedTensorType>(initializer.getType()).getElementType();
  int64_t bits = type.isInteger(1) ? 8 : type.getIntOrFloatBitWidth();
  if (!folder || !initializer.getSource() || bits % 8 != 0)
    return nullptr;
  llm::SourceAttr source = *initializer.getSource();
  llvm::SmallString<256> path(folder.getValue());
  llvm::sys::path::append(path, source.getFile());
  llvm::Expected<MappedFile> file = MappedFile::open(path);
  if (!file) {
    llvm::consumeError(file.takeError());
    return nullptr;
  }
  auto bytes = file->range(source.getOffset(),
                           source.getRows() * source.getColumns() * bits / 8);
  if (!bytes) {
    llvm::consumeError(bytes.takeError());
    return nullptr;
  }
  std::vector<double> elements;
  for (int64_t offset : offsets) {
    uint64_t stored = 0;
    memcpy(&stored, bytes->data() + offset * bits / 8, bits / 8);
    APInt value(unsigned(bits), stored);
    bool losesInfo;
    if (auto real = dyn_cast<FloatType>(type)) {
      APFloat number(real.getFloatSemantics(), value);
      number.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven,
                     &losesInfo);
      elements.push_back(number.convertToDouble());
    } else {
      bool isSigned = !type.isUnsignedInteger() && !type.isInteger(1);
      elements.push_back(isSigned ? double(value.getSExtValue())
                                  : double(value.getZExtValue()));
    }
  }
  return own(std::move(elements));
}

Elements ProbeElements::all(Value v) {
  const ProbeTensor &tensor = tensorOf(v);
  if (tensor.data || !tensor.known || !allData({}, tensor.elements()))
    return tensor.data;
  Offsets offsets(tensor.elements());
  std::iota(offsets.begin(), offsets.end(), 0);
  return at(v, offsets);
}

Elements ProbeElements::at(Value v, const Offsets &offsets) {
  const ProbeTensor &tensor = tensorOf(v);
  if (!tensor.known)
    return nullptr;
  if (tensor.data) {
    std::vector<double> elements;
    elements.reserve(offsets.size());
    for (int64_t offset : offsets)
      elements.push_back((*tensor.data)[offset]);
    return own(std::move(elements));
  }
  for (auto &[before, elements] : pulled[v])
    if (before == offsets)
      return elements;
  if (!v.getDefiningOp() || depth == kDeepest || ++steps > kMostSteps)
    return nullptr;
  ++depth;
  Elements elements = compute(v, offsets);
  --depth;
  pulled[v].push_back({offsets, elements});
  return elements;
}

Elements ProbeElements::compute(Value v, const Offsets &offsets) {
  Operation *op = v.getDefiningOp();
  if (isa<onnx::ReshapeOp, onnx::FlattenOp, onnx::SqueezeOp, onnx::UnsqueezeOp>(
          op)) // the same elements in the same order
    return at(op->getOperand(0), offsets);
  if (isa<onnx::ConstantOfShapeOp>(op)) { // as many as are wanted
    ProbeTensor count = makeTensor(IntegerType::get(op->getContext(), 64), {1});
    setData(count, {double(offsets.size())});
    return evaluateNode(op, {&count})[0].data;
  }
  if (auto initializer = dyn_cast<onnx::InitializerOp>(op))
    return elementsInFile(initializer, offsets);
  if (isElementwise(op))
    return elementwise(op, tensorOf(v), offsets);
  return moved(op, cast<OpResult>(v).getResultNumber(), offsets);
}

Elements ProbeElements::elementwise(Operation *op, const ProbeTensor &result,
                                    const Offsets &offsets) {
  SmallVector<ProbeTensor> operands;
  for (Value operand : op->getOperands()) {
    ArrayRef<int64_t> shape = tensorOf(operand).shape;
    Offsets from;
    from.reserve(offsets.size());
    for (int64_t offset : offsets) {
      SmallVector<int64_t> index = indexOf(offset, result.shape);
      int64_t place = 0;
      for (size_t i = 0; i < shape.size(); ++i)
        place = place * shape[i] +
                (shape[i] == 1 ? 0 : index[index.size() - shape.size() + i]);
      from.push_back(place);
    }
    operands.push_back(makeTensor(tensorOf(operand).type,
                                  {int64_t(offsets.size())}));
    operands.back().data = at(operand, from);
    if (!operands.back().data)
      return nullptr;
  }
  SmallVector<const ProbeTensor *> inputs;
  for (const ProbeTensor &operand : operands)
    inputs.push_back(&operand);
  return evaluateNode(op, inputs)[0].data;
}

Elements ProbeElements::moved(Operation *op, unsigned result,
                              const Offsets &offsets) {
  SmallVector<const ProbeTensor *> inputs;
  for (Value operand : op->getOperands())
    inputs.push_back(&tensorOf(operand));
  Moves moves = movesOf(op, inputs);
  if (result >= moves.size())
    return nullptr;
  const Move &move = moves[result];
  std::vector<SmallVector<int64_t>> indices;
  for (int64_t offset : offsets)
    indices.push_back(indexOf(offset, move.result.shape));
  Elements picks;
  if (move.depth) {
    Offsets where;
    for (ArrayRef<int64_t> index : indices)
      for (unsigned i = 0; i < move.depth; ++i)
        where.push_back(move.where(index) + i);
    if (!(picks = at(op->getOperand(1), where)))
      return nullptr;
  }
  std::vector<Offsets> wanted(move.inputs), places(move.inputs);
  for (auto [i, index] : llvm::enumerate(indices)) {
    Source source{0, move.first};
    if (move.from)
      source = move.from(index,
                         picks ? ArrayRef(*picks).slice(i * move.depth, move.depth)
                               : ArrayRef<double>());
    else
      for (auto [position, stride] : llvm::zip(index, move.strides))
        source.offset += position * stride;
    if (source.input == Source::Unknown)
      return nullptr;
    if (source.input == Source::Zero)
      continue;
    wanted[source.input].push_back(source.offset);
    places[source.input].push_back(int64_t(i));
  }
  std::vector<double> elements(offsets.size(), 0.0);
  for (unsigned input = 0; input < move.inputs; ++input) {
    if (wanted[input].empty())
      continue;
    Elements from = at(op->getOperand(input), wanted[input]);
    if (!from)
      return nullptr;
    for (auto [place, element] : llvm::zip(places[input], *from))
      elements[place] = element;
  }
  return own(std::move(elements));
}

} // namespace llmc
