// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The verbs of the stand-alone program: options in, output on stdout, notes on
// stderr. Each throws Failure where the input or the run fails. Parsing of the
// command line stands in main.cpp alone.
#ifndef LLMC_TOOLS_PROGRAM_VERBS_H
#define LLMC_TOOLS_PROGRAM_VERBS_H

#include "generator.h"

namespace llmc::program {

struct GenerateOptions {
  std::string prompt;
  GenerateLimits limits;
  SessionOptions session;
  bool json = false;
};
void generate(const llmc_model &model, const GenerateOptions &options);

struct ChatOptions {
  std::string system;
  GenerateLimits limits;
  SessionOptions session;
};
void chat(const llmc_model &model, const ChatOptions &options);

struct BenchOptions {
  // 0 skips. Empty and -1: 128, 512 and 64, as far as the context holds them.
  std::vector<int32_t> prompts;
  int32_t generate = -1;
  std::vector<int32_t> threads; // empty: the default number
  int32_t repeat = 3, warmup = 1;
  bool pin = false, bandwidth = false, json = false;
};
void bench(const llmc_model &model, const BenchOptions &options);

struct LogitsOptions {
  Tokens tokens;
  std::string output;
  int32_t chunk = -1; // -1: the most the plan allows; 0: decode every token
  SessionOptions session;
};
void writeLogits(const llmc_model &model, const LogitsOptions &options);

struct PerplexityOptions {
  std::string text;
  int32_t window = 0; // 0: 512, or the context where that is smaller
  SessionOptions session;
  bool json = false;
};
void perplexity(const llmc_model &model, const PerplexityOptions &options);

void info(const llmc_model &model, bool json);

} // namespace llmc::program

#endif
