// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `llmc tokenize` and `llmc template`: the program's verbs on the text files of
// a model folder; no weights are read.
#include "Commands.h"
#include "compiler/text/TextAsset.h"
#include "tools/program/verbs_text.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"
#include <memory>

using namespace llmc;

/// Opens the text section made from `model`'s folder and runs `verb` on it.
static llvm::Error
withText(const std::string &model,
         const std::function<void(const serve::Text &)> &verb) {
  if (!llvm::sys::fs::exists(model))
    return llvm::createStringError(model + ": no such file or folder");
  llvm::StringRef folder = llvm::sys::fs::is_directory(model)
                               ? llvm::StringRef(model)
                               : llvm::sys::path::parent_path(model);
  llvm::Expected<TextAsset> asset = buildTextAsset(folder);
  if (!asset)
    return asset.takeError();
  for (const std::string &warning : asset->warnings)
    llvm::errs() << "llmc: warning: " << warning << '\n';
  std::vector<uint64_t> aligned((asset->bytes.size() + 7) / 8);
  std::copy(asset->bytes.begin(), asset->bytes.end(),
            reinterpret_cast<uint8_t *>(aligned.data()));
  try {
    verb(serve::Text(aligned.data(), asset->bytes.size()));
  } catch (const std::runtime_error &failure) {
    return llvm::createStringError(std::string(failure.what()));
  }
  return llvm::Error::success();
}

template <typename Options>
static Command addVerb(CLI::App &app, const char *name, const char *help,
                       void (*run)(const serve::Text &, const Options &)) {
  CLI::App *sub = app.add_subcommand(name, help);
  auto model = std::make_shared<std::string>();
  auto options = std::make_shared<Options>();
  sub->add_option("MODEL", *model, "folder with the text files of a model")
      ->required()
      ->type_name("");
  program::addOptions(*sub, *options);
  return {sub, [=] {
            return withText(*model, [&](const serve::Text &text) {
              run(text, *options);
            });
          }};
}

std::vector<Command> llmc::addTextCommands(CLI::App &app) {
  return {addVerb<program::TokenizeOptions>(
              app, "tokenize", "text to token ids and back, without the weights",
              program::tokenize),
          addVerb<program::TemplateOptions>(
              app, "template", "the chat template's output for messages",
              program::applyTemplate)};
}
