// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// compile(): the only entry that tools call. In: options. Out: X.o, X.h and
// X.weights, or the IR of a phase. Errors name file, tensor or node and say
// what would be accepted; a failed compile leaves no output behind.
#ifndef LLMC_COMPILER_COMPILER_H
#define LLMC_COMPILER_COMPILER_H

#include "compiler/Options.h"
#include "compiler/plan/PlanReport.h"
#include "llvm/Support/Error.h"
#include <functional>

namespace llmc {

/// What was compiled, for the contract sheet and the report. Bytes unless
/// said otherwise.
struct CompileReport {
  std::string name, target, scheme, kvType;
  int64_t parameters = 0; // elements of all weights
  int64_t weightsBytes = 0, objectBytes = 0, arenaBytes = 0, privateBytes = 0;
  int64_t kvBytesPerSequence = 0, textBytes = 0;
  int64_t bytesPerToken = 0; // weights read by one decode step
  int64_t macsPerToken = 0;  // of the linears, one row with logits
  int64_t vocab = 0, hidden = 0, layers = 0, heads = 0, kvHeads = 0;
  int64_t headDim = 0, ffn = 0, context = 0, rowsMax = 0;
  int64_t barriersPerLayer = 0, barriersPerLayerMin = 0;
  bool weightsInFile = false;
  struct Kernel {
    std::string graph, op, symbol; // symbol: kernel or generated function
    int64_t count = 0;
    std::string shape, reason;
    bool generated = false;
  };
  std::vector<Kernel> kernels;
  std::vector<PlannedGraph> graphs; // what the threads run, step by step
  std::vector<std::string> warnings; // one line each, for stderr
  std::string configJson; // vocabulary, heads, ... as the object's info has it
};

/// Compiles. Warnings are handed to `warn` as they come up.
llvm::Error compile(const CompileOptions &options, CompileReport &report,
                    llvm::function_ref<void(llvm::StringRef)> warn);

} // namespace llmc

#endif
