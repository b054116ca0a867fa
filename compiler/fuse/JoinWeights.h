// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Joins the weights of linears that read one x into one weight, whose rows
// take turns in chunks: what the fusions of q, k, v and of gate, up share.
#ifndef LLMC_COMPILER_FUSE_JOINWEIGHTS_H
#define LLMC_COMPILER_FUSE_JOINWEIGHTS_H

#include "dialects/llm/LlmDialect.h"

namespace llmc {

class WeightJoiner {
public:
  explicit WeightJoiner(mlir::ModuleOp module) : symbols(module) {}

  /// True when all read one x, have one use, weights of one scheme that lie in
  /// files, and biases either all or none.
  bool canJoin(llvm::ArrayRef<mlir::llm::LinearOp> linears);

  /// One linear instead of `linears`, at the builder's place; the old ones are
  /// left to their owner. `word` stands for what differs in their weights'
  /// names: q_proj, k_proj, v_proj with "qkv" give qkv_proj.
  mlir::llm::LinearOp join(mlir::OpBuilder &builder,
                           llvm::ArrayRef<mlir::llm::LinearOp> linears,
                           llvm::ArrayRef<int64_t> chunks, llvm::StringRef word);

private:
  mlir::llm::WeightOp weightOf(mlir::FlatSymbolRefAttr symbol);
  mlir::FlatSymbolRefAttr joinValues(llvm::ArrayRef<mlir::llm::WeightOp> weights,
                                     llvm::ArrayRef<int64_t> chunks,
                                     llvm::StringRef word);
  mlir::FlatSymbolRefAttr joinParts(llvm::ArrayRef<mlir::llm::WeightOp> weights,
                                    llvm::ArrayRef<int64_t> chunks,
                                    llvm::StringRef word);
  mlir::SymbolTable symbols;
};

} // namespace llmc

#endif
