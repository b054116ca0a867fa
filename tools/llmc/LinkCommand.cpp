// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `llmc link`, and the verbs of the linked program on a model:
// run chat serve bench logits perplexity info.
#include "Commands.h"
#include "CompileArguments.h"
#include "Link.h"
#include "ProgramCache.h"
#include <memory>

using namespace llmc;

Command llmc::addLinkCommand(CLI::App &app) {
  CLI::App *sub = app.add_subcommand(
      "link", "link X.o with the runtime into a stand-alone program");
  auto options = std::make_shared<LinkOptions>();
  sub->add_option("X.o", options->object, "object of llmc compile")
      ->required()
      ->type_name("");
  sub->add_option("-o,--output", options->output, "the program")
      ->required()
      ->type_name("EXE");
  sub->add_flag_callback(
      "--dynamic", [options] { options->mode = LinkMode::Dynamic; },
      "use the shared libc and libstdc++ of the machine that runs it");
  return {sub, [options] { return linkProgram(*options); }};
}

namespace {
struct Verb {
  const char *name, *verb, *help;
};
const Verb kVerbs[] = {
    {"run", "generate", "generate text: run MODEL -p TEXT"},
    {"chat", "chat", "talk with the model in the terminal"},
    {"serve", "serve", "OpenAI-compatible API and a chat page, by HTTP"},
    {"bench", "bench", "measure prefill and decode speed"},
    {"logits", "logits", "write logits of given tokens to a .npy file"},
    {"perplexity", "perplexity", "perplexity of a text"},
    {"info", "info", "facts of the compiled model"}};
} // namespace

std::vector<Command> llmc::addProgramCommands(CLI::App &app) {
  std::vector<Command> commands;
  for (const Verb &verb : kVerbs) {
    CLI::App *sub = app.add_subcommand(
        verb.name, std::string(verb.help) +
                       "; compiles and links for this machine first (cached)");
    sub->allow_extras();
    sub->footer("\nOther options go to the program; `llmc link` an object and "
                "call `PROGRAM " +
                std::string(verb.verb) + " --help` to see them.");
    auto arguments = std::make_shared<CompileArguments>();
    sub->add_option("MODEL", arguments->options.model,
                    "Hugging Face folder or model.onnx")
        ->required()
        ->type_name("");
    addModelOptions(*sub, *arguments);
    std::string name = verb.verb;
    commands.push_back({sub, [=]() -> llvm::Error {
                          if (llvm::Error error = checkAvailable(*arguments))
                            return error;
                          auto program = cachedProgram(arguments->options);
                          if (!program)
                            return program.takeError();
                          std::vector<std::string> words = sub->remaining();
                          words.insert(words.begin(), name);
                          return execute(*program, words);
                        }});
  }
  return commands;
}
