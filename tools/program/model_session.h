// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The owner of a session for the program's verbs. Every failed status becomes a
// Failure that names what went wrong; the text is runtime/serve/model_text.h.
#ifndef LLMC_TOOLS_PROGRAM_MODEL_SESSION_H
#define LLMC_TOOLS_PROGRAM_MODEL_SESSION_H

#include "runtime/serve/model_text.h"

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace llmc::program {

/// What ends the program with exit code 1: one line, lower case, no full stop.
struct Failure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

using serve::ModelText;
using serve::Tokens;

struct SessionOptions {
  int32_t threads = 0; // 0: what affinity and cgroup allow
  bool pin = false;
};

class Session {
public:
  Session(const llmc_model &model, const SessionOptions &options);

  const llmc_config &config() const { return *model.config; }
  const llmc_variant &variant() const;
  int32_t threads() const;
  int32_t length() const;
  /// Appends tokens; `logits` as llmc_prefill wants them. False: interrupted.
  bool prefill(const int32_t *tokens, int64_t count, llmc_logits which,
               float *logits);
  void decode(int32_t token, float *logits);
  void truncate(int32_t length);
  llmc_session *get() const { return session.get(); }

private:
  const llmc_model &model;
  std::unique_ptr<llmc_session, void (*)(llmc_session *)> session;
};

/// Seconds of a clock that never goes back.
double now();

} // namespace llmc::program

#endif
