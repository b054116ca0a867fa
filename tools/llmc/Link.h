// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `llmc link`: a compiled object in, a stand-alone program for its target out
// (runtime, text and the standard verbs of tools/program), by clang-19 and lld.
// The archives are found beside the llmc that runs.
#ifndef LLMC_TOOLS_LLMC_LINK_H
#define LLMC_TOOLS_LLMC_LINK_H

#include "llvm/Support/Error.h"
#include <string>

namespace llmc {

enum class LinkMode {
  Static,  // runs on any Linux of the architecture
  Dynamic, // libc and libstdc++ of the machine that runs it
  Shared   // no verbs: a shared library with the runtime, for `llmc eval`
};

struct LinkOptions {
  std::string object, output;
  LinkMode mode = LinkMode::Static;
};

/// Links. X.weights, where the object has one, is put beside the output. A
/// failed link leaves no output behind.
llvm::Error linkProgram(const LinkOptions &options);

/// The folder with the running llmc.
std::string binaryFolder();

} // namespace llmc

#endif
