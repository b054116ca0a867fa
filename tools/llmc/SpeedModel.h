// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Predicts decode and prefill speed of a compiled model on a machine by playing
// its plan: every step takes the longer of its kernel's cycles on the thread
// with most units and of its bytes at the machine's bandwidth; barriers stand
// between. In: the plan's steps, KernelRates.def and a machine. Out: modelled
// times with every assumption spelled out; never to be shown as measured.
#ifndef LLMC_TOOLS_LLMC_SPEEDMODEL_H
#define LLMC_TOOLS_LLMC_SPEEDMODEL_H

#include "compiler/Compiler.h"
#include "compiler/target/Machine.h"
#include <optional>

namespace llmc {

/// All steps of one kernel and shape. Times are of the slowest thread.
struct OpCost {
  std::string op, shape;
  int64_t count = 0;
  double cycles = 0; // of the kernel, loads in L1
  double bytes = 0;  // from memory, all threads
  double compute = 0, memory = 0, seconds = 0;
  std::string bound; // DRAM, or what the kernel's cycles wait for
};

/// One run of a graph.
struct GraphCost {
  double rows = 1, positions = 0; // in the KV cache at the end
  double compute = 0, memory = 0, barriers = 0, seconds = 0;
  double cycles = 0, linearCycles = 0;
  int64_t barrierCount = 0, generated = 0; // steps of generated code
  std::vector<OpCost> ops;
  double otherShare() const { return cycles ? 1 - linearCycles / cycles : 0; }
};

struct Prediction {
  GraphCost decode, prefill;      // prefill of the longest prompt below
  double tokensPerSecond = 0;     // decode, one sequence
  double sharedTokensPerSecond = 0; // with all other cores of the socket busy
  struct Prompt {
    int64_t tokens = 0;
    double seconds = 0; // to the first token
  };
  std::vector<Prompt> prompts;  // ascending
  double dollarsPerMillion = 0; // generated tokens, 0: price unknown
  std::string bound;            // of decode: memory, compute or barriers
  std::vector<std::string> assumptions;
};

/// The work per cycle of a kernel on a core, and what its cycles wait for.
struct KernelRate {
  double rate;
  llvm::StringRef limit;
};
/// Null where the kernel cannot run there, or was never modelled.
const KernelRate *findKernelRate(llvm::StringRef core, llvm::StringRef symbol);

/// Seconds that `threads` spend at one barrier of runtime/thread_pool.h.
double barrierSeconds(int64_t threads);

/// Time of one run of `graph` with `rows` rows of one sequence, the last at
/// position `positions` - 1, one of them with logits. A kernel without a rate is
/// an error that names it.
llvm::Expected<GraphCost> costOf(const PlannedGraph &graph, double rows,
                                 double positions, const Machine &machine);

llvm::Expected<Prediction> predict(const CompileReport &report,
                                   const Machine &machine);

} // namespace llmc

#endif
