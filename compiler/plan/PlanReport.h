// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A plan as plain data, for the contract sheet: the buffers of each graph with
// offsets and lives, and its steps with their work, so that a speed model can
// play them for any number of rows, positions and threads. No MLIR in here.
#ifndef LLMC_COMPILER_PLAN_PLANREPORT_H
#define LLMC_COMPILER_PLAN_PLANREPORT_H

#include <cstdint>
#include <string>
#include <vector>

namespace llmc {

/// What a step's rows, or the count of its units, are.
enum class PlannedCount { One, Rows, LogitRows };

struct PlannedStep {
  std::string op;     // of ops.def, "generated" or "barrier"
  std::string symbol; // kernel or generated function
  std::string shape;  // "2048 x 512" (k x n) of a linear, else the width
  /// Per row, and for attention per position that the row sees: multiply-adds
  /// of linears and attention, elements of what else has a kernel.
  double work = 0;
  /// Read from weights by the step (embedding: per row), and from the KV cache
  /// per position.
  int64_t bytes = 0, kvBytes = 0;
  int64_t window = 0; // positions seen at most, 0: all
  PlannedCount rows = PlannedCount::One, count = PlannedCount::One;
  int64_t per = 1, granule = 1; // units = count * per
  bool each = false;            // every thread does all of it
  int64_t unlessDivides = 0;    // of a barrier
};

struct PlannedBuffer {
  std::string name;
  bool shared = true;
  int64_t offset = 0, bytes = 0;
  /// First and last use: epochs of a shared buffer, steps of a private one. A
  /// persistent buffer lives for all of them.
  int64_t first = 0, last = 0;
};

struct PlannedGraph {
  std::string name; // decode or prefill
  int64_t arenaBytes = 0, privateBytes = 0, epochs = 0;
  std::vector<PlannedStep> steps;
  std::vector<PlannedBuffer> buffers;
};

} // namespace llmc

#endif
