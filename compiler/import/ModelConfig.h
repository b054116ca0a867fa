// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// config.json as a plain struct: everything the graph depends on, checked. A
// file in, the struct out, or an error that names file, key, value and what is
// accepted. Old and new spellings (rope_scaling and rope_parameters) are read;
// keys that do not change the computation are ignored.
#ifndef LLMC_IMPORT_MODELCONFIG_H
#define LLMC_IMPORT_MODELCONFIG_H

#include "compiler/import/models/Families.h"
#include "compiler/support/Json.h"
#include <string>
#include <vector>

namespace llmc {

enum class RopeScaling { None, Linear, Llama3 };

/// Rotary position embedding: f_i = theta^(-2i / headDim), then the scaling.
struct RopeConfig {
  RopeScaling scaling = RopeScaling::None;
  double theta = 0;
  double factor = 1; ///< Linear, Llama3
  // Llama3: wavelengths beyond originalContext / lowFreqFactor are divided by
  // factor, those below originalContext / highFreqFactor kept, in between
  // interpolated.
  double lowFreqFactor = 1;
  double highFreqFactor = 4;
  int64_t originalContext = 0;
};

struct ModelConfig {
  std::string file; ///< path of config.json, for messages
  const Family *family = nullptr;
  int64_t vocab = 0, hidden = 0, layers = 0, ffn = 0;
  int64_t heads = 0, kvHeads = 0, headDim = 0;
  int64_t context = 0; ///< max_position_embeddings; 4096 where absent
  double epsilon = 0;
  mlir::llm::Activation activation = mlir::llm::Activation::Silu;
  bool tied = false;
  bool attentionBias = false; ///< of q, k, v and o
  bool mlpBias = false;       ///< of gate, up and down
  RopeConfig rope;

  int64_t qWidth() const { return heads * headDim; }
  int64_t kvWidth() const { return kvHeads * headDim; }
};

/// Reads config.json at `path`.
llvm::Expected<ModelConfig> readModelConfig(llvm::StringRef path);

/// Reads the parsed text of the file named `path`.
llvm::Expected<ModelConfig> parseModelConfig(const Json &json,
                                             llvm::StringRef path);

/// The headDim / 2 inverse frequencies, rounded step by step to float32 as the
/// reference implementation of transformers does, so that angles agree with it
/// at every position.
std::vector<float> inverseFrequencies(const RopeConfig &rope, int64_t headDim);

} // namespace llmc

#endif // LLMC_IMPORT_MODELCONFIG_H
