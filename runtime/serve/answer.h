// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One answer of the scheduler: samples each token, makes text of it, looks for
// the end (end token, stop string, length, a complete JSON document) and hands
// what has become certain to its receiver, on the scheduler's thread.
#ifndef LLMC_RUNTIME_SERVE_ANSWER_H
#define LLMC_RUNTIME_SERVE_ANSWER_H

#include "runtime/serve/model_text.h"
#include "runtime/serve/stop_filter.h"

#include <functional>

namespace llmc::serve {

struct AnswerOptions {
  llmc_sampler_options sampling = {};
  float frequency_penalty = 0, presence_penalty = 0;
  std::vector<std::pair<int32_t, float>> bias; // added to logits of tokens
  int32_t max_tokens = 0;                      // at least 1
  int32_t logprobs = -1; // -1: none; else so many likeliest of each token
  std::vector<std::string> stops;
  std::shared_ptr<const Grammar> grammar; // what it must match, or null
};

/// A token with its log-probability by the model's own logits.
struct TokenInfo {
  int32_t id;
  float logprob;
  std::vector<std::pair<int32_t, float>> top; // the likeliest, in order
  size_t offset; // bytes of the answer before it
};

struct Timing {
  int32_t prompt_tokens = 0, reused_tokens = 0, generated_tokens = 0;
  double first_token_seconds = 0; // from the submission
  double decode_seconds = 0;      // after the first token
};

/// What became certain.
struct Delta {
  std::string text;
  std::vector<TokenInfo> tokens; // where logprobs are wanted
  const char *finish = nullptr;  // "stop", "length", "cancelled", "error"
  Timing timing;                 // with finish
};

class Answer : public Request {
public:
  using Receive = std::function<void(Delta)>;

  Answer(const ModelText &text, Tokens prompt, AnswerOptions options,
         Receive receive);

  void started(int32_t reused) override;
  int32_t next(float *logits) override;
  void ended(End why) override;

private:
  void adjust(float *logits);
  TokenInfo describe(int32_t token) const;
  int32_t choose(float *logits);
  void give(std::string text);
  void complete(const char *finish);

  const ModelText &text;
  const AnswerOptions options;
  Receive receive;
  TextStream stream;
  StopFilter filter;
  std::unique_ptr<Constraint> constraint;
  llmc_sampler sampler;
  Tokens history;                 // prompt and answer
  std::vector<float> raw;         // logits before adjusting
  std::vector<int32_t> scratch;
  std::vector<TokenInfo> pending; // not handed over yet
  size_t decoded = 0, given = 0;  // bytes
  Timing timing;
  double submitted, first = 0;
};

/// Seconds of a clock that never goes back.
double now();

} // namespace llmc::serve

#endif
