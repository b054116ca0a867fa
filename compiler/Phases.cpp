// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Phases.h"
#include "llvm/ADT/STLExtras.h"

namespace llmc {

llvm::ArrayRef<Phase> phases() {
  static const Phase kPhases[] = {
      {"import", "files to onnx or llm; weights by reference", nullptr},
      {"raise", "onnx to llm; the rest to generated code", buildRaisePhase},
      {"quantize", "a scheme for every weight and activation",
       buildQuantizePhase},
      {"fuse", "joined linears, norms with residual, rope with KV append",
       buildFusePhase},
      {"specialize", "one graph to @decode and @prefill", buildSpecializePhase},
      {"pack", "a layout per weight, a kernel per operation", buildPackPhase},
      {"plan", "llm to exec: buffers, partitions, barriers", buildPlanPhase},
      {"lower", "exec to the LLVM dialect and the descriptor",
       buildLowerPhase},
      {"object", "X.o, X.h and X.weights", nullptr},
  };
  return kPhases;
}

const Phase *findPhase(llvm::StringRef name) {
  const Phase *found =
      llvm::find_if(phases(), [&](const Phase &p) { return p.name == name; });
  return found == phases().end() ? nullptr : found;
}

} // namespace llmc
