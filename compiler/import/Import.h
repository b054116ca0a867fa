// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Importers: files to a module. A Hugging Face folder becomes the `llm` dialect
// (one func.func @main over rows; module attributes llm.config, llm.family and
// llm.source_dtype, the type of the embedding); a .onnx file becomes the `onnx`
// dialect. Weights become references (file, offset, type)
// that were checked against the file; no weight byte is read.
//
// @main: (tokens: tensor<?xi32>, sequences: tensor<?xi32>,
//         positions: tensor<?xi32>, logit_rows: tensor<?xi32>,
//         cache: !llm.kv_cache) -> (tensor<?x vocab xf32>, !llm.kv_cache)
#ifndef LLMC_COMPILER_IMPORT_IMPORT_H
#define LLMC_COMPILER_IMPORT_IMPORT_H

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Support/Error.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

namespace llmc {

using WarningHandler = llvm::function_ref<void(llvm::StringRef)>;

llvm::Expected<mlir::OwningOpRef<mlir::ModuleOp>>
importHuggingFace(mlir::MLIRContext &context, llvm::StringRef folder,
                  WarningHandler warn);
llvm::Expected<mlir::OwningOpRef<mlir::ModuleOp>>
importOnnx(mlir::MLIRContext &context, llvm::StringRef file,
           WarningHandler warn);

} // namespace llmc

#endif
