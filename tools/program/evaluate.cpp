// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `logits` and `perplexity`: what the model says about given tokens.
#include "npy.h"
#include "verbs.h"

#include <algorithm>
#include <errno.h>
#include <math.h>
#include <nlohmann/json.hpp>
#include <string.h>

namespace llmc::program {

// Logits of so many rows at a time, so that a large vocabulary needs little
// memory.
static int64_t rowsAtATime(const llmc_config &config) {
  const int64_t values = 16 << 20;
  return std::clamp<int64_t>(values / config.vocab, 1, config.rows_max);
}

void writeLogits(const llmc_model &model, const LogitsOptions &options) {
  Session session(model, options.session);
  const llmc_config &config = session.config();
  int64_t count = int64_t(options.tokens.size()), vocab = config.vocab;
  if (count > config.context)
    throw Failure("logits: " + std::to_string(count) +
                  " tokens are more than the context of " +
                  std::to_string(config.context));
  for (int32_t token : options.tokens)
    if (token < 0 || token >= vocab)
      throw Failure("logits: token " + std::to_string(token) +
                    " is not in the vocabulary of " + std::to_string(vocab));
  int64_t chunk = options.chunk < 0 ? config.rows_max : options.chunk;
  chunk = std::min<int64_t>(chunk, config.rows_max);
  std::vector<float> logits(size_t(std::max<int64_t>(chunk, 1) * vocab));
  NpyWriter writer(options.output, count, vocab);
  const int32_t *tokens = options.tokens.data();
  for (int64_t begin = 0, rows; begin < count; begin += rows) {
    rows = chunk ? std::min(chunk, count - begin) : 1;
    if (chunk)
      session.prefill(tokens + begin, rows, LLMC_ALL_ROWS, logits.data());
    else
      session.decode(tokens[begin], logits.data());
    writer.write(logits.data(), rows);
  }
  writer.finish();
}

static std::string readFile(const std::string &path) {
  std::unique_ptr<FILE, int (*)(FILE *)> file(fopen(path.c_str(), "rb"),
                                              fclose);
  if (!file)
    throw Failure(path + ": " + strerror(errno));
  std::string text;
  char buffer[1 << 16];
  while (size_t got = fread(buffer, 1, sizeof(buffer), file.get()))
    text.append(buffer, got);
  if (ferror(file.get()))
    throw Failure(path + ": " + strerror(errno));
  return text;
}

// -log softmax(logits)[token]
static double surprise(const float *logits, int64_t vocab, int32_t token) {
  double top = *std::max_element(logits, logits + vocab), sum = 0;
  for (int64_t i = 0; i < vocab; ++i)
    sum += exp(logits[i] - top);
  return top + log(sum) - logits[token];
}

// The sum over all tokens of a window but its first.
static double windowSurprise(Session &session, const int32_t *tokens,
                             int64_t count, std::vector<float> &logits) {
  int64_t vocab = session.config().vocab;
  int64_t chunk = int64_t(logits.size()) / vocab;
  double sum = 0;
  session.truncate(0);
  for (int64_t begin = 0, rows; begin < count - 1; begin += rows) {
    rows = std::min(chunk, count - 1 - begin);
    session.prefill(tokens + begin, rows, LLMC_ALL_ROWS, logits.data());
    for (int64_t r = 0; r < rows; ++r)
      sum += surprise(&logits[size_t(r * vocab)], vocab, tokens[begin + r + 1]);
  }
  return sum;
}

void perplexity(const llmc_model &model, const PerplexityOptions &options) {
  ModelText text(model, "perplexity");
  Tokens tokens = text.encode(readFile(options.text), /*add_special=*/false);
  Session session(model, options.session);
  const llmc_config &config = session.config();
  int64_t window = options.window ? options.window
                                  : std::min<int64_t>(512, config.context);
  if (window > config.context)
    throw Failure("perplexity: a window of " + std::to_string(window) +
                  " tokens is more than the context of " +
                  std::to_string(config.context));
  std::vector<float> logits(size_t(rowsAtATime(config) * config.vocab));
  double sum = 0;
  int64_t predicted = 0, total = int64_t(tokens.size());
  for (int64_t begin = 0; begin < total; begin += window) {
    int64_t count = std::min(window, total - begin);
    sum += windowSurprise(session, &tokens[size_t(begin)], count, logits);
    predicted += count - 1;
  }
  if (!predicted)
    throw Failure(options.text + ": has " + std::to_string(total) +
                  " tokens; at least 2 are needed");
  double perToken = sum / double(predicted);
  if (options.json) {
    nlohmann::ordered_json json = {{"perplexity", exp(perToken)},
                                   {"nll_per_token", perToken},
                                   {"tokens", total},
                                   {"predicted_tokens", predicted},
                                   {"window", window}};
    puts(json.dump().c_str());
  } else {
    printf("perplexity %.5f, %.6f nats per token, %lld tokens (%lld predicted) "
           "in windows of %lld\n",
           exp(perToken), perToken, (long long)total, (long long)predicted,
           (long long)window);
  }
}

} // namespace llmc::program
