// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The `llm` dialect's C++ classes: everything that LlmDialect.td and LlmOps.td
// declare. Include this where llm operations are read or built.
#ifndef LLMC_DIALECTS_LLM_LLMDIALECT_H
#define LLMC_DIALECTS_LLM_LLMDIALECT_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "dialects/llm/LlmDialect.h.inc"
#include "dialects/llm/LlmEnums.h.inc"

#define GET_TYPEDEF_CLASSES
#include "dialects/llm/LlmTypes.h.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/llm/LlmAttrs.h.inc"
#define GET_OP_CLASSES
#include "dialects/llm/LlmOps.h.inc"

namespace mlir::llm {
/// Name of the module attribute that holds #llm.config.
inline constexpr llvm::StringLiteral kConfigAttr = "llm.config";
/// Discardable attribute of an op: the symbol of the kernel that `pack` chose
/// for it, a row of kernels/kernel_table.def.
inline constexpr llvm::StringLiteral kKernelAttr = "kernel";
/// Attribute of a function that llm.generated calls: a letter per argument.
inline constexpr llvm::StringLiteral kGeneratedCodeAttr = "llm.generated";
/// Module attribute (i64): bytes of the weight section, set by `pack`.
inline constexpr llvm::StringLiteral kWeightsBytesAttr = "llm.weights_bytes";
/// The weight that `symbol` names, or null.
WeightOp lookupWeight(Operation *from, FlatSymbolRefAttr symbol);
} // namespace mlir::llm

#endif
