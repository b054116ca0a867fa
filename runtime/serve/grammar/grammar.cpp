// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/serve/grammar/grammar.h"

#include <algorithm>
#include <functional>

namespace llmc::serve {

// Texts may not nest deeper, nor be read in more ways at once.
static const uint32_t kMaxDepth = 256;
static const size_t kMaxExpansions = 20000;

int32_t Grammar::addRule() {
  rules.emplace_back();
  return int32_t(rules.size()) - 1;
}

void Grammar::addAlternative(int32_t rule, Sequence sequence) {
  rules[size_t(rule)].push_back(std::move(sequence));
}

int32_t Grammar::addRule(std::vector<Sequence> sequences) {
  rules.push_back(std::move(sequences));
  return int32_t(rules.size()) - 1;
}

int32_t Grammar::leftRecursion() const {
  // Which rules match the empty text, by a fixed point.
  std::vector<bool> empty(rules.size());
  auto isEmpty = [&](const Sequence &sequence) {
    return std::all_of(sequence.begin(), sequence.end(), [&](const Element &e) {
      return e.rule >= 0 && empty[size_t(e.rule)];
    });
  };
  for (bool changed = true; changed;) {
    changed = false;
    for (size_t i = 0; i < rules.size(); ++i)
      if (!empty[i] && std::any_of(rules[i].begin(), rules[i].end(), isEmpty))
        changed = empty[i] = true;
  }
  // A cycle among the rules that a rule can begin with.
  enum : char { Unseen, Open, Done };
  std::vector<char> state(rules.size(), Unseen);
  std::function<int32_t(int32_t)> visit = [&](int32_t rule) -> int32_t {
    if (state[size_t(rule)] != Unseen)
      return state[size_t(rule)] == Open ? rule : -1;
    state[size_t(rule)] = Open;
    for (const Sequence &sequence : rules[size_t(rule)])
      for (const Element &element : sequence) {
        if (element.rule < 0)
          break;
        int32_t found = visit(element.rule);
        if (found >= 0)
          return found;
        if (!empty[size_t(element.rule)])
          break;
      }
    state[size_t(rule)] = Done;
    return -1;
  };
  for (size_t i = 0; i < rules.size(); ++i)
    if (int32_t found = visit(int32_t(i)); found >= 0)
      return found;
  return -1;
}

Grammar::Sequence literal(std::string_view text) {
  Grammar::Sequence sequence;
  for (char byte : text)
    sequence.push_back(range(uint8_t(byte), uint8_t(byte)));
  return sequence;
}

Grammar::Element ref(int32_t rule) {
  Grammar::Element element;
  element.rule = rule;
  return element;
}

Grammar::Element anyOf(std::string_view bytes) {
  Grammar::Element element;
  for (char byte : bytes)
    element.bytes.set(uint8_t(byte));
  return element;
}

Grammar::Element range(uint8_t first, uint8_t last) {
  Grammar::Element element;
  for (int byte = first; byte <= last; ++byte)
    element.bytes.set(size_t(byte));
  return element;
}

Matcher::Matcher(const Grammar &grammar) : grammar(&grammar) {
  Grammar::Sequence start = {ref(grammar.root)};
  size_t budget = kMaxExpansions;
  expand(start.data(), start.data() + 1, nullptr, stacks, budget);
  unique(stacks);
}

// Adds the stacks in which a byte set is on top, or nothing is left.
void Matcher::expand(const Grammar::Element *next, const Grammar::Element *end,
                     const Stack &below, std::vector<Stack> &into,
                     size_t &budget) const {
  uint32_t depth = below ? below->depth + 1 : 1;
  if (depth > kMaxDepth || budget == 0)
    return;
  --budget;
  if (next == end) {
    if (below)
      return expand(below->next, below->end, below->below, into, budget);
    into.push_back(nullptr);
    return;
  }
  if (next->rule < 0) {
    into.push_back(std::make_shared<Node>(Node{next, end, below, depth}));
    return;
  }
  // Nothing is kept for a rule at the end of a sequence.
  Stack rest = below;
  if (next + 1 != end)
    rest = std::make_shared<Node>(Node{next + 1, end, below, depth});
  for (const auto &sequence : grammar->rules[size_t(next->rule)])
    expand(sequence.data(), sequence.data() + sequence.size(), rest, into, budget);
}

void Matcher::unique(std::vector<Stack> &stacks) {
  auto compare = [](const Stack &a, const Stack &b) {
    const Node *x = a.get(), *y = b.get();
    for (; x != y; x = x->below.get(), y = y->below.get()) {
      if (!x || !y)
        return x ? 1 : -1;
      if (x->next != y->next)
        return std::less<>()(x->next, y->next) ? -1 : 1;
    }
    return 0;
  };
  std::sort(stacks.begin(), stacks.end(), [&](const Stack &a, const Stack &b) {
    return compare(a, b) < 0;
  });
  stacks.erase(std::unique(stacks.begin(), stacks.end(),
                           [&](const Stack &a, const Stack &b) {
                             return compare(a, b) == 0;
                           }),
               stacks.end());
}

bool Matcher::push(uint8_t byte) {
  std::vector<Stack> after;
  size_t budget = kMaxExpansions;
  for (const Stack &stack : stacks)
    if (stack && stack->next->bytes[byte])
      expand(stack->next + 1, stack->end, stack->below, after, budget);
  if (after.size() > 1)
    unique(after);
  stacks = std::move(after);
  return !stacks.empty();
}

bool Matcher::push(std::string_view text) {
  for (char byte : text)
    if (!push(uint8_t(byte)))
      return false;
  return true;
}

bool Matcher::mayEnd() const {
  return std::find(stacks.begin(), stacks.end(), nullptr) != stacks.end();
}

bool Matcher::mustEnd() const { return stacks.size() == 1 && !stacks[0]; }

std::string Matcher::key() const {
  std::string key;
  for (const Stack &stack : stacks) {
    for (const Node *node = stack.get(); node; node = node->below.get())
      key.append(reinterpret_cast<const char *>(&node->next),
                 sizeof node->next);
    key.append(sizeof(void *), '\0');
  }
  return key;
}

} // namespace llmc::serve
