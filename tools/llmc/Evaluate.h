// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Compares a compiled model with its float32 form on a text, in this process:
// both are shared libraries of `cachedProgram`. Out: perplexity of both and
// how far the next-token distributions lie apart.
#ifndef LLMC_TOOLS_LLMC_EVALUATE_H
#define LLMC_TOOLS_LLMC_EVALUATE_H

#include "llmc/runtime.h"
#include "llvm/Support/Error.h"
#include <memory>
#include <string>
#include <vector>

namespace llmc {

/// A compiled model in a shared library, with one open session.
class LoadedModel {
public:
  static llvm::Expected<std::unique_ptr<LoadedModel>>
  open(const std::string &library, int threads);
  ~LoadedModel();

  const llmc_config &config() const { return *model->config; }
  const llmc_model &descriptor() const { return *model; }
  /// Forgets all tokens.
  llvm::Error reset();
  /// Appends tokens; logits [tokens.size(), vocab].
  llvm::Error append(const std::vector<int32_t> &tokens,
                     std::vector<float> &logits);

private:
  LoadedModel() = default;
  llvm::Error failed(llmc_status status) const;

  void *handle = nullptr;
  const llmc_model *model = nullptr;
  llmc_session *session = nullptr;
  decltype(&llmc_session_close) close = nullptr;
  decltype(&llmc_session_truncate) truncate = nullptr;
  decltype(&llmc_prefill) prefill = nullptr;
  decltype(&llmc_status_text) statusText = nullptr;
};

struct Comparison {
  int64_t tokens = 0, predicted = 0;
  double perplexity = 0, referencePerplexity = 0;
  double meanKl = 0, kl99 = 0; // nats, KL(reference || model) per position
  double topAgreement = 0;     // share of positions with the same best token
};

/// The text's tokens, encoded plain (no BOS or EOS added).
llvm::Expected<std::vector<int32_t>> encodeFile(const llmc_model &model,
                                                const std::string &file);

/// Consecutive windows, the first token of each not predicted.
llvm::Expected<Comparison> compare(LoadedModel &reference, LoadedModel &model,
                                   const std::vector<int32_t> &tokens,
                                   int64_t window);

} // namespace llmc

#endif
