// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "generator.h"

#include <algorithm>
#include <stdio.h>
#include <stdlib.h>

namespace llmc::program {

// How many of the newest tokens the repetition penalty sees.
static const size_t kRecentTokens = 64;

Generator::Generator(Session &session, const ModelText &text,
                     const GenerateLimits &limits)
    : session(session), text(text), limits(limits),
      logits(size_t(session.config().vocab)), scratch(logits.size()) {
  llmc_sampler_init(&sampler, &limits.sampling);
}

int32_t Generator::sample() {
  size_t recent = std::min(kRecentTokens, held.size());
  return llmc_sample(&sampler, logits.data(), int32_t(logits.size()),
                     scratch.data(), held.data() + held.size() - recent,
                     int32_t(recent));
}

bool Generator::prefill(const Tokens &prompt, Answer &answer) {
  int32_t context = session.config().context;
  if (prompt.empty())
    throw Failure("the prompt is empty and the model has no BOS token");
  if (int64_t(prompt.size()) > context)
    throw Failure("the prompt has " + std::to_string(prompt.size()) +
                  " tokens, the context holds " + std::to_string(context) +
                  "; llmc compile --context sets it");
  // At least the last token is computed, for its logits.
  held.resize(size_t(session.length()));
  auto differs = std::mismatch(held.begin(), held.end(), prompt.begin(),
                               prompt.end() - 1);
  size_t common = size_t(differs.first - held.begin());
  session.truncate(int32_t(common));
  held = prompt;
  answer.prompt_tokens = int64_t(prompt.size() - common);
  return session.prefill(prompt.data() + common, answer.prompt_tokens,
                         LLMC_LAST_ROW, logits.data());
}

Answer Generator::answer(const Tokens &prompt, const Show &show,
                         const std::atomic<bool> *interrupted) {
  Answer answer;
  double start = now(), first = start;
  if (!prefill(prompt, answer)) {
    answer.finish = "interrupted";
    return answer;
  }
  serve::TextStream stream(text);
  stream.follow(prompt);
  serve::StopFilter filter(limits.stops);
  auto emit = [&](const std::string &piece) {
    answer.text += piece;
    if (!piece.empty())
      show(piece);
  };
  while (int32_t(answer.tokens.size()) < limits.max_tokens) {
    int32_t token = sample();
    if (answer.tokens.empty())
      answer.first_token_seconds = (first = now()) - start;
    answer.tokens.push_back(token);
    held.push_back(token);
    if (text.isEnd(token)) {
      answer.finish = "stop";
      break;
    }
    emit(filter.push(stream.push(token)));
    if (filter.stopped()) {
      answer.finish = "stop";
      break;
    }
    if (interrupted && *interrupted) {
      answer.finish = "interrupted";
      break;
    }
    if (session.length() == session.config().context) {
      answer.finish = "context";
      break;
    }
    if (int32_t(answer.tokens.size()) < limits.max_tokens)
      session.decode(token, logits.data());
  }
  answer.decode_seconds = now() - first;
  if (!filter.stopped()) {
    emit(filter.push(stream.finish()));
    emit(filter.finish());
  }
  return answer;
}

bool isEmulated() { return getenv("LLMC_EMULATED") != nullptr; }

void printTiming(const Answer &answer, const Session &session) {
  if (answer.tokens.empty())
    return;
  fprintf(stderr,
          "first token after %.1f ms (%lld tokens, %.1f tokens/s), then %zu "
          "tokens at %.1f tokens/s, %d threads, %s%s\n",
          answer.first_token_seconds * 1e3, (long long)answer.prompt_tokens,
          answer.promptRate(), answer.tokens.size() - 1, answer.decodeRate(),
          session.threads(), session.variant().target,
          isEmulated() ? ", emulated: these times are not an Arm machine's"
                       : "");
}

} // namespace llmc::program
