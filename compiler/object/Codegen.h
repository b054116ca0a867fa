// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// LLVM code generation: in, a module of the LLVM dialect (llm.weight
// operations in it are passed over) and a target; out, a relocatable object,
// assembly or LLVM IR as text. Position-independent.
#ifndef LLMC_COMPILER_OBJECT_CODEGEN_H
#define LLMC_COMPILER_OBJECT_CODEGEN_H

#include "compiler/target/Target.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/SmallVector.h"

namespace llmc {

enum class CodeKind { Object, Assembly, LlvmIr };

llvm::Expected<llvm::SmallVector<char, 0>>
generateCode(mlir::ModuleOp module, const Target &target, CodeKind kind);

} // namespace llmc

#endif
