// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Predicts decode and prefill speed of a compiled model on a machine: a
// roofline of kernels, bytes, barriers and bandwidth. In: what was compiled
// and a machine. Out: modelled times with every assumption spelled out; never
// to be shown as measured.
#ifndef LLMC_TOOLS_LLMC_SPEEDMODEL_H
#define LLMC_TOOLS_LLMC_SPEEDMODEL_H

#include "compiler/Compiler.h"
#include "compiler/target/Machine.h"
#include <optional>

namespace llmc {

struct Prediction {
  int64_t promptTokens = 0;    // of the TTFT
  int64_t contextTokens = 0;   // in the KV cache while decoding
  double tokensPerSecond = 0;  // decode, one sequence
  double promptPerSecond = 0;  // prefill, tokens per second
  double firstTokenSeconds = 0;
  double dollarsPerMillion = 0; // generated tokens, 0: price unknown
  double decodeMemory = 0, decodeCompute = 0, decodeBarriers = 0; // seconds
  double prefillMemory = 0, prefillCompute = 0, prefillBarriers = 0;
  std::string bound; // of decode: "memory" or "compute"
  std::vector<std::string> assumptions;
};

/// None where the machine's CPU has no rate for the scheme.
std::optional<Prediction> predict(const CompileReport &report,
                                  const Machine &machine);

} // namespace llmc

#endif
