// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// C++ owners of the C API for the program's verbs: a session and the model's
// text. Every failed status becomes a Failure that names what went wrong.
#ifndef LLMC_TOOLS_PROGRAM_MODEL_SESSION_H
#define LLMC_TOOLS_PROGRAM_MODEL_SESSION_H

#include "llmc/runtime.h"
#include "llmc/text.h"

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

using Tokens = std::vector<int32_t>;

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

/// The tokenizer and chat template in the model.
class Text {
public:
  enum Needs { Tokenizer = 1, Template = 2 };
  /// Fails where the model lacks what `verb` needs (a set of Needs).
  Text(const llmc_model &model, const char *verb, int needs = Tokenizer);

  Tokens encode(std::string_view string, bool add_special) const;
  bool isEnd(int32_t token) const;
  llmc_text *get() const { return text.get(); }

private:
  const llmc_model &model;
  std::unique_ptr<llmc_text, void (*)(llmc_text *)> text;
};

/// Decodes token by token; throws where memory runs out.
class Decoder {
public:
  Decoder(const Text &text, bool skip_special);
  /// The text that `token` made certain, valid until the next call.
  std::string_view push(int32_t token);
  std::string_view finish();

private:
  std::unique_ptr<llmc_text_stream, void (*)(llmc_text_stream *)> stream;
};

/// Throws a Failure where a text call did not succeed.
void check(llmc_text_status status, const llmc_text_message &message);

/// Seconds of a clock that never goes back.
double now();

} // namespace llmc::program

#endif
