// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A CPU to compile for: a row of Targets.def. Bandwidth, cores and price are
// of a machine (Machine.h), not of a CPU.
#ifndef LLMC_COMPILER_TARGET_TARGET_H
#define LLMC_COMPILER_TARGET_TARGET_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <cstdint>
#include <string>

namespace llmc {

struct Target {
  std::string name;     // "neoverse-v2"
  std::string triple;   // "aarch64-linux-gnu"
  std::string cpu;      // LLVM's -mcpu
  std::string features; // LLVM feature string that restricts or extends cpu
  uint64_t isa = 0;     // bit set of kernels/isa_features.def, row order
  int64_t sveBits = 0;  // vector length generated code may rely on, 0: none
  int64_t l1dBytes = 0, l2Bytes = 0;
  std::string foundIn;  // "Graviton4, Grace"
  bool isArm() const { return llvm::StringRef(triple).starts_with("aarch64"); }
  /// True when the CPU has the feature of that name ("any": always).
  bool has(llvm::StringRef isaFeature) const;
};

/// Rows of Targets.def, without native.
llvm::ArrayRef<Target> targets();
/// The target named `name`, "native" included; an unknown name is an error
/// that lists the known ones. The pointer lives as long as the process.
llvm::Expected<const Target *> findTarget(llvm::StringRef name);

} // namespace llmc

#endif
