// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One answer: prompt tokens in, streamed text out, until an end token, a stop
// string, the limit or a full context. Shared by generate and chat.
#ifndef LLMC_TOOLS_PROGRAM_GENERATOR_H
#define LLMC_TOOLS_PROGRAM_GENERATOR_H

#include "model_session.h"
#include "runtime/serve/stop_filter.h"

#include <atomic>
#include <functional>

namespace llmc::program {

struct GenerateLimits {
  int32_t max_tokens = 256;
  llmc_sampler_options sampling = {};
  std::vector<std::string> stops;
};

struct Answer {
  std::string text;
  Tokens tokens; // the end token, where there was one, included
  // "stop" (end token or stop string), "length", "context" or "interrupted"
  const char *finish = "length";
  int64_t prompt_tokens = 0; // computed, not found in the KV cache
  double first_token_seconds = 0, decode_seconds = 0;

  double promptRate() const { return rate(prompt_tokens, first_token_seconds); }
  /// Of the tokens after the first.
  double decodeRate() const {
    return rate(int64_t(tokens.size()) - 1, decode_seconds);
  }
  static double rate(int64_t count, double seconds) {
    return count > 0 && seconds > 0 ? double(count) / seconds : 0;
  }
};

class Generator {
public:
  using Show = std::function<void(std::string_view)>;

  Generator(Session &session, const ModelText &text, const GenerateLimits &limits);
  /// Answers `prompt`, which replaces what the session holds; a common prefix
  /// is not computed again. `interrupted` is looked at between tokens.
  Answer answer(const Tokens &prompt, const Show &show,
                const std::atomic<bool> *interrupted = nullptr);

private:
  /// False: interrupted.
  bool prefill(const Tokens &prompt, Answer &answer);
  int32_t sample();

  Session &session;
  const ModelText &text;
  const GenerateLimits &limits;
  llmc_sampler sampler;
  Tokens held; // the tokens in the KV cache, then the newest
  std::vector<float> logits;
  std::vector<int32_t> scratch;
};

/// "first token after 12.3 ms (17 tokens, 1400 tokens/s), then 63 tokens at
/// 230 tokens/s", on stderr; says so when the program runs under emulation.
void printTiming(const Answer &answer, const Session &session);

/// True where the LLMC_EMULATED variable says that this CPU is an emulated one.
bool isEmulated();

} // namespace llmc::program

#endif
