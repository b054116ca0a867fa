// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A machine to predict speed and cost for: a row of Machines.def, or NN cores
// of one. What the CPU can execute is of the Target, not of the machine.
#ifndef LLMC_COMPILER_TARGET_MACHINE_H
#define LLMC_COMPILER_TARGET_MACHINE_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <cstdint>
#include <string>
#include <vector>

namespace llmc {

struct Machine {
  std::string name;   // "graviton4-16"
  std::string target; // "neoverse-v2"
  int64_t cores = 0;
  double ghz = 0;
  double bytesPerSecond = 0; // read by all its cores, no neighbours
  double sharedBytesPerSecond = 0; // its cores' part, all others busy too
  double pricePerHour = 0;   // US dollars, 0: unknown
  std::string note;          // where bandwidth and price come from
};

/// Rows of Machines.def, whole sockets.
std::vector<Machine> machines();
/// "graviton4" (the whole socket) or "graviton4-16" (an instance of 16 cores).
/// An unknown name or core count is an error that says what is accepted.
llvm::Expected<Machine> findMachine(llvm::StringRef name);

} // namespace llmc

#endif
