// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What makes a model family: data, read by ModelConfig and by the importer. A
// family is one file in this folder that fills a Family, and one row in
// Families.cpp. The defaults below are those that most families share, in the
// names that Hugging Face checkpoints use. See docs/HowTo/AddModel.md.
#ifndef LLMC_IMPORT_MODELS_FAMILIES_H
#define LLMC_IMPORT_MODELS_FAMILIES_H

#include "dialects/llm/LlmDialect.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include <optional>

namespace llmc {

/// Names of modules in the checkpoint: a weight is NAME.weight, a bias is
/// NAME.bias, {} is the layer's number.
struct FamilyNames {
  llvm::StringRef embedding = "model.embed_tokens";
  llvm::StringRef attentionNorm = "model.layers.{}.input_layernorm";
  llvm::StringRef q = "model.layers.{}.self_attn.q_proj";
  llvm::StringRef k = "model.layers.{}.self_attn.k_proj";
  llvm::StringRef v = "model.layers.{}.self_attn.v_proj";
  llvm::StringRef o = "model.layers.{}.self_attn.o_proj";
  llvm::StringRef mlpNorm = "model.layers.{}.post_attention_layernorm";
  llvm::StringRef gate = "model.layers.{}.mlp.gate_proj";
  llvm::StringRef up = "model.layers.{}.mlp.up_proj";
  llvm::StringRef down = "model.layers.{}.mlp.down_proj";
  llvm::StringRef finalNorm = "model.norm";
  llvm::StringRef head = "lm_head";
};

struct Family {
  llvm::StringRef modelType; ///< config.json's model_type
  FamilyNames names;

  // What config.json's silence means.
  double ropeTheta = 10000.0;
  double epsilon = 1e-6;

  /// The head is the embedding; otherwise tie_word_embeddings says so.
  bool alwaysTied = false;
  /// Whether config.json's mlp_bias counts; attention_bias always does.
  bool hasMlpBias = true;
  /// Added to every norm weight: 1 where the model computes x * (1 + w).
  double normAddend = 0.0;
  /// Embeddings are multiplied by the square root of hidden_size.
  bool scaleEmbedding = false;
  /// The gate's activation; otherwise hidden_act says it.
  std::optional<mlir::llm::Activation> activation;
};

/// All families, in the order in which messages list them.
llvm::ArrayRef<const Family *> families();

/// The family of `modelType`, or null.
const Family *findFamily(llvm::StringRef modelType);

/// Whether checkpoints carry the tensor `name` although no graph reads it.
bool isIgnoredTensor(llvm::StringRef name);

// One per file of this folder.
extern const Family kGemma;
extern const Family kLlama;

} // namespace llmc

#endif // LLMC_IMPORT_MODELS_FAMILIES_H
