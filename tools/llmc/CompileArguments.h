// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The options of `llmc compile`: a command line in, CompileOptions out. What
// is wrong in the words themselves is a CLI::ValidationError (exit 2); what is
// well said but not yet available is an llvm::Error (exit 1).
#ifndef LLMC_TOOLS_LLMC_COMPILEARGUMENTS_H
#define LLMC_TOOLS_LLMC_COMPILEARGUMENTS_H

#include "compiler/Options.h"
#include "llvm/Support/Error.h"
#include <CLI/CLI.hpp>

namespace llmc {

struct CompileArguments {
  CompileOptions options;
  std::string calibrate, draft;
  int64_t tensorParallel = 0;
};

/// The options that change what a model compiles to: --quantize, --context,
/// --rows, --kv, --weights. Shared by compile, run, bench, ...
void addModelOptions(CLI::App &app, CompileArguments &arguments);
/// All options of `compile`, the model and the output among them.
void addCompileOptions(CLI::App &app, CompileArguments &arguments);

/// An error where an option asks for what is not yet available.
llvm::Error checkAvailable(const CompileArguments &arguments);

} // namespace llmc

#endif
