// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "dialects/onnx/OnnxDialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::onnx;

#include "dialects/onnx/OnnxDialect.cpp.inc"
#define GET_TYPEDEF_CLASSES
#include "dialects/onnx/OnnxTypes.cpp.inc"
#define GET_OP_CLASSES
#include "dialects/onnx/OnnxOps.cpp.inc"

void OnnxDialect::initialize() {
  addTypes<
#define GET_TYPEDEF_LIST
#include "dialects/onnx/OnnxTypes.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialects/onnx/OnnxOps.cpp.inc"
      >();
}

//===----------------------------------------------------------------------===//
// Verifiers
//===----------------------------------------------------------------------===//

static LogicalResult checkCount(Operation *op, StringRef label, unsigned count,
                                unsigned min, unsigned max, StringRef what) {
  if (count >= min && count <= max)
    return success();
  InFlightDiagnostic error = op->emitOpError() << label << ": " << count << " "
                                               << what << ", expected " << min;
  if (max > 1000)
    return error << " or more";
  if (max != min)
    return error << " to " << max;
  return error;
}

LogicalResult onnx::detail::verifyNode(Operation *op, unsigned minInputs,
                                       unsigned maxInputs,
                                       unsigned maxOutputs) {
  if (failed(checkCount(op, "node_c1", op->getNumOperands(), minInputs,
                        maxInputs, "inputs")))
    return failure();
  return checkCount(op, "node_c2", op->getNumResults(), 1, maxOutputs,
                    "outputs");
}

LogicalResult InitializerOp::verify() {
  int64_t elements = cast<RankedTensorType>(getType()).getNumElements();
  if (!getSource() && !getValue())
    return emitOpError("initializer_c1: neither source nor value");
  if (getSource() && getSource()->getRows() * getSource()->getColumns() != elements)
    return emitOpError("initializer_c1: source has ")
           << getSource()->getRows() * getSource()->getColumns()
           << " elements, expected " << elements;
  if (getValue() && getValue()->getNumElements() != elements)
    return emitOpError("initializer_c1: value has ")
           << getValue()->getNumElements() << " elements, expected "
           << elements;
  return success();
}

//===----------------------------------------------------------------------===//
// Names and attributes
//===----------------------------------------------------------------------===//

static constexpr llvm::StringLiteral kMicrosoft = "microsoft.";

StringRef onnx::nameOf(Operation *op) {
  if (auto initializer = dyn_cast<InitializerOp>(op))
    return initializer.getName();
  auto name = op->getAttrOfType<StringAttr>("node");
  return name && !name.empty() ? name.getValue() : op->getName().stripDialect();
}

std::string onnx::operatorOf(Operation *op) {
  StringRef name = op->getName().stripDialect();
  if (name.consume_front(kMicrosoft))
    return ("com.microsoft::" + name).str();
  return name.str();
}

std::string onnx::operationName(StringRef domain, StringRef op) {
  if (domain.empty() || domain == "ai.onnx")
    return ("onnx." + op).str();
  if (domain == "com.microsoft")
    return ("onnx." + kMicrosoft + op).str();
  return {};
}

int64_t onnx::getInt(Operation *op, StringRef name, int64_t fallback) {
  auto attr = op->getAttrOfType<IntegerAttr>(name);
  return attr ? attr.getInt() : fallback;
}

double onnx::getFloat(Operation *op, StringRef name, double fallback) {
  auto attr = op->getAttrOfType<FloatAttr>(name);
  return attr ? attr.getValueAsDouble() : fallback;
}

StringRef onnx::getString(Operation *op, StringRef name, StringRef fallback) {
  auto attr = op->getAttrOfType<StringAttr>(name);
  return attr ? attr.getValue() : fallback;
}

std::optional<ArrayRef<int64_t>> onnx::getInts(Operation *op, StringRef name) {
  if (auto attr = op->getAttrOfType<DenseI64ArrayAttr>(name))
    return attr.asArrayRef();
  return std::nullopt;
}

Value onnx::getInput(Operation *op, unsigned index) {
  if (index >= op->getNumOperands() ||
      isa<NoneType>(op->getOperand(index).getType()))
    return {};
  return op->getOperand(index);
}
