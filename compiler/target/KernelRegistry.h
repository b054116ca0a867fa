// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The kernel table (kernels/kernel_table.def) as the compiler reads it.
#ifndef LLMC_COMPILER_TARGET_KERNELREGISTRY_H
#define LLMC_COMPILER_TARGET_KERNELREGISTRY_H

#include "compiler/target/Target.h"

namespace llmc {

struct KernelRow {
  llvm::StringRef op, graph, out, lhs, rhs, variant, isa;
  int64_t granule, scratch0, scratchK;
  llvm::StringRef symbol;
  int64_t scratchBytes(int64_t k) const { return scratch0 + scratchK * k; }
};

/// What an operation asks of a kernel. Empty strings match anything, so that
/// `pack` may leave e.g. `lhs` open and read it from the row taken.
struct KernelQuery {
  llvm::StringRef op, graph, out, lhs, rhs, variant;
};

llvm::ArrayRef<KernelRow> kernelTable();
/// The last row that fits query and target, or null. `why`, when given, gets a
/// line per row that matches the query but needs a feature of the target's
/// architecture that the target lacks.
const KernelRow *selectKernel(const KernelQuery &query, const Target &target,
                              std::string *why = nullptr);
const KernelRow *findKernel(llvm::StringRef symbol);

} // namespace llmc

#endif
