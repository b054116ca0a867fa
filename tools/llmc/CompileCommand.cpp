// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `llmc compile` and `llmc targets`.
#include "Commands.h"
#include "CompileArguments.h"
#include "ContractSheet.h"
#include "compiler/target/Target.h"
#include "llvm/Support/FormatVariadic.h"
#include <memory>
#include <unistd.h>

using namespace llmc;

static llvm::Error runCompile(const CompileArguments &arguments) {
  CompileOptions options = arguments.options;
  if (llvm::Error error = checkAvailable(arguments))
    return error;
  ContractSheet sheet;
  if (!options.machine.empty()) {
    llvm::Expected<Machine> machine = findMachine(options.machine);
    if (!machine)
      return machine.takeError();
    sheet.machine = std::move(*machine);
  }
  options.progress = ::isatty(2);
  if (llvm::Error error =
          compile(options, sheet.report, [](llvm::StringRef text) {
            llvm::errs() << "llmc: warning: " << text << '\n';
          }))
    return error;
  // IR that starts after `plan` no longer tells what the sheet would say.
  bool printed = options.emit.empty() || options.emit == "sheet";
  if (!printed || sheet.report.context == 0)
    return llvm::Error::success();
  if (sheet.machine) {
    if (sheet.machine->target != sheet.report.target)
      llvm::errs() << "llmc: warning: " << sheet.machine->name << " is a "
                   << sheet.machine->target << ", the object is for "
                   << sheet.report.target << '\n';
    if (auto prediction = predict(sheet.report, *sheet.machine))
      sheet.prediction = std::move(*prediction);
    else
      sheet.unpredicted = llvm::toString(prediction.takeError());
  }
  printSheet(sheet, llvm::outs());
  if (!options.report.empty())
    return writeReport(sheet, options.report);
  return llvm::Error::success();
}

Command llmc::addCompileCommand(CLI::App &app) {
  CLI::App *sub = app.add_subcommand(
      "compile", "compile a model into X.o and X.h (and X.weights)");
  auto arguments = std::make_shared<CompileArguments>();
  addCompileOptions(*sub, *arguments);
  sub->final_callback([arguments] {
    const CompileOptions &o = arguments->options;
    if (o.output.empty() && o.emit.empty())
      throw CLI::RequiredError("-o X.o");
    if (o.emit.empty() && !llvm::StringRef(o.output).ends_with(".o"))
      throw CLI::ValidationError("-o", "must end in .o");
  });
  return {sub, [arguments] { return runCompile(*arguments); }};
}

static llvm::Error runTargets() {
  llvm::outs() << llvm::formatv("{0,-15} {1,-42} {2,-7} {3}\n", "target",
                                "ISA features", "vector", "found in");
  for (const Target &target : targets()) {
    std::string features;
#define LLMC_ISA(name, ...)                                                    \
  if (target.has(#name))                                                       \
    features += (features.empty() ? "" : " ") + std::string(#name);
#include "kernels/isa_features.def"
    int64_t bits = target.sveBits         ? target.sveBits
                   : target.isArm()       ? 128
                   : target.has("avx512") ? 512
                                          : 256;
    llvm::outs() << llvm::formatv("{0,-15} {1,-42} {2,-7} {3}\n", target.name,
                                  features, bits, target.foundIn);
  }
  llvm::Expected<const Target *> native = findTarget("native");
  if (!native)
    return native.takeError();
  llvm::outs() << llvm::formatv("{0,-15} this machine's features ({1})\n",
                                "native", (*native)->cpu);
  llvm::outs() << "\nmachines for --machine:\n";
  for (const Machine &machine : machines())
    llvm::outs() << llvm::formatv(
        "{0,-15} {1} x {2} at {3} GHz, {4:f1} GB/s; {5}\n", machine.name,
        machine.cores, machine.target, machine.ghz,
        machine.bytesPerSecond / 1e9, machine.note);
  return llvm::Error::success();
}

Command llmc::addTargetsCommand(CLI::App &app) {
  return {app.add_subcommand("targets",
                             "list the CPUs to compile for and the machines"),
          runTargets};
}
