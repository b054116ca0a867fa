// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `bench`: rates of prompt processing (ppN: N random tokens into an empty
// context, logits of the last) and generation (tgN: N decode steps from an
// empty context, no sampling), in the form of llama-bench. What is done depends
// on the options only.
#include "bandwidth.h"
#include "verbs.h"

#include <algorithm>
#include <math.h>
#include <nlohmann/json.hpp>

namespace llmc::program {

using Json = nlohmann::ordered_json;

namespace {
struct Test {
  bool prompt; // else generation
  int32_t tokens;
};

struct Result {
  Test test;
  int32_t threads;
  std::vector<double> seconds;
  double bandwidth = 0; // measured read rate, 0: not measured

  double mean() const {
    double sum = 0;
    for (double s : seconds)
      sum += s;
    return sum / double(seconds.size());
  }
  double rate() const {
    double sum = 0;
    for (double s : seconds)
      sum += test.tokens / s;
    return sum / double(seconds.size());
  }
  /// Standard deviation of the rates.
  double spread() const {
    double mean = rate(), sum = 0;
    for (double s : seconds)
      sum += (test.tokens / s - mean) * (test.tokens / s - mean);
    return seconds.size() > 1 ? sqrt(sum / double(seconds.size() - 1)) : 0;
  }
  double bytesPerSecond(double bytesPerToken) const {
    return test.prompt ? 0 : rate() * bytesPerToken;
  }
  std::string name() const {
    return (test.prompt ? "pp" : "tg") + std::to_string(test.tokens);
  }
};
} // namespace

// What a decode step reads, as the compiler counted it; else all weights.
static double bytesPerToken(const llmc_model &model) {
  Json info =
      Json::parse(model.info_json ? model.info_json : "", nullptr, false);
  if (info.is_object() && info.contains("bytes_per_token") &&
      info["bytes_per_token"].is_number())
    return info["bytes_per_token"];
  return double(model.weights_bytes);
}

static Tokens randomTokens(int32_t count, int32_t vocab) {
  Tokens tokens;
  uint64_t state = 1; // Knuth's MMIX generator, a fixed seed
  for (int32_t i = 0; i < count; ++i) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    tokens.push_back(int32_t((state >> 33) % uint64_t(vocab)));
  }
  return tokens;
}

static Result runTest(Session &session, Test test,
                      const BenchOptions &options) {
  Tokens tokens = randomTokens(test.tokens, session.config().vocab);
  std::vector<float> logits(size_t(session.config().vocab));
  Result result = {test, session.threads(), {}};
  for (int32_t run = -options.warmup; run < options.repeat; ++run) {
    session.truncate(0);
    double start = now();
    if (test.prompt)
      session.prefill(tokens.data(), test.tokens, LLMC_LAST_ROW, logits.data());
    else
      for (int32_t token : tokens)
        session.decode(token, logits.data());
    if (run >= 0)
      result.seconds.push_back(now() - start);
  }
  return result;
}

static std::vector<Test> testsOf(const llmc_model &model,
                                 const BenchOptions &options) {
  int32_t context = model.config->context;
  std::vector<Test> tests;
  for (int32_t tokens : options.prompts)
    tests.push_back({true, tokens});
  if (options.prompts.empty())
    for (int32_t tokens : {128, 512})
      if (tokens <= context || tests.empty())
        tests.push_back({true, std::min(tokens, context)});
  tests.push_back({false, options.generate < 0 ? std::min(64, context)
                                               : options.generate});
  tests.erase(std::remove_if(tests.begin(), tests.end(),
                             [](Test test) { return !test.tokens; }),
              tests.end());
  for (Test test : tests)
    if (test.tokens > context)
      throw Failure("bench: " + std::to_string(test.tokens) +
                    " tokens are more than the context of " +
                    std::to_string(context));
  return tests;
}

static void printHead(const llmc_model &model, const Session &session) {
  printf("%s, %s, %s, weights %.1f MiB%s\n", model.name, model.scheme,
         session.variant().target, double(model.weights_bytes) / (1 << 20),
         isEmulated() ? "; emulated: rates are not an Arm machine's" : "");
  printf("%-10s %8s %12s %10s %12s %10s %10s\n", "test", "threads", "tokens/s",
         "+-", "TTFT ms", "GB/s", "of memory");
}

static void printLine(const Result &result, double bytesPerToken) {
  printf("%-10s %8d %12.2f %10.2f", result.name().c_str(), result.threads,
         result.rate(), result.spread());
  if (result.test.prompt) {
    printf(" %12.2f\n", result.mean() * 1e3);
  } else {
    double bytes = result.bytesPerSecond(bytesPerToken);
    printf(" %12s %10.2f", "", bytes * 1e-9);
    if (result.bandwidth > 0)
      printf(" %9.0f%%", bytes / result.bandwidth * 100);
    puts("");
  }
  fflush(stdout);
}

static Json resultJson(const Result &result, double bytesPerToken) {
  Json json = {{"test", result.name()},
               {"threads", result.threads},
               {"tokens", result.test.tokens},
               {"tokens_per_second", result.rate()},
               {"spread", result.spread()},
               {"seconds", result.seconds}};
  if (result.test.prompt) {
    json["time_to_first_token_seconds"] = result.mean();
    return json;
  }
  json["bytes_per_second"] = result.bytesPerSecond(bytesPerToken);
  if (result.bandwidth > 0) {
    json["memory_bytes_per_second"] = result.bandwidth;
    json["memory_share"] = result.bytesPerSecond(bytesPerToken) / result.bandwidth;
  }
  return json;
}

void bench(const llmc_model &model, const BenchOptions &options) {
  std::vector<int32_t> threads = options.threads;
  if (threads.empty())
    threads = {0};
  const std::vector<Test> tests = testsOf(model, options);
  const double bytes = bytesPerToken(model);
  Json results = Json::array();
  std::string target;
  for (size_t i = 0; i < threads.size(); ++i) {
    Session session(model, {threads[i], options.pin});
    target = session.variant().target;
    if (!i && !options.json)
      printHead(model, session);
    double bandwidth =
        options.bandwidth ? readBandwidth(session.threads()) : 0;
    for (Test test : tests) {
      Result result = runTest(session, test, options);
      result.bandwidth = bandwidth;
      if (options.json)
        results.push_back(resultJson(result, bytes));
      else
        printLine(result, bytes);
    }
  }
  if (!options.json)
    return;
  Json json = {{"model", model.name},
               {"scheme", model.scheme},
               {"target", target},
               {"weights_bytes", model.weights_bytes},
               {"bytes_per_token", bytes},
               {"emulated", isEmulated()},
               {"repeat", options.repeat},
               {"warmup", options.warmup},
               {"results", results}};
  puts(json.dump(2).c_str());
}

} // namespace llmc::program
