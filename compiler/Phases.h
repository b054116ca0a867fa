// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The ordered phase table: a phase is one folder, one --emit value, one
// pipeline (llmc-<phase>) and one test folder. compiler/README.md shows it.
#ifndef LLMC_COMPILER_PHASES_H
#define LLMC_COMPILER_PHASES_H

#include "compiler/Options.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

namespace mlir {
class OpPassManager;
}

namespace llmc {
struct Target;

/// What passes need to know: decided before the first one runs.
struct PhaseOptions {
  std::vector<QuantRule> quantize;
  std::string only; // pattern of the weights to quantize, empty: all
  const Target *target = nullptr;
  int64_t context = 4096;
  int64_t rows = 512;
  KvType kv = KvType::F16; // never Auto here
  std::string name;        // C symbol prefix
};

struct Phase {
  llvm::StringRef name; // "fuse"
  llvm::StringRef summary;
  /// Adds the phase's passes; null for import and object, which are not pass
  /// pipelines.
  void (*build)(mlir::OpPassManager &, const PhaseOptions &);
};

/// In order: import raise quantize fuse specialize pack plan lower object.
llvm::ArrayRef<Phase> phases();
/// The phase named `name`, or null.
const Phase *findPhase(llvm::StringRef name);

// One per phase folder; defined in compiler/<phase>/.
void buildRaisePhase(mlir::OpPassManager &, const PhaseOptions &);
void buildQuantizePhase(mlir::OpPassManager &, const PhaseOptions &);
void buildFusePhase(mlir::OpPassManager &, const PhaseOptions &);
void buildSpecializePhase(mlir::OpPassManager &, const PhaseOptions &);
void buildPackPhase(mlir::OpPassManager &, const PhaseOptions &);
void buildPlanPhase(mlir::OpPassManager &, const PhaseOptions &);
void buildLowerPhase(mlir::OpPassManager &, const PhaseOptions &);

} // namespace llmc

#endif
