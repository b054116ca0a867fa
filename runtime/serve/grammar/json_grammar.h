// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The grammar of JSON (RFC 8259) as rules to build on: any value, and strings,
// lists and objects of what the caller wants. Numbers and white space are
// bounded, so that an answer cannot go on for ever in them.
#ifndef LLMC_RUNTIME_SERVE_GRAMMAR_JSON_GRAMMAR_H
#define LLMC_RUNTIME_SERVE_GRAMMAR_JSON_GRAMMAR_H

#include "runtime/serve/grammar/grammar.h"

namespace llmc::serve {

/// Its parts one after the other.
Grammar::Sequence join(std::initializer_list<Grammar::Sequence> parts);

class JsonGrammar {
public:
  using Sequence = Grammar::Sequence;

  JsonGrammar();

  /// A rule that is any of `sequences`. Throws std::length_error where the
  /// grammar becomes too large.
  int32_t rule(std::vector<Sequence> sequences);
  /// `item` at most `most` times, chained so that there is one way to read it.
  int32_t upTo(int64_t most, const Sequence &item);
  int32_t anyNumberOf(const Sequence &item);
  int32_t objectOf(const Sequence &key, int32_t value);
  /// most < 0: without bound.
  int32_t listOf(int32_t item, int64_t least, int64_t most);
  /// A string of so many characters.
  int32_t stringOf(int64_t least, int64_t most);

  std::shared_ptr<Grammar> grammar;
  int32_t space, character, string, integer, number, value, object, list;

private:
  void addCharacter();
};

} // namespace llmc::serve

#endif
