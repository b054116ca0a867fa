// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The `onnx` dialect's C++ classes: everything that OnnxDialect.td and
// OnnxOps.td declare, and typed access to a node's attributes.
#ifndef LLMC_DIALECTS_ONNX_ONNXDIALECT_H
#define LLMC_DIALECTS_ONNX_ONNXDIALECT_H

#include "dialects/llm/LlmDialect.h"

namespace mlir::onnx {

namespace detail {
LogicalResult verifyNode(Operation *op, unsigned minInputs, unsigned maxInputs,
                         unsigned maxOutputs);
} // namespace detail

/// What every node has in common.
template <typename ConcreteOp>
class Node : public OpTrait::TraitBase<ConcreteOp, Node> {
public:
  static LogicalResult verifyTrait(Operation *op) {
    return detail::verifyNode(op, ConcreteOp::kMinInputs,
                              ConcreteOp::kMaxInputs, ConcreteOp::kMaxOutputs);
  }
};

/// Argument and result attributes of @main: the tensor's name, its dimensions.
inline constexpr llvm::StringLiteral kNameAttr = "onnx.name";
inline constexpr llvm::StringLiteral kDimsAttr = "onnx.dims";
/// Module attributes: version of the default domain; the file's own name; the
/// context that files beside it state.
inline constexpr llvm::StringLiteral kOpsetAttr = "onnx.opset";
inline constexpr llvm::StringLiteral kFileAttr = "onnx.file";
inline constexpr llvm::StringLiteral kContextAttr = "onnx.context";

/// The node's name, or its operator where it has none.
llvm::StringRef nameOf(Operation *op);
/// The operator as the file spells it: "MatMul", "com.microsoft::MatMulNBits".
std::string operatorOf(Operation *op);
/// The name of the operation that stands for an operator of `domain`
/// ("", "ai.onnx" or "com.microsoft"), or an empty string.
std::string operationName(llvm::StringRef domain, llvm::StringRef op);

/// The attribute of a node, or `fallback` where it has none.
int64_t getInt(Operation *op, llvm::StringRef name, int64_t fallback);
double getFloat(Operation *op, llvm::StringRef name, double fallback);
llvm::StringRef getString(Operation *op, llvm::StringRef name,
                          llvm::StringRef fallback);
std::optional<llvm::ArrayRef<int64_t>> getInts(Operation *op,
                                               llvm::StringRef name);
/// Operand `index`, or null where it is not given.
Value getInput(Operation *op, unsigned index);

} // namespace mlir::onnx

#include "dialects/onnx/OnnxDialect.h.inc"

#define GET_TYPEDEF_CLASSES
#include "dialects/onnx/OnnxTypes.h.inc"
#define GET_OP_CLASSES
#include "dialects/onnx/OnnxOps.h.inc"

#endif
