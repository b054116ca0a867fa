// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Gemma 1: norms by (1 + w), embeddings times sqrt(hidden_size), a GeGLU with
// the tanh form of GELU whatever hidden_act says, the head always tied.
#include "compiler/import/models/Families.h"

namespace llmc {

static constexpr Family gemma() {
  Family family;
  family.modelType = "gemma";
  family.alwaysTied = true;
  family.hasMlpBias = false;
  family.normAddend = 1.0;
  family.scaleEmbedding = true;
  family.activation = mlir::llm::Activation::GeluTanh;
  return family;
}

constexpr Family kGemma = gemma();

} // namespace llmc
