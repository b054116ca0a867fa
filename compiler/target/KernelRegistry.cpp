// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/target/KernelRegistry.h"

#include "llvm/ADT/STLExtras.h"

using namespace llmc;
using llvm::StringRef;

llvm::ArrayRef<KernelRow> llmc::kernelTable() {
  // The first row keeps the array from being empty and matches no query.
  static const KernelRow rows[] = {
      {},
#define LLMC_KERNEL_ROW(op, graph, out, lhs, rhs, variant, isa, granule,       \
                        scratch0, scratchK, symbol)                            \
  {#op,  #graph,  #out,     #lhs,     #rhs,   #variant,                        \
   #isa, granule, scratch0, scratchK, #symbol},
#include "kernels/kernel_table.def"
  };
  return llvm::ArrayRef(rows).drop_front();
}

static bool matches(StringRef wanted, StringRef have) {
  return wanted.empty() || wanted == have;
}

static bool matches(const KernelQuery &query, const KernelRow &row) {
  return query.op == row.op &&
         (row.graph == "any" || matches(query.graph, row.graph)) &&
         matches(query.out, row.out) && matches(query.lhs, row.lhs) &&
         matches(query.rhs, row.rhs) && matches(query.variant, row.variant);
}

/// True when the feature is one of the target's architecture.
static bool isOfArch(StringRef isa, const Target &target) {
  enum { arm, x86 };
#define LLMC_ISA(name, arch, hwcap, bit, llvm)                                 \
  if (isa == #name)                                                            \
    return (arch == arm) == target.isArm();
#include "kernels/isa_features.def"
  return true;
}

const KernelRow *llmc::selectKernel(const KernelQuery &query,
                                    const Target &target, std::string *why) {
  const KernelRow *taken = nullptr;
  for (const KernelRow &row : kernelTable()) {
    if (!matches(query, row))
      continue;
    if (target.has(row.isa))
      taken = &row;
    else if (why && isOfArch(row.isa, target))
      *why += (row.symbol + " needs " + row.isa + "\n").str();
  }
  return taken;
}

const KernelRow *llmc::findKernel(StringRef symbol) {
  for (const KernelRow &row : kernelTable())
    if (row.symbol == symbol)
      return &row;
  return nullptr;
}
