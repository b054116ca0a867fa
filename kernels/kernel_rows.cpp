// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "kernels/kernel_rows.h"

namespace {
enum Isa : int32_t {
  isa_any = -1,
#define LLMC_ISA(name, arch, hwcap, bit, llvm) isa_##name,
#include "kernels/isa_features.def"
};
enum class Arch { any, arm, x86 };
constexpr Arch arch_any = Arch::any;
#define LLMC_ISA(name, arch, hwcap, bit, llvm)                                 \
  constexpr Arch arch_##name = Arch::arch;
#include "kernels/isa_features.def"

#ifdef __aarch64__
constexpr Arch kHere = Arch::arm;
#else
constexpr Arch kHere = Arch::x86;
#endif

constexpr bool isHere(Arch arch) { return arch == Arch::any || arch == kHere; }
} // namespace

#define LLMC_KERNEL_ROW(op, graph, out, lhs, rhs, variant, isa, granule,       \
                        scratch0, scratch_k, symbol)                           \
  LLMC_KERNEL(symbol);
#include "kernels/kernel_table.def"

// Folded at compile time: only symbols of this architecture are referred to.
static constexpr llmc_kernel_row kRows[] = {
#define LLMC_KERNEL_ROW(op, graph, out, lhs, rhs, variant, isa, granule,       \
                        scratch0, scratch_k, symbol)                           \
  {#op,       #graph,   #out,      #lhs,    #rhs,                              \
   #variant,  #isa,     isa_##isa, granule, scratch0,                          \
   scratch_k, #symbol,  isHere(arch_##isa) ? symbol : nullptr},
#include "kernels/kernel_table.def"
};

const llmc_kernel_row *llmc_kernel_rows(size_t *count) {
  *count = sizeof(kRows) / sizeof(kRows[0]);
  return kRows;
}
