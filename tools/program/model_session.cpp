// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "model_session.h"

#include <time.h>

namespace llmc::program {

static llmc_session *openSession(const llmc_model &model,
                                 const SessionOptions &options) {
  llmc_session_options open = {};
  open.threads = options.threads;
  open.pin = options.pin;
  llmc_session *session = nullptr;
  if (llmc_session_open(&model, &open, &session) != LLMC_OK)
    throw Failure(llmc_last_open_error());
  return session;
}

Session::Session(const llmc_model &model, const SessionOptions &options)
    : model(model), session(openSession(model, options), llmc_session_close) {}

const llmc_variant &Session::variant() const {
  return *llmc_session_variant(session.get());
}

int32_t Session::threads() const { return llmc_session_threads(session.get()); }

int32_t Session::length() const {
  return llmc_session_length(session.get(), 0);
}

static void check(llmc_status status, const llmc_config &config) {
  if (status == LLMC_OK)
    return;
  std::string reason = llmc_status_text(status);
  if (status == LLMC_CONTEXT_FULL)
    reason += ": it holds " + std::to_string(config.context) + " tokens";
  if (status == LLMC_INVALID_ARGUMENT)
    reason += ": token ids are 0 to " + std::to_string(config.vocab - 1);
  throw Failure(reason);
}

bool Session::prefill(const int32_t *tokens, int64_t count, llmc_logits which,
                      float *logits) {
  llmc_status status =
      llmc_prefill(session.get(), tokens, count, which, logits);
  if (status == LLMC_INTERRUPTED)
    return false;
  check(status, config());
  return true;
}

void Session::decode(int32_t token, float *logits) {
  check(llmc_decode(session.get(), token, logits), config());
}

void Session::truncate(int32_t length) {
  check(llmc_session_truncate(session.get(), 0, length), config());
}

double now() {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return double(time.tv_sec) + 1e-9 * double(time.tv_nsec);
}

} // namespace llmc::program
