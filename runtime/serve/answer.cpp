// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/serve/answer.h"

#include <algorithm>
#include <map>
#include <math.h>
#include <time.h>

namespace llmc::serve {

// How many of the newest tokens the repetition penalty sees.
static const size_t kRecentTokens = 64;

double now() {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return double(time.tv_sec) + 1e-9 * double(time.tv_nsec);
}

Answer::Answer(const ModelText &text, Tokens tokens, AnswerOptions given,
               Receive receive)
    : Request(std::move(tokens)), text(text), options(std::move(given)),
      receive(std::move(receive)), stream(text), filter(options.stops),
      history(prompt), submitted(now()) {
  llmc_sampler_init(&sampler, &options.sampling);
  if (options.sampling.temperature > 0)
    scratch.resize(size_t(text.vocab()));
  if (options.grammar)
    constraint =
        std::make_unique<Constraint>(options.grammar, text.vocabulary());
  timing.prompt_tokens = int32_t(prompt.size());
  stream.follow(prompt);
}

void Answer::started(int32_t reused) { timing.reused_tokens = reused; }

// OpenAI's penalties count the tokens of the answer.
void Answer::adjust(float *logits) {
  if (options.frequency_penalty != 0 || options.presence_penalty != 0) {
    std::map<int32_t, int32_t> counts;
    for (size_t i = prompt.size(); i < history.size(); ++i)
      ++counts[history[i]];
    for (auto [token, count] : counts)
      logits[token] -= options.frequency_penalty * float(count) +
                       options.presence_penalty;
  }
  for (auto [token, bias] : options.bias)
    logits[token] += bias;
  if (constraint)
    constraint->mask(logits, [&](int32_t token) { return text.isEnd(token); });
}

TokenInfo Answer::describe(int32_t token) const {
  float top = *std::max_element(raw.begin(), raw.end());
  double sum = 0;
  for (float logit : raw)
    sum += exp(double(logit - top));
  auto logprob = [&](int32_t id) {
    return float(double(raw[size_t(id)] - top) - log(sum));
  };
  std::vector<int32_t> ids(raw.size());
  for (size_t i = 0; i < ids.size(); ++i)
    ids[i] = int32_t(i);
  auto count = std::min(ids.size(), size_t(options.logprobs));
  std::partial_sort(ids.begin(), ids.begin() + long(count), ids.end(),
                    [&](int32_t a, int32_t b) {
                      float x = raw[size_t(a)], y = raw[size_t(b)];
                      return x > y || (x == y && a < b);
                    });
  TokenInfo info = {token, logprob(token), {}, decoded};
  for (size_t i = 0; i < count; ++i)
    info.top.emplace_back(ids[i], logprob(ids[i]));
  return info;
}

int32_t Answer::choose(float *logits) {
  if (options.logprobs >= 0)
    raw.assign(logits, logits + text.vocab());
  adjust(logits);
  size_t recent = std::min(kRecentTokens, history.size());
  return llmc_sample(&sampler, logits, text.vocab(),
                     scratch.empty() ? nullptr : scratch.data(),
                     history.data() + history.size() - recent,
                     int32_t(recent));
}

// Hands text over, with the tokens that begin in it.
void Answer::give(std::string piece) {
  given += piece.size();
  Delta delta;
  auto later = std::find_if(pending.begin(), pending.end(), [&](auto &info) {
    return info.offset >= given;
  });
  delta.tokens.assign(std::make_move_iterator(pending.begin()),
                      std::make_move_iterator(later));
  pending.erase(pending.begin(), later);
  delta.text = std::move(piece);
  if (!delta.text.empty() || !delta.tokens.empty())
    receive(std::move(delta));
}

void Answer::complete(const char *finish) {
  if (!filter.stopped()) {
    std::string rest = filter.push(stream.finish());
    if (!filter.stopped())
      rest += filter.finish();
    give(std::move(rest));
  }
  Delta delta;
  delta.finish = filter.stopped() ? "stop" : finish;
  if (first > 0)
    timing.decode_seconds = now() - first;
  delta.timing = timing;
  receive(std::move(delta));
}

int32_t Answer::next(float *logits) {
  int32_t token = choose(logits);
  if (!timing.generated_tokens++) {
    first = now();
    timing.first_token_seconds = first - submitted;
  }
  history.push_back(token);
  if (text.isEnd(token)) {
    complete("stop");
    return -1;
  }
  if (options.logprobs >= 0)
    pending.push_back(describe(token));
  std::string_view piece = stream.push(token);
  decoded += piece.size();
  give(filter.push(piece));
  bool whole = constraint && !constraint->push(token);
  bool full = timing.generated_tokens == options.max_tokens;
  if (!full && !whole && !filter.stopped())
    return token;
  complete(whole ? "stop" : "length");
  return -1;
}

void Answer::ended(End why) {
  complete(why == End::ContextFull ? "length"
           : why == End::Cancelled ? "cancelled"
                                   : "error");
}

} // namespace llmc::serve
