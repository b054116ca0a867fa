// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The model's tokenizer and chat template for the server: text and messages
// in, token ids out. What a client's text does wrong is an HttpError.
#ifndef LLMC_RUNTIME_SERVE_MODEL_TEXT_H
#define LLMC_RUNTIME_SERVE_MODEL_TEXT_H

#include "llmc/text.h"
#include "runtime/serve/constraint.h"
#include "runtime/serve/json.h"
#include "runtime/serve/scheduler.h"

namespace llmc::serve {

class ModelText {
public:
  /// Throws std::runtime_error where the model has no tokenizer.
  explicit ModelText(const llmc_model &model);

  Tokens encode(std::string_view text, bool add_special) const;
  std::string decode(const Tokens &tokens) const;
  /// The prompt of a conversation: its template variables as a JSON object
  /// (messages, add_generation_prompt, tools, ...).
  Tokens render(const Json &variables) const;
  bool isEnd(int32_t token) const;
  int32_t vocab() const { return model.config->vocab; }
  int32_t context() const { return model.config->context; }
  const char *name() const { return model.name; }
  const llmc_text *get() const { return text.get(); }
  const Vocabulary &vocabulary() const { return words; }

private:
  const llmc_model &model;
  std::unique_ptr<llmc_text, void (*)(llmc_text *)> text;
  Vocabulary words;
};

/// Decodes token by token.
class TextStream {
public:
  explicit TextStream(const ModelText &text);
  std::string_view push(int32_t token);
  std::string_view finish();

private:
  std::unique_ptr<llmc_text_stream, void (*)(llmc_text_stream *)> stream;
};

} // namespace llmc::serve

#endif
