// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `serve`: the command line of the server in runtime/serve. Options in; it
// returns when the process is asked to end, and throws Failure where it cannot
// serve.
#ifndef LLMC_TOOLS_PROGRAM_SERVE_H
#define LLMC_TOOLS_PROGRAM_SERVE_H

#include "model_session.h"

#include "runtime/serve/serve.h"

namespace CLI {
class App;
}

namespace llmc::program {

struct ServeOptions {
  serve::Options server;
  SessionOptions session;
};
void addOptions(CLI::App &app, ServeOptions &options);
void serve(const llmc_model &model, const ServeOptions &options);

} // namespace llmc::program

#endif
