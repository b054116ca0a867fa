// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "model_session.h"

#include <algorithm>
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

void check(llmc_text_status status, const llmc_text_message &message) {
  if (status != LLMC_TEXT_OK)
    throw Failure(message.text);
}

static llmc_text *openText(const llmc_model &model, const char *verb,
                           int needs) {
  llmc_text *text = nullptr;
  llmc_text_message message = {};
  if (model.text)
    check(llmc_text_open(model.text, size_t(model.text_bytes), &text, &message),
          message);
  int has = 0;
  if (text)
    has = (llmc_text_has_tokenizer(text) ? Text::Tokenizer : 0) |
          (llmc_text_has_template(text) ? Text::Template : 0);
  if (!(needs & ~has))
    return text;
  llmc_text_close(text);
  const char *missing = needs & ~has & Text::Tokenizer
                            ? "a tokenizer; bench, logits and info work"
                            : "a chat template; generate works";
  throw Failure(std::string(verb) + ": model '" + model.name +
                "' was compiled without " + missing + " without one");
}

Text::Text(const llmc_model &model, const char *verb, int needs)
    : model(model), text(openText(model, verb, needs), llmc_text_close) {}

Tokens Text::encode(std::string_view string, bool add_special) const {
  int32_t *ids = nullptr;
  size_t count = 0;
  llmc_text_message message = {};
  check(llmc_text_encode(text.get(), string.data(), string.size(), add_special,
                         &ids, &count, &message),
        message);
  std::unique_ptr<int32_t, void (*)(void *)> owner(ids, llmc_text_free);
  return Tokens(ids, ids + count);
}

bool Text::isEnd(int32_t token) const {
  size_t count = 0;
  const int32_t *ends = llmc_text_eos(text.get(), &count);
  const int32_t *own = model.config->eos;
  return std::count(ends, ends + count, token) ||
         std::count(own, own + model.config->n_eos, token);
}

static llmc_text_stream *openStream(const Text &text, bool skip_special) {
  llmc_text_stream *stream = nullptr;
  check(llmc_text_stream_open(text.get(), skip_special, &stream),
        {"out of memory"});
  return stream;
}

Decoder::Decoder(const Text &text, bool skip_special)
    : stream(openStream(text, skip_special), llmc_text_stream_close) {}

std::string_view Decoder::push(int32_t token) {
  const char *piece = nullptr;
  size_t length = 0;
  check(llmc_text_stream_push(stream.get(), token, &piece, &length),
        {"the token stream is damaged or out of memory"});
  return {piece, length};
}

std::string_view Decoder::finish() {
  const char *piece = nullptr;
  size_t length = 0;
  check(llmc_text_stream_finish(stream.get(), &piece, &length),
        {"the token stream is damaged or out of memory"});
  return {piece, length};
}

double now() {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return double(time.tv_sec) + 1e-9 * double(time.tv_nsec);
}

} // namespace llmc::program
