// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The stand-alone program: one model and its verbs. The model is the symbol
// llmc_program_model that `llmc link` defines. Exit codes: 0 done, 1 the input
// or the run failed, 2 wrong usage.
#include "runtime/model.h"
#include "serve.h"
#include "verbs.h"
#include "verbs_text.h"

#include <CLI/CLI.hpp>

extern "C" const llmc_model *const llmc_program_model;

using namespace llmc::program;

namespace {

using Run = std::function<void(const llmc_model &)>;

// A verb: its part of the command line and what it does.
struct Verb {
  CLI::App *app;
  Run run;
};

void addSession(CLI::App &app, SessionOptions &options) {
  app.add_option("--threads", options.threads,
                 "worker threads (0: as affinity and cgroup allow)")
      ->check(CLI::Range(0, 512));
  app.add_flag("--pin", options.pin, "pin worker threads to cores");
}

void addLimits(CLI::App &app, GenerateLimits &limits) {
  llmc_sampler_options &sampling = limits.sampling;
  app.add_option("--max-tokens", limits.max_tokens, "most tokens of an answer")
      ->check(CLI::Range(1, INT32_MAX))
      ->capture_default_str();
  app.add_option("--temperature", sampling.temperature, "0: greedy")
      ->check(CLI::Range(0.0f, 100.0f))
      ->capture_default_str();
  app.add_option("--top-k", sampling.top_k, "keep the k likeliest (0: all)")
      ->check(CLI::Range(0, INT32_MAX));
  app.add_option("--top-p", sampling.top_p,
                 "keep the likeliest with this share (0: all)")
      ->check(CLI::Range(0.0f, 1.0f));
  app.add_option("--min-p", sampling.min_p,
                 "keep those with this share of the likeliest (0: all)")
      ->check(CLI::Range(0.0f, 1.0f));
  app.add_option("--repeat-penalty", sampling.repeat_penalty,
                 "divide the logits of the last 64 tokens (0: off)")
      ->check(CLI::Range(0.0f, 100.0f));
  app.add_option("--seed", sampling.seed, "of the sampler")
      ->capture_default_str();
  app.add_option("--stop", limits.stops, "end before this text; repeatable")
      ->allow_extra_args(false)
      ->check([](const std::string &word) {
        return word.empty() ? std::string("the text is empty") : std::string();
      });
}

// Options live as long as the parser that points to them.
struct Options {
  GenerateOptions generate;
  ChatOptions chat;
  BenchOptions bench;
  LogitsOptions logits;
  PerplexityOptions perplexity;
  TokenizeOptions tokenize;
  TemplateOptions chatTemplate;
  ServeOptions serve;
  bool infoJson = false;
};

Verb addGenerate(CLI::App &parent, GenerateOptions &options) {
  CLI::App *app = parent.add_subcommand("generate", "continue a text");
  app->add_option("-p,--prompt", options.prompt, "the text")->required();
  addLimits(*app, options.limits);
  addSession(*app, options.session);
  app->add_flag("--json", options.json, "print one JSON object");
  return {app, [&](const llmc_model &model) { generate(model, options); }};
}

Verb addChat(CLI::App &parent, ChatOptions &options) {
  CLI::App *app = parent.add_subcommand("chat", "talk to the model");
  app->add_option("--system", options.system, "the system message");
  addLimits(*app, options.limits);
  addSession(*app, options.session);
  return {app, [&](const llmc_model &model) { chat(model, options); }};
}

Verb addBench(CLI::App &parent, BenchOptions &options) {
  CLI::App *app = parent.add_subcommand("bench", "measure speed");
  app->add_option("--prompt", options.prompts,
                  "prompt lengths (128,512; 0: none)")
      ->delimiter(',')
      ->check(CLI::Range(0, INT32_MAX));
  app->add_option("--generate", options.generate,
                  "tokens to decode (64; 0: none)")
      ->check(CLI::Range(0, INT32_MAX));
  app->add_option("--threads", options.threads, "thread counts, such as 1,2")
      ->delimiter(',')
      ->check(CLI::Range(1, 512));
  app->add_option("--repeat", options.repeat, "measured runs of each test")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
  app->add_option("--warmup", options.warmup, "runs before them")
      ->check(CLI::Range(0, 1000000))
      ->capture_default_str();
  app->add_flag("--pin", options.pin, "pin worker threads to cores");
  app->add_flag("--bandwidth", options.bandwidth,
                "measure memory reads too and give the share");
  app->add_flag("--json", options.json, "print one JSON object");
  return {app, [&](const llmc_model &model) { bench(model, options); }};
}

Verb addLogits(CLI::App &parent, LogitsOptions &options) {
  CLI::App *app =
      parent.add_subcommand("logits", "write the logits of every position");
  app->add_option("--tokens", options.tokens, "token ids, such as 1,2,3")
      ->delimiter(',')
      ->required();
  app->add_option("-o,--output", options.output,
                  "file: float32 [tokens, vocab], .npy")
      ->required();
  app->add_option("--chunk", options.chunk,
                  "rows of a prefill step (the plan's); 0: decode each token")
      ->check(CLI::Range(0, INT32_MAX));
  addSession(*app, options.session);
  return {app, [&](const llmc_model &model) { writeLogits(model, options); }};
}

Verb addPerplexity(CLI::App &parent, PerplexityOptions &options) {
  CLI::App *app = parent.add_subcommand(
      "perplexity", "of a text in consecutive windows, the first token of each "
                    "not predicted");
  app->add_option("--text", options.text, "the file")->required();
  app->add_option("--window", options.window,
                  "tokens (512, or the context where that is smaller)")
      ->check(CLI::Range(2, INT32_MAX));
  addSession(*app, options.session);
  app->add_flag("--json", options.json, "print one JSON object");
  return {app, [&](const llmc_model &model) { perplexity(model, options); }};
}

Verb addTokenize(CLI::App &parent, TokenizeOptions &options) {
  CLI::App *app = parent.add_subcommand("tokenize", "text to token ids and back");
  addOptions(*app, options);
  return {app, [&](const llmc_model &model) {
            tokenize(ModelText(model, "tokenize"), options);
          }};
}

Verb addTemplate(CLI::App &parent, TemplateOptions &options) {
  CLI::App *app = parent.add_subcommand(
      "template", "the chat template's output for messages");
  addOptions(*app, options);
  return {app, [&](const llmc_model &model) {
            applyTemplate(
                ModelText(model, "template", ModelText::Template), options);
          }};
}

Verb addInfo(CLI::App &parent, bool &json) {
  CLI::App *app = parent.add_subcommand("info", "say what is in this program");
  app->add_flag("--json", json, "print one JSON object");
  return {app, [&](const llmc_model &model) { info(model, json); }};
}

Verb addServe(CLI::App &parent, ServeOptions &options) {
  CLI::App *app = parent.add_subcommand(
      "serve", "an OpenAI-compatible API and a chat page, by HTTP");
  addOptions(*app, options);
  addSession(*app, options.session);
  return {app, [&](const llmc_model &model) { serve(model, options); }};
}

int run(const llmc_model *model, const Run &verb) {
  try {
    if (llmc::rt::checkModel(model) != LLMC_OK)
      throw Failure(llmc_last_open_error());
    verb(*model);
    return 0;
  } catch (const std::runtime_error &failure) {
    fprintf(stderr, "%s\n", failure.what());
  } catch (const std::bad_alloc &) {
    fprintf(stderr, "out of memory\n");
  }
  return 1;
}

} // namespace

int main(int argc, char **argv) {
  const llmc_model *model = llmc_program_model;
  CLI::App app{std::string("A model compiled by llmc: ") +
               (model && model->name ? model->name : "")};
  app.require_subcommand(1);
  Options options;
  Verb verbs[] = {
      addGenerate(app, options.generate),
      addChat(app, options.chat),
      addBench(app, options.bench),
      addLogits(app, options.logits),
      addPerplexity(app, options.perplexity),
      addTokenize(app, options.tokenize),
      addTemplate(app, options.chatTemplate),
      addInfo(app, options.infoJson),
      addServe(app, options.serve),
  };
  auto isNamed = [&](const Verb &verb) {
    return verb.app->get_name() == argv[1];
  };
  if (argc > 1 && argv[1][0] != '-' &&
      std::none_of(std::begin(verbs), std::end(verbs), isNamed)) {
    fprintf(stderr, "unknown verb '%s'; --help lists them\n", argv[1]);
    return 2;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError &error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  for (const Verb &verb : verbs)
    if (verb.app->parsed())
      return run(model, verb.run);
  return 2;
}
