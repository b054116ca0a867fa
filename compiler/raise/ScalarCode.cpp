// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/raise/ScalarCode.h"

#include "dialects/onnx/OnnxDialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/ADT/TypeSwitch.h"
#include <cmath>

using namespace mlir;

namespace llmc {

Value scalarConstant(ImplicitLocOpBuilder &b, double value) {
  return b.create<arith::ConstantOp>(b.getF32FloatAttr(float(value)));
}

namespace {

using V = ValueRange;

Value sigmoid(ImplicitLocOpBuilder &b, V v) {
  Value exp = b.create<math::ExpOp>(b.create<arith::NegFOp>(v[0]));
  Value one = scalarConstant(b, 1);
  return b.create<arith::DivFOp>(one, b.create<arith::AddFOp>(one, exp));
}

/// x / 2 * (1 + erf(x / sqrt(2))).
Value gelu(ImplicitLocOpBuilder &b, V v) {
  Value erf = b.create<math::ErfOp>(
      b.create<arith::MulFOp>(v[0], scalarConstant(b, std::sqrt(0.5))));
  Value factor = b.create<arith::AddFOp>(scalarConstant(b, 1), erf);
  return b.create<arith::MulFOp>(
      b.create<arith::MulFOp>(v[0], scalarConstant(b, 0.5)), factor);
}

/// x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3))).
Value geluTanh(ImplicitLocOpBuilder &b, V v) {
  auto mul = [&](Value x, Value y) { return b.create<arith::MulFOp>(x, y); };
  Value cube = mul(mul(v[0], v[0]), mul(v[0], scalarConstant(b, 0.044715)));
  Value tanh = b.create<math::TanhOp>(
      mul(scalarConstant(b, 0.7978845608028654),
          b.create<arith::AddFOp>(v[0], cube)));
  Value factor = b.create<arith::AddFOp>(scalarConstant(b, 1), tanh);
  return mul(mul(v[0], scalarConstant(b, 0.5)), factor);
}

template <typename Op> Value binary(ImplicitLocOpBuilder &b, V v) {
  return b.create<Op>(v[0], v[1]);
}
template <typename Op> Value unary(ImplicitLocOpBuilder &b, V v) {
  return b.create<Op>(v[0]);
}
template <arith::CmpFPredicate Predicate>
Value compare(ImplicitLocOpBuilder &b, V v) {
  return b.create<arith::CmpFOp>(Predicate, v[0], v[1]);
}

} // namespace

ScalarEmitter scalarEmitter(Operation *op) {
  using P = arith::CmpFPredicate;
  return llvm::TypeSwitch<Operation *, ScalarEmitter>(op)
      .Case<onnx::AddOp>([](auto) { return &binary<arith::AddFOp>; })
      .Case<onnx::SubOp>([](auto) { return &binary<arith::SubFOp>; })
      .Case<onnx::MulOp>([](auto) { return &binary<arith::MulFOp>; })
      .Case<onnx::DivOp>([](auto) { return &binary<arith::DivFOp>; })
      .Case<onnx::PowOp>([](auto) { return &binary<math::PowFOp>; })
      .Case<onnx::NegOp>([](auto) { return &unary<arith::NegFOp>; })
      .Case<onnx::AbsOp>([](auto) { return &unary<math::AbsFOp>; })
      .Case<onnx::SqrtOp>([](auto) { return &unary<math::SqrtOp>; })
      .Case<onnx::ExpOp>([](auto) { return &unary<math::ExpOp>; })
      .Case<onnx::LogOp>([](auto) { return &unary<math::LogOp>; })
      .Case<onnx::ErfOp>([](auto) { return &unary<math::ErfOp>; })
      .Case<onnx::CosOp>([](auto) { return &unary<math::CosOp>; })
      .Case<onnx::SinOp>([](auto) { return &unary<math::SinOp>; })
      .Case<onnx::TanhOp>([](auto) { return &unary<math::TanhOp>; })
      .Case<onnx::FloorOp>([](auto) { return &unary<math::FloorOp>; })
      .Case<onnx::CeilOp>([](auto) { return &unary<math::CeilOp>; })
      .Case<onnx::SigmoidOp>([](auto) { return &sigmoid; })
      .Case<onnx::GeluOp>([](auto op) -> ScalarEmitter {
        bool isTanh = onnx::getString(op, "approximate", "none") == "tanh";
        return isTanh ? &geluTanh : &gelu;
      })
      .Case<onnx::ReluOp>([](auto) -> ScalarEmitter {
        return [](ImplicitLocOpBuilder &b, V v) -> Value {
          return b.create<arith::MaximumFOp>(v[0], scalarConstant(b, 0));
        };
      })
      .Case<onnx::ReciprocalOp>([](auto) -> ScalarEmitter {
        return [](ImplicitLocOpBuilder &b, V v) -> Value {
          return b.create<arith::DivFOp>(scalarConstant(b, 1), v[0]);
        };
      })
      .Case<onnx::WhereOp>([](auto) -> ScalarEmitter {
        return [](ImplicitLocOpBuilder &b, V v) -> Value {
          return b.create<arith::SelectOp>(v[0], v[1], v[2]);
        };
      })
      .Case<onnx::GreaterOp>([](auto) { return &compare<P::OGT>; })
      .Case<onnx::GreaterOrEqualOp>([](auto) { return &compare<P::OGE>; })
      .Case<onnx::LessOp>([](auto) { return &compare<P::OLT>; })
      .Case<onnx::LessOrEqualOp>([](auto) { return &compare<P::OLE>; })
      .Case<onnx::EqualOp>([](auto) { return &compare<P::OEQ>; })
      .Case<onnx::MinOp>([](auto op) -> ScalarEmitter {
        return op->getNumOperands() == 2 ? &binary<arith::MinimumFOp> : nullptr;
      })
      .Case<onnx::MaxOp>([](auto op) -> ScalarEmitter {
        return op->getNumOperands() == 2 ? &binary<arith::MaximumFOp> : nullptr;
      })
      .Default(ScalarEmitter(nullptr));
}

} // namespace llmc
