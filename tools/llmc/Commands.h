// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The commands of llmc: each adds itself to the command line and, where it is
// the one asked for, does its work. Errors come back as one line.
#ifndef LLMC_TOOLS_LLMC_COMMANDS_H
#define LLMC_TOOLS_LLMC_COMMANDS_H

#include "llvm/Support/Error.h"
#include <CLI/CLI.hpp>
#include <functional>
#include <vector>

namespace llmc {

/// What to do when a subcommand was given.
struct Command {
  CLI::App *app = nullptr;
  std::function<llvm::Error()> run;
};

Command addCompileCommand(CLI::App &app);
Command addLinkCommand(CLI::App &app);
Command addTargetsCommand(CLI::App &app);
Command addInspectCommand(CLI::App &app);
Command addEvalCommand(CLI::App &app);
/// run chat bench logits perplexity info serve: verbs of the program.
std::vector<Command> addProgramCommands(CLI::App &app);
/// tokenize, template: from the folder's text files alone.
std::vector<Command> addTextCommands(CLI::App &app);

} // namespace llmc

#endif
