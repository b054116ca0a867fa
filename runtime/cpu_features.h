// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What this CPU and its operating system offer, as the bit set of
// kernels/isa_features.def, so that a model is refused by name and never by an
// illegal instruction.
#ifndef LLMC_RUNTIME_CPU_FEATURES_H
#define LLMC_RUNTIME_CPU_FEATURES_H

#include <stddef.h>
#include <stdint.h>

namespace llmc::rt {

struct CpuFeatures {
  uint64_t isa;     // bit i: row i of isa_features.def is usable
  int32_t sve_bits; // vector length of this process, 0 without SVE
};

/// Of this machine: HWCAP words and the SVE vector length on Arm, CPUID and
/// the register state that the system saves on x86.
CpuFeatures cpuFeatures();

/// Writes the names of the set bits, joined by ", ", cut to `size` bytes.
void isaNames(uint64_t isa, char *text, size_t size);

} // namespace llmc::rt

#endif
