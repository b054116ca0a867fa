// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `llmc eval`: what quantization costs.
#include "Commands.h"
#include "CompileArguments.h"
#include "Evaluate.h"
#include "ProgramCache.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"
#include <memory>

using namespace llmc;
using llvm::formatv;

namespace {
struct EvalArguments {
  CompileArguments compile;
  std::string text;
  int64_t window = 512;
  int threads = 0;
  bool perLayer = false, json = false;
};
} // namespace

static llvm::json::Object toJson(const Comparison &c) {
  return llvm::json::Object{
          {"perplexity", c.perplexity},
          {"perplexity_f32", c.referencePerplexity},
          {"kl_mean", c.meanKl},
          {"kl_99", c.kl99},
          {"top1_agreement", c.topAgreement},
          {"predicted_tokens", c.predicted},
          {"tokens", c.tokens}};
}

static std::string row(llvm::StringRef name, const Comparison &c) {
  std::string line;
  llvm::raw_string_ostream(line)
      << llvm::format("%-14s%12.5f%+12.3f %%%12.6f%12.6f%10.2f %%\n",
                      name.str().c_str(), c.perplexity,
                      100 * (c.perplexity / c.referencePerplexity - 1),
                      c.meanKl, c.kl99, 100 * c.topAgreement);
  return line;
}

/// Compiles as the arguments say and compares with the reference. With `only`,
/// a pattern, the KV cache is f32 like the other weights unless one is asked for.
static llvm::Expected<Comparison>
evaluate(const EvalArguments &arguments, const std::string &only,
         LoadedModel &reference, const std::vector<int32_t> &tokens) {
  CompileOptions options = arguments.compile.options;
  options.only = only;
  if (!only.empty() && options.kv == KvType::Auto)
    options.kv = KvType::F32;
  auto library = cachedProgram(options, /*shared=*/true);
  if (!library)
    return library.takeError();
  auto model = LoadedModel::open(*library, arguments.threads);
  if (!model)
    return model.takeError();
  return compare(reference, **model, tokens, arguments.window);
}

static llvm::Error runEval(const EvalArguments &arguments) {
  if (llvm::Error error = checkAvailable(arguments.compile))
    return error;
  CompileOptions options = arguments.compile.options;
  options.quantize = {QuantRule{"", "f32"}};
  options.kv = KvType::Auto;
  auto library = cachedProgram(options, /*shared=*/true);
  if (!library)
    return library.takeError();
  auto reference = LoadedModel::open(*library, arguments.threads);
  if (!reference)
    return reference.takeError();
  auto tokens = encodeFile((*reference)->descriptor(), arguments.text);
  if (!tokens)
    return tokens.takeError();

  auto whole = evaluate(arguments, "", **reference, *tokens);
  if (!whole)
    return whole.takeError();
  if (!arguments.json)
    llvm::outs() << formatv("perplexity of f32: {0:f5} ({1} of {2} tokens)\n",
                            whole->referencePerplexity, whole->predicted,
                            whole->tokens)
                 << formatv("{0,-14}{1,12}{2,14}{3,12}{4,12}{5,12}\n",
                            "quantized", "perplexity", "change", "mean KL",
                            "KL 99 %", "same top 1")
                 << row("all", *whole);
  llvm::json::Object out = toJson(*whole);
  llvm::json::Array layers;
  int64_t count = arguments.perLayer ? (*reference)->config().layers : 0;
  for (int64_t layer = 0; layer < count; ++layer) {
    auto one = evaluate(arguments, "*layers." + std::to_string(layer) + ".*",
                        **reference, *tokens);
    if (!one)
      return one.takeError();
    if (!arguments.json)
      llvm::outs() << row("layer " + std::to_string(layer), *one);
    layers.push_back(toJson(*one));
  }
  if (arguments.perLayer)
    out["layers"] = std::move(layers);
  if (arguments.json)
    llvm::outs() << formatv("{0:2}", llvm::json::Value(std::move(out))) << '\n';
  return llvm::Error::success();
}

Command llmc::addEvalCommand(CLI::App &app) {
  CLI::App *sub = app.add_subcommand(
      "eval", "what quantization costs: perplexity and KL against f32");
  auto arguments = std::make_shared<EvalArguments>();
  sub->add_option("MODEL", arguments->compile.options.model,
                  "Hugging Face folder or model.onnx")
      ->required()
      ->type_name("");
  sub->add_option("--text", arguments->text, "text to predict, UTF-8")
      ->required()
      ->type_name("FILE");
  addModelOptions(*sub, arguments->compile);
  sub->add_option("--window", arguments->window,
                  "tokens per window; the first is not predicted (512)")
      ->check(CLI::Range(int64_t(2), int64_t(1) << 20))
      ->type_name("N");
  sub->add_option("--threads", arguments->threads, "threads (all cores)")
      ->type_name("N");
  sub->add_flag("--per-layer", arguments->perLayer,
                "also quantize one layer at a time");
  sub->add_flag("--json", arguments->json, "print JSON");
  return {sub, [arguments] { return runEval(*arguments); }};
}
