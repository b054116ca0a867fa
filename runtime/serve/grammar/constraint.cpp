// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/serve/grammar/constraint.h"

#include <algorithm>
#include <math.h>

namespace llmc::serve {

// States come back, as inside a string; so many are remembered.
static const size_t kKnownStates = 64;

Vocabulary::Vocabulary(const llmc_text *text, int32_t size) {
  for (int32_t id = 0; id < size; ++id) {
    const char *bytes = nullptr;
    size_t length = 0;
    llmc_text_token_bytes(text, id, &bytes, &length);
    words.emplace_back(bytes, length);
  }
  sort();
}

Vocabulary::Vocabulary(std::vector<std::string_view> given)
    : words(std::move(given)) {
  sort();
}

void Vocabulary::sort() {
  for (size_t id = 0; id < words.size(); ++id)
    if (!words[id].empty())
      order.push_back(int32_t(id));
  std::sort(order.begin(), order.end(), [&](int32_t a, int32_t b) {
    return word(a) < word(b) || (word(a) == word(b) && a < b);
  });
}

Constraint::Constraint(std::shared_ptr<const Grammar> given,
                       const Vocabulary &vocabulary)
    : grammar(std::move(given)), vocabulary(vocabulary), matcher(*grammar) {}

// The words [begin, end) of the order share `depth` bytes, which lead to
// `state`.
void Constraint::allow(const Matcher &state, size_t begin, size_t end,
                       size_t depth, Allowed &into) const {
  const std::vector<int32_t> &order = vocabulary.sorted();
  for (; begin < end && vocabulary.word(order[begin]).size() == depth; ++begin)
    into[size_t(order[begin])] = true;
  while (begin < end) {
    char byte = vocabulary.word(order[begin])[depth];
    size_t next = begin + 1;
    while (next < end && vocabulary.word(order[next])[depth] == byte)
      ++next;
    Matcher after = state;
    if (after.push(uint8_t(byte)))
      allow(after, begin, next, depth + 1, into);
    begin = next;
  }
}

const Constraint::Allowed &Constraint::allowed() {
  std::string key = matcher.key();
  auto at = known.find(key);
  if (at != known.end())
    return at->second;
  if (known.size() >= kKnownStates)
    known.clear();
  Allowed &made = known[key];
  made.resize(vocabulary.size());
  allow(matcher, 0, vocabulary.sorted().size(), 0, made);
  return made;
}

void Constraint::mask(float *logits, const IsEnd &isEnd) {
  const Allowed &words = allowed();
  bool end = matcher.mayEnd() ||
             std::find(words.begin(), words.end(), true) == words.end();
  for (size_t id = 0; id < words.size(); ++id)
    if (!words[id] && !(end && isEnd(int32_t(id))))
      logits[id] = -INFINITY;
}

bool Constraint::push(int32_t token) {
  return matcher.push(vocabulary.word(token)) && !matcher.mustEnd();
}

} // namespace llmc::serve
