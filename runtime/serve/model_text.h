// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// C++ owners of the text library (llmc/text.h), for the server and the verbs:
// text and conversations in, token ids and prompts out. What a text or a
// template does wrong is a TextError.
#ifndef LLMC_RUNTIME_SERVE_MODEL_TEXT_H
#define LLMC_RUNTIME_SERVE_MODEL_TEXT_H

#include "llmc/text.h"
#include "runtime/serve/grammar/constraint.h"
#include "runtime/serve/json.h"
#include "runtime/serve/scheduler.h"

#include <mutex>
#include <optional>

namespace llmc::serve {

/// One line, lower case, no full stop.
struct TextError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// An opened text section.
class Text {
public:
  /// `data`: as llmc_text_open wants it, or null for a section with nothing.
  Text(const void *data, size_t size);

  bool hasTokenizer() const;
  bool hasTemplate() const;
  Tokens encode(std::string_view text, bool add_special) const;
  std::string decode(const Tokens &tokens, bool skip_special = false) const;
  /// The chat template's output for its variables, a JSON object: see
  /// templateVariables().
  std::string render(const Json &variables,
                     llmc_template_limits limits = {}) const;
  const llmc_text *get() const { return text.get(); }

private:
  std::unique_ptr<llmc_text, void (*)(llmc_text *)> text;
};

/// What every template is given: messages, add_generation_prompt (false), and
/// tools and documents, null.
Json templateVariables(Json messages);

/// The text of a model, which outlives it.
class ModelText : public Text {
public:
  enum Needs { Tokenizer = 1, Template = 2 };
  /// Throws where the model lacks what `verb` needs (a set of Needs).
  ModelText(const llmc_model &model, const char *verb, int needs = Tokenizer);

  bool isEnd(int32_t token) const;
  int32_t vocab() const { return model.config->vocab; }
  int32_t context() const { return model.config->context; }
  const char *name() const { return model.name; }
  /// Made at the first call; from any thread.
  const Vocabulary &vocabulary() const;

private:
  const llmc_model &model;
  mutable std::once_flag made;
  mutable std::optional<Vocabulary> words;
};

/// Decodes token by token, special tokens left out.
class TextStream {
public:
  explicit TextStream(const Text &text);
  /// These tokens stand before those to come; their text is not given.
  void follow(const Tokens &tokens);
  /// The text that `token` made certain, valid until the next call.
  std::string_view push(int32_t token);
  std::string_view finish();

private:
  std::unique_ptr<llmc_text_stream, void (*)(llmc_text_stream *)> stream;
};

} // namespace llmc::serve

#endif
