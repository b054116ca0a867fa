// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What each operator does to shapes, and to elements where all its inputs are
// known: the definitions of the ONNX specification, in double precision,
// rounded to the element type.
#include "compiler/raise/probe/Probe.h"
#include "compiler/raise/probe/ProbeOps.h"

#include "dialects/onnx/OnnxDialect.h"
#include "llvm/ADT/TypeSwitch.h"
#include <cmath>

using namespace mlir;

namespace llmc {

/// Constants above this many elements are not computed.
static constexpr int64_t kMaxElements = 1 << 20;

using Inputs = ArrayRef<const ProbeTensor *>;
using Results = SmallVector<ProbeTensor, 1>;

double roundTo(Type type, double value) {
  if (type.isInteger(1))
    return value != 0;
  if (type.isIntOrIndex())
    return std::trunc(value);
  return type.isF64() ? value : double(float(value));
}

ProbeTensor makeTensor(Type type, ArrayRef<int64_t> shape) {
  ProbeTensor tensor;
  tensor.known = true;
  tensor.type = type;
  tensor.shape.assign(shape.begin(), shape.end());
  return tensor;
}

void setData(ProbeTensor &tensor, std::vector<double> data) {
  for (double &element : data)
    element = roundTo(tensor.type, element);
  tensor.data = std::make_shared<const std::vector<double>>(std::move(data));
}

bool allData(Inputs inputs, int64_t elements) {
  return elements >= 0 && elements <= kMaxElements &&
         llvm::all_of(inputs, [](auto *input) { return input->data != nullptr; });
}

bool broadcast(ArrayRef<int64_t> a, SmallVectorImpl<int64_t> &into) {
  if (a.size() > into.size())
    into.insert(into.begin(), a.size() - into.size(), 1);
  for (size_t i = 0; i < a.size(); ++i) {
    int64_t &size = into[into.size() - 1 - i];
    int64_t other = a[a.size() - 1 - i];
    if (size == 1)
      size = other;
    else if (other != 1 && other != size)
      return false;
  }
  return true;
}

void forEachIndex(ArrayRef<int64_t> shape,
                  function_ref<void(ArrayRef<int64_t>)> visit) {
  int64_t count = 1;
  for (int64_t size : shape)
    count *= size;
  SmallVector<int64_t, 4> index(shape.size(), 0);
  for (int64_t i = 0; i < count; ++i) {
    visit(index);
    for (size_t axis = shape.size(); axis-- > 0;) {
      if (++index[axis] < shape[axis])
        break;
      index[axis] = 0;
    }
  }
}

double elementAt(const ProbeTensor &tensor, ArrayRef<int64_t> index) {
  int64_t offset = 0;
  size_t skip = index.size() - tensor.shape.size();
  for (size_t i = 0; i < tensor.shape.size(); ++i)
    offset = offset * tensor.shape[i] +
             (tensor.shape[i] == 1 ? 0 : index[skip + i]);
  return (*tensor.data)[offset];
}

//===----------------------------------------------------------------------===//
// Elementwise
//===----------------------------------------------------------------------===//

static Results elementwise(Inputs inputs, Type type,
                           function_ref<double(ArrayRef<double>)> compute) {
  SmallVector<int64_t> shape;
  for (const ProbeTensor *input : inputs)
    if (!broadcast(input->shape, shape))
      return {};
  ProbeTensor result = makeTensor(type, shape);
  if (allData(inputs, result.elements())) {
    std::vector<double> data;
    SmallVector<double, 3> operands(inputs.size());
    forEachIndex(shape, [&](ArrayRef<int64_t> index) {
      for (size_t i = 0; i < inputs.size(); ++i)
        operands[i] = elementAt(*inputs[i], index);
      data.push_back(compute(operands));
    });
    setData(result, std::move(data));
  }
  return {std::move(result)};
}

/// The function of an elementwise operator whose result has the type of its
/// inputs, or null.
static double (*arithmeticOf(Operation *op))(ArrayRef<double>) {
  using Function = double (*)(ArrayRef<double>);
  using V = ArrayRef<double>;
  return llvm::TypeSwitch<Operation *, Function>(op)
      .Case<onnx::AddOp>([](auto) { return [](V v) { return v[0] + v[1]; }; })
      .Case<onnx::SubOp>([](auto) { return [](V v) { return v[0] - v[1]; }; })
      .Case<onnx::MulOp>([](auto) { return [](V v) { return v[0] * v[1]; }; })
      .Case<onnx::DivOp>([](auto) { return [](V v) { return v[0] / v[1]; }; })
      .Case<onnx::ModOp>([](auto) {
        return [](V v) { return v[0] - v[1] * std::floor(v[0] / v[1]); };
      })
      .Case<onnx::PowOp>(
          [](auto) { return [](V v) { return std::pow(v[0], v[1]); }; })
      .Case<onnx::MinOp>([](auto) {
        return [](V v) { return *std::min_element(v.begin(), v.end()); };
      })
      .Case<onnx::MaxOp>([](auto) {
        return [](V v) { return *std::max_element(v.begin(), v.end()); };
      })
      .Case<onnx::NegOp>([](auto) { return [](V v) { return -v[0]; }; })
      .Case<onnx::AbsOp>([](auto) { return [](V v) { return std::fabs(v[0]); }; })
      .Case<onnx::SqrtOp>([](auto) { return [](V v) { return std::sqrt(v[0]); }; })
      .Case<onnx::ReciprocalOp>([](auto) { return [](V v) { return 1 / v[0]; }; })
      .Case<onnx::ExpOp>([](auto) { return [](V v) { return std::exp(v[0]); }; })
      .Case<onnx::LogOp>([](auto) { return [](V v) { return std::log(v[0]); }; })
      .Case<onnx::ErfOp>([](auto) { return [](V v) { return std::erf(v[0]); }; })
      .Case<onnx::CosOp>([](auto) { return [](V v) { return std::cos(v[0]); }; })
      .Case<onnx::SinOp>([](auto) { return [](V v) { return std::sin(v[0]); }; })
      .Case<onnx::TanhOp>([](auto) { return [](V v) { return std::tanh(v[0]); }; })
      .Case<onnx::SigmoidOp>(
          [](auto) { return [](V v) { return 1 / (1 + std::exp(-v[0])); }; })
      .Case<onnx::ReluOp>(
          [](auto) { return [](V v) { return std::max(v[0], 0.0); }; })
      .Case<onnx::GeluOp>([](auto op) -> Function {
        if (onnx::getString(op, "approximate", "none") == "tanh")
          return [](V v) {
            double x = v[0], cube = 0.044715 * x * x * x;
            return x / 2 * (1 + std::tanh(0.7978845608028654 * (x + cube)));
          };
        return [](V v) {
          return v[0] / 2 * (1 + std::erf(v[0] * 0.7071067811865476));
        };
      })
      .Case<onnx::FloorOp>(
          [](auto) { return [](V v) { return std::floor(v[0]); }; })
      .Case<onnx::CeilOp>([](auto) { return [](V v) { return std::ceil(v[0]); }; })
      .Case<onnx::IdentityOp>([](auto) { return [](V v) { return v[0]; }; })
      .Default(Function(nullptr));
}

/// The same for operators whose result is bool.
static double (*predicateOf(Operation *op))(ArrayRef<double>) {
  using Function = double (*)(ArrayRef<double>);
  using V = ArrayRef<double>;
  return llvm::TypeSwitch<Operation *, Function>(op)
      .Case<onnx::EqualOp>(
          [](auto) { return [](V v) -> double { return v[0] == v[1]; }; })
      .Case<onnx::GreaterOp>(
          [](auto) { return [](V v) -> double { return v[0] > v[1]; }; })
      .Case<onnx::GreaterOrEqualOp>(
          [](auto) { return [](V v) -> double { return v[0] >= v[1]; }; })
      .Case<onnx::LessOp>(
          [](auto) { return [](V v) -> double { return v[0] < v[1]; }; })
      .Case<onnx::LessOrEqualOp>(
          [](auto) { return [](V v) -> double { return v[0] <= v[1]; }; })
      .Case<onnx::AndOp>(
          [](auto) { return [](V v) -> double { return v[0] && v[1]; }; })
      .Case<onnx::OrOp>(
          [](auto) { return [](V v) -> double { return v[0] || v[1]; }; })
      .Case<onnx::NotOp>([](auto) { return [](V v) -> double { return !v[0]; }; })
      .Case<onnx::IsNaNOp>(
          [](auto) { return [](V v) -> double { return std::isnan(v[0]); }; })
      .Default(Function(nullptr));
}

//===----------------------------------------------------------------------===//
// Constants and types
//===----------------------------------------------------------------------===//

static Results fromElements(Attribute attr) {
  auto elements = dyn_cast_or_null<DenseElementsAttr>(attr);
  if (!elements)
    return {};
  ProbeTensor result =
      makeTensor(elements.getElementType(), elements.getType().getShape());
  std::vector<double> data;
  if (isa<FloatType>(result.type)) {
    for (APFloat value : elements.getValues<APFloat>()) {
      bool losesInfo;
      value.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven,
                    &losesInfo);
      data.push_back(value.convertToDouble());
    }
  } else {
    bool isSigned = !result.type.isUnsignedInteger() && !result.type.isInteger(1);
    for (APInt value : elements.getValues<APInt>())
      data.push_back(isSigned ? double(value.getSExtValue())
                              : double(value.getZExtValue()));
  }
  setData(result, std::move(data));
  return {std::move(result)};
}

static Results constantNode(Operation *op) {
  Builder b(op->getContext());
  auto list = [&](Type type, std::vector<double> data, bool isScalar) -> Results {
    ProbeTensor result =
        isScalar ? makeTensor(type, {})
                 : makeTensor(type, {int64_t(data.size())});
    setData(result, std::move(data));
    return {std::move(result)};
  };
  if (auto value = op->getAttrOfType<IntegerAttr>("value_int"))
    return list(b.getI64Type(), {double(value.getInt())}, true);
  if (auto value = op->getAttrOfType<FloatAttr>("value_float"))
    return list(b.getF32Type(), {value.getValueAsDouble()}, true);
  if (auto value = op->getAttrOfType<DenseI64ArrayAttr>("value_ints"))
    return list(b.getI64Type(), {value.asArrayRef().begin(),
                                 value.asArrayRef().end()}, false);
  if (auto value = op->getAttrOfType<DenseF32ArrayAttr>("value_floats"))
    return list(b.getF32Type(), {value.asArrayRef().begin(),
                                 value.asArrayRef().end()}, false);
  return fromElements(op->getAttr("value"));
}

static Type typeOfCode(int64_t code, MLIRContext *context) {
  Builder b(context);
  switch (code) {
  case 1:
    return b.getF32Type();
  case 6:
    return b.getI32Type();
  case 7:
    return b.getI64Type();
  case 9:
    return b.getI1Type();
  case 10:
    return b.getF16Type();
  case 11:
    return b.getF64Type();
  case 16:
    return b.getBF16Type();
  default:
    return {};
  }
}

/// The results of operators that are neither shape operators nor products.
static std::optional<Results> valueOperator(Operation *op, Inputs inputs) {
  if (auto initializer = dyn_cast<onnx::InitializerOp>(op)) {
    if (Results known = fromElements(initializer.getValueAttr()); !known.empty())
      return known;
    auto type = cast<RankedTensorType>(initializer.getType());
    return Results{makeTensor(type.getElementType(), type.getShape())};
  }
  if (isa<onnx::ConstantOp>(op))
    return constantNode(op);
  if (isa<onnx::CastOp, onnx::CastLikeOp>(op)) {
    Type type = isa<onnx::CastLikeOp>(op)
                    ? inputs[1]->type
                    : typeOfCode(onnx::getInt(op, "to", 0), op->getContext());
    if (!type)
      return Results{};
    return elementwise(inputs.take_front(1), type,
                       [](ArrayRef<double> v) { return v[0]; });
  }
  if (isa<onnx::WhereOp>(op))
    return elementwise(inputs, inputs[1]->type, [](ArrayRef<double> v) {
      return v[0] ? v[1] : v[2];
    });
  if (auto *function = arithmeticOf(op))
    return elementwise(inputs, inputs[0]->type, function);
  if (auto *function = predicateOf(op))
    return elementwise(inputs, IntegerType::get(op->getContext(), 1), function);
  if (isa<onnx::ClipOp, onnx::SoftmaxOp, onnx::ScatterNDOp,
          onnx::RMSNormalizationOp, onnx::SimplifiedLayerNormalizationOp,
          onnx::MicrosoftSkipSimplifiedLayerNormalizationOp>(op)) {
    // As the first input; further outputs are unknown but for the sum of
    // SkipSimplifiedLayerNormalization.
    Results results(op->getNumResults());
    results[0] = makeTensor(inputs[0]->type, inputs[0]->shape);
    if (isa<onnx::MicrosoftSkipSimplifiedLayerNormalizationOp>(op) &&
        results.size() == 4)
      results[3] = results[0];
    return results;
  }
  return std::nullopt;
}

bool isElementwise(Operation *op) {
  return isa<onnx::CastOp, onnx::CastLikeOp, onnx::WhereOp>(op) ||
         arithmeticOf(op) || predicateOf(op);
}

SmallVector<ProbeTensor, 1> evaluateNode(Operation *op, Inputs inputs) {
  Results unknown(op->getNumResults());
  if (!inputs.empty() && !inputs[0]->known)
    return unknown;
  for (auto [input, operand] : llvm::zip(inputs, op->getOperands()))
    if (!input->known && !isa<NoneType>(operand.getType()) &&
        !isa<onnx::MicrosoftGroupQueryAttentionOp, onnx::AttentionOp,
             onnx::MicrosoftMultiHeadAttentionOp>(op))
      return unknown;
  std::optional<Results> results = valueOperator(op, inputs);
  if (!results)
    results = evaluateShapeOperator(op, inputs);
  if (results->size() != op->getNumResults())
    return unknown;
  for (ProbeTensor &result : *results) // sizes that no tensor has
    if (result.known && result.elements() < 0)
      result = {};
  return *results;
}

} // namespace llmc
