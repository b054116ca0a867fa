// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The object phase: in, a module in the LLVM dialect with its llm.weight
// operations and a descriptor; out, X.o, X.h and, where asked for, X.weights.
// Files appear only when all of them are complete.
#ifndef LLMC_COMPILER_OBJECT_OBJECT_H
#define LLMC_COMPILER_OBJECT_OBJECT_H

#include "compiler/target/Target.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace llmc {

struct ObjectRequest {
  const Target *target = nullptr;
  std::string name;   // of the descriptor
  std::string folder; // that the weights' files are relative to
  std::string output; // X.o
  bool weightsInFile = false;
  llvm::ArrayRef<uint8_t> text; // section of tokenizer and template, or empty
  unsigned threads = 0;         // 0: all cores
  llvm::function_ref<void(llvm::StringRef)> warn;
  llvm::function_ref<void(int64_t done, int64_t total)> progress; // bytes
};

/// "X.o" -> "X.weights", and so on.
std::string siblingOf(llvm::StringRef output, llvm::StringRef extension);

/// Bytes of the weight section of `module`, as `pack` left them.
int64_t packedBytes(mlir::ModuleOp module);

/// Writes the files. Returns the size of X.o in bytes.
llvm::Expected<int64_t> writeArtefact(mlir::ModuleOp module,
                                      const ObjectRequest &request);

} // namespace llmc

#endif
