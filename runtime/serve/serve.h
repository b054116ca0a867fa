// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Serves a compiled model by HTTP: an OpenAI-compatible API and a chat page.
// A model with tokenizer and options go in; the call returns when the process
// is asked to end (SIGTERM, SIGINT) and the running answers are done.
#ifndef LLMC_RUNTIME_SERVE_SERVE_H
#define LLMC_RUNTIME_SERVE_SERVE_H

#include "llmc/runtime.h"

#include <string>

namespace llmc::serve {

struct Options {
  std::string host = "127.0.0.1"; // a numeric address or localhost
  int32_t port = 8080;            // 0: any that is free
  std::string api_key;            // empty: none is asked for
  std::string cors_origin;        // empty: no other origin's page may call
  int32_t slots = 4;              // answers computed at once
  int32_t queue = 64;             // answers that may wait
  int32_t threads = 0;            // 0: what affinity and cgroup allow
  bool pin = false;               // pin worker threads to cores
};

/// Prints "listening on http://HOST:PORT" to stderr once it does. Throws
/// std::runtime_error where it cannot: a wider host than loopback without a
/// key, an address in use, a model without a tokenizer.
void serve(const llmc_model &model, const Options &options);

} // namespace llmc::serve

#endif
