// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Grammars over bytes for constrained answers: rules in, and a matcher that
// says which byte may come next. A rule is a choice of sequences of byte sets
// and rules, so a state is a set of stacks (a pushdown automaton without
// determinism); JSON schemas are compiled to it by json_schema.h.
#ifndef LLMC_RUNTIME_SERVE_GRAMMAR_GRAMMAR_H
#define LLMC_RUNTIME_SERVE_GRAMMAR_GRAMMAR_H

#include <bitset>
#include <memory>
#include <stdint.h>
#include <string>
#include <string_view>
#include <vector>

namespace llmc::serve {

using ByteSet = std::bitset<256>;

class Grammar {
public:
  /// A byte of a set, or (rule >= 0) a rule.
  struct Element {
    ByteSet bytes;
    int32_t rule = -1;
  };
  using Sequence = std::vector<Element>;

  int32_t addRule();
  void addAlternative(int32_t rule, Sequence sequence);
  /// One rule that is any of `sequences`.
  int32_t addRule(std::vector<Sequence> sequences);
  size_t size() const { return rules.size(); }
  /// A rule that begins with itself before any byte, which could not be
  /// matched; -1: none.
  int32_t leftRecursion() const;

  int32_t root = 0;

private:
  friend class Matcher;
  std::vector<std::vector<Sequence>> rules;
};

/// The elements of a text, byte by byte.
Grammar::Sequence literal(std::string_view text);
Grammar::Element ref(int32_t rule);
Grammar::Element anyOf(std::string_view bytes);
Grammar::Element range(uint8_t first, uint8_t last);

/// Where in the grammar a text stands. Copies are cheap.
class Matcher {
public:
  explicit Matcher(const Grammar &grammar);
  /// Goes on by a byte; false, and unusable from then on: it is not allowed.
  bool push(uint8_t byte);
  bool push(std::string_view text);
  /// Something can be pushed, or the text is whole.
  bool alive() const { return !stacks.empty(); }
  /// The text so far is whole.
  bool mayEnd() const;
  /// It is whole and nothing can follow.
  bool mustEnd() const;
  /// Equal for equal states.
  std::string key() const;

private:
  // What waits to be matched: the rest of a sequence, and what follows it.
  struct Node {
    const Grammar::Element *next;
    const Grammar::Element *end;
    std::shared_ptr<const Node> below;
    uint32_t depth;
  };
  using Stack = std::shared_ptr<const Node>; // null: the text is whole

  void expand(const Grammar::Element *next, const Grammar::Element *end,
              const Stack &below, std::vector<Stack> &into,
              size_t &budget) const;
  static void unique(std::vector<Stack> &stacks);

  const Grammar *grammar;
  std::vector<Stack> stacks;
};

} // namespace llmc::serve

#endif
