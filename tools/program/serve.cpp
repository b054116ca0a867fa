// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tools/program/serve.h"

#include <CLI/CLI.hpp>

namespace llmc::program {

void addOptions(CLI::App &app, ServeOptions &options) {
  serve::Options &server = options.server;
  app.add_option("--host", server.host,
                 "a numeric address; another than loopback needs a key")
      ->capture_default_str();
  app.add_option("--port", server.port, "0: any that is free")
      ->check(CLI::Range(0, 65535))
      ->capture_default_str();
  app.add_option("--api-key", server.api_key,
                 "what clients must send (none is asked for)")
      ->envname("LLMC_API_KEY");
  app.add_option("--cors-origin", server.cors_origin,
                 "let pages of this origin call, such as https://example.org");
  app.add_option("--slots", server.slots, "answers computed at once")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  app.add_option("--queue", server.queue, "answers that may wait")
      ->check(CLI::Range(0, 100000))
      ->capture_default_str();
}

void serve(const llmc_model &model, const ServeOptions &options) {
  serve::Options server = options.server;
  server.threads = options.session.threads;
  server.pin = options.session.pin;
  for (char c : server.api_key + server.cors_origin)
    if (c <= ' ' || c == 127)
      throw Failure("serve: --api-key and --cors-origin may not hold spaces "
                    "or control characters");
  try {
    serve::serve(model, server);
  } catch (const std::bad_alloc &) {
    throw;
  } catch (const std::exception &error) {
    throw Failure(error.what());
  }
}

} // namespace llmc::program
