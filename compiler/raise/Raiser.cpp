// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/raise/Raiser.h"

#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace llmc {

Raiser::Raiser(ModuleOp module, const GraphInputs &inputs, const Probes &probes)
    : inputs(inputs), probes(probes), module(module), b(module.getContext()) {}

RankedTensorType Raiser::rowsOf(int64_t width) {
  return RankedTensorType::get({ShapedType::kDynamic, width}, b.getF32Type());
}

Value Raiser::fail(Operation *op, const Twine &message) {
  if (!failed)
    op->emitError() << "node '" << onnx::nameOf(op) << "' ("
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
    result = raiseLinear(*this, v, /*select=*/{});
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

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

FlatSymbolRefAttr Raiser::addWeight(StringRef name, RankedTensorType type, Attribute source,
                                    DenseF32ArrayAttr value) {
  std::string unique = name.str();
  for (int n = 2; !names.insert(unique).second; ++n)
    unique = (name + "." + Twine(n)).str();
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPoint(b.getInsertionBlock()->getParentOp());
  b.create<llm::WeightOp>(NameLoc::get(b.getStringAttr(unique)), StringRef(unique), type,
                          source ? b.getArrayAttr(source) : nullptr,
                          /*chunks=*/nullptr, value, /*quant=*/nullptr,
                          /*packed=*/nullptr);
  return FlatSymbolRefAttr::get(b.getContext(), unique);
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
                                          Operation *user,
                                          ArrayRef<int64_t> shape,
                                          bool transposed, int64_t addend) {
  FlatSymbolRefAttr &symbol =
      weights[{initializer, addend * 2 + int64_t(transposed)}];
  if (symbol)
    return symbol;
  std::string name = weightName(initializer, user);
  Type element =
      cast<RankedTensorType>(initializer.getType()).getElementType();
  if (llm::SourceAttr source = initializer.getSourceAttr()) {
    int64_t rows = shape.size() == 1 ? 1 : shape[0], columns = shape.back();
    auto part = llm::SourceAttr::get(
        b.getContext(), source.getFile(), source.getOffset(), element, rows,
        columns, transposed ? 1 : columns, transposed ? rows : 1, addend);
    if (addend != 0)
      element = b.getF32Type();
    return symbol = addWeight(name, RankedTensorType::get(shape, element), part,
                              nullptr);
  }
  const std::vector<double> *data = probes.constant(initializer);
  assert(data && "an initializer has a source or a value");
  std::vector<float> value(data->size());
  for (size_t i = 0; i < value.size(); ++i) {
    size_t from = transposed ? (i % shape[1]) * shape[0] + i / shape[1] : i;
    value[i] = float((*data)[from] + double(addend));
  }
  return symbol = addWeight(name, RankedTensorType::get(shape, b.getF32Type()),
                            nullptr, b.getDenseF32ArrayAttr(value));
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

FlatSymbolRefAttr Raiser::matrix(Value v, bool transposed, Operation *user) {
  auto [initializer, turned] = matrixSource(*this, v);
  if (!initializer)
    return {};
  ArrayRef<int64_t> shape =
      cast<RankedTensorType>(initializer.getType()).getShape();
  SmallVector<int64_t> want(shape);
  if (transposed != turned)
    std::swap(want[0], want[1]);
  return fromInitializer(initializer, user, want, transposed != turned, 0);
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

bool Raiser::isVector(Value v, int64_t width) const {
  return bool(vectorSource(*this, v, width).first);
}

FlatSymbolRefAttr Raiser::vector(Value v, int64_t width, Operation *user) {
  auto [initializer, addend] = vectorSource(*this, v, width);
  return initializer ? fromInitializer(initializer, user, {width}, false, addend)
                     : FlatSymbolRefAttr();
}

FlatSymbolRefAttr Raiser::values(StringRef name, ArrayRef<float> values) {
  return addWeight(name,
                   RankedTensorType::get({int64_t(values.size())}, b.getF32Type()),
                   {}, b.getDenseF32ArrayAttr(values));
}

} // namespace llmc
