// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The `exec` dialect's C++ classes: everything that ExecDialect.td and
// ExecOps.td declare.
#ifndef LLMC_DIALECTS_EXEC_EXECDIALECT_H
#define LLMC_DIALECTS_EXEC_EXECDIALECT_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/RegionKindInterface.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "dialects/exec/ExecDialect.h.inc"
#include "dialects/exec/ExecEnums.h.inc"

#define GET_TYPEDEF_CLASSES
#include "dialects/exec/ExecTypes.h.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/exec/ExecAttrs.h.inc"
#define GET_OP_CLASSES
#include "dialects/exec/ExecOps.h.inc"

namespace mlir::exec {
/// The slot letters of kernels/ops.def for `op`, or an empty string.
llvm::StringRef slotsOf(llvm::StringRef op);
} // namespace mlir::exec

#endif
