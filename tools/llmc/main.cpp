// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Commands.h"
#include "compiler/support/Json.h"
#include "llvm/Support/raw_ostream.h"

using namespace llmc;

int main(int argc, char **argv) {
  CLI::App app{"llmc compiles Llama-family models ahead of time into native "
               "objects for Arm (and this host).",
               "llmc"};
  app.set_version_flag("--version", "llmc " LLMC_VERSION);
  app.set_help_all_flag("--help-all", "help of all commands");
  app.require_subcommand(1);
  app.footer("\n  llmc run MODEL -p \"Once upon a time\"\n"
             "  llmc compile MODEL -o llama.o --target neoverse-v2\n"
             "  llmc link llama.o -o llama");

  std::vector<Command> commands = {
      addCompileCommand(app), addLinkCommand(app),    addTargetsCommand(app),
      addInspectCommand(app), addEvalCommand(app)};
  for (auto add : {addProgramCommands, addTextCommands})
    for (Command &command : add(app))
      commands.push_back(std::move(command));

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError &error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  for (Command &command : commands) {
    if (!command.app->parsed())
      continue;
    if (llvm::Error error = command.run()) {
      llvm::errs() << "llmc: " << oneLine(llvm::toString(std::move(error)))
                   << '\n';
      return 1;
    }
    return 0;
  }
  return 2;
}
