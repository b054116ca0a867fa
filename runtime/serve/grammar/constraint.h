// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Holds an answer to a grammar: of the logits of the next token, those that
// the grammar does not allow become minus infinity.
#ifndef LLMC_RUNTIME_SERVE_GRAMMAR_CONSTRAINT_H
#define LLMC_RUNTIME_SERVE_GRAMMAR_CONSTRAINT_H

#include "llmc/text.h"
#include "runtime/serve/grammar/grammar.h"

#include <functional>
#include <map>

namespace llmc::serve {

/// The bytes of all tokens, in the order of their bytes.
class Vocabulary {
public:
  /// `text` outlives it.
  Vocabulary(const llmc_text *text, int32_t size);
  /// Any words; the index is the id. Empty words are never allowed.
  explicit Vocabulary(std::vector<std::string_view> words);

  size_t size() const { return words.size(); }
  std::string_view word(int32_t id) const { return words[size_t(id)]; }
  /// The ids, in the order of their bytes, without those of no bytes.
  const std::vector<int32_t> &sorted() const { return order; }

private:
  void sort();

  std::vector<std::string_view> words;
  std::vector<int32_t> order;
};

class Constraint {
public:
  using IsEnd = std::function<bool(int32_t)>;

  Constraint(std::shared_ptr<const Grammar> grammar,
             const Vocabulary &vocabulary);
  /// End tokens are allowed where the text may end, and where nothing else is.
  void mask(float *logits, const IsEnd &isEnd);
  /// Goes on by a token; false: the text is whole, nothing can follow.
  bool push(int32_t token);

private:
  using Allowed = std::vector<bool>; // by id

  const Allowed &allowed();
  void allow(const Matcher &state, size_t begin, size_t end, size_t depth,
             Allowed &into) const;

  std::shared_ptr<const Grammar> grammar;
  const Vocabulary &vocabulary;
  Matcher matcher;
  std::map<std::string, Allowed> known; // by the matcher's state
};

} // namespace llmc::serve

#endif
