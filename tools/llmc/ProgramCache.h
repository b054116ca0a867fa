// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `llmc run MODEL` and its like: compiles and links for this host once, keeps
// the program under $XDG_CACHE_HOME/llmc (else ~/.cache/llmc), and finds it
// again by the model's path, the size and time of its files, the options and
// this llmc. Several llmc at once are safe: a program is built in a folder of
// its own and renamed into place.
#ifndef LLMC_TOOLS_LLMC_PROGRAMCACHE_H
#define LLMC_TOOLS_LLMC_PROGRAMCACHE_H

#include "compiler/Options.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"
#include <string>

namespace llmc {

/// Path of the stand-alone program (or, `shared`, of the library for eval).
llvm::Expected<std::string> cachedProgram(const CompileOptions &options,
                                          bool shared = false);

/// Replaces this process by the program; returns only on failure.
llvm::Error execute(const std::string &program,
                    llvm::ArrayRef<std::string> arguments);

} // namespace llmc

#endif
