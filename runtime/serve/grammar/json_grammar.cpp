// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/serve/grammar/json_grammar.h"

#include <algorithm>
#include <stdexcept>

namespace llmc::serve {

static const size_t kMaxRules = 50000;
static const int kMaxDigits = 15; // of the parts of a number
static const int kMaxIndent = 16; // spaces after a line break

Grammar::Sequence join(std::initializer_list<Grammar::Sequence> parts) {
  Grammar::Sequence all;
  for (const Grammar::Sequence &part : parts)
    all.insert(all.end(), part.begin(), part.end());
  return all;
}

int32_t JsonGrammar::rule(std::vector<Sequence> sequences) {
  if (grammar->size() >= kMaxRules)
    throw std::length_error("is too large");
  return grammar->addRule(std::move(sequences));
}

int32_t JsonGrammar::upTo(int64_t most, const Sequence &item) {
  int32_t rest = rule({{}});
  for (int64_t i = 0; i < most; ++i)
    rest = rule({{}, join({item, {ref(rest)}})});
  return rest;
}

int32_t JsonGrammar::anyNumberOf(const Sequence &item) {
  int32_t made = rule({});
  grammar->addAlternative(made, {});
  grammar->addAlternative(made, join({item, {ref(made)}}));
  return made;
}

// One character of a string: plain, escaped, or two to four bytes of UTF-8
// (Unicode 15, table 3-7).
void JsonGrammar::addCharacter() {
  Grammar::Element plain = range(0x20, 0x7f), tail = range(0x80, 0xbf);
  plain.bytes.reset('"');
  plain.bytes.reset('\\');
  auto hex = anyOf("0123456789abcdefABCDEF");
  // A \u of a surrogate half would not be a character.
  auto hexNotD = anyOf("0123456789abcefABCEF");
  character = rule({{plain},
                    {anyOf("\\"), anyOf("\"\\/bfnrt")},
                    {anyOf("\\"), anyOf("u"), hexNotD, hex, hex, hex},
                    {anyOf("\\"), anyOf("u"), anyOf("dD"), range('0', '7'), hex,
                     hex},
                    {range(0xc2, 0xdf), tail},
                    {range(0xe0, 0xe0), range(0xa0, 0xbf), tail},
                    {range(0xe1, 0xec), tail, tail},
                    {range(0xed, 0xed), range(0x80, 0x9f), tail},
                    {range(0xee, 0xef), tail, tail},
                    {range(0xf0, 0xf0), range(0x90, 0xbf), tail, tail},
                    {range(0xf1, 0xf3), tail, tail, tail},
                    {range(0xf4, 0xf4), range(0x80, 0x8f), tail, tail}});
}

JsonGrammar::JsonGrammar() : grammar(std::make_shared<Grammar>()) {
  int32_t indent = upTo(kMaxIndent, literal(" "));
  space = rule({{}, literal(" "), {anyOf("\n"), ref(indent)}});
  addCharacter();
  string = rule({join({literal("\""), {ref(anyNumberOf({ref(character)}))},
                       literal("\"")})});
  auto digit = range('0', '9');
  int32_t digits = upTo(kMaxDigits, {digit});
  integer = rule({literal("0"),
                  literal("-0"),
                  {range('1', '9'), ref(digits)},
                  {anyOf("-"), range('1', '9'), ref(digits)}});
  int32_t exponentDigits = upTo(1, {digit});
  int32_t sign = rule({{}, {anyOf("+-")}});
  int32_t fraction = rule({{}, {anyOf("."), digit, ref(digits)}});
  int32_t exponent =
      rule({{}, {anyOf("eE"), ref(sign), digit, ref(exponentDigits)}});
  number = rule({{ref(integer), ref(fraction), ref(exponent)}});
  value = rule({});
  object = objectOf({ref(string)}, value);
  list = listOf(value, 0, -1);
  for (int32_t kind : {object, list, string, number})
    grammar->addAlternative(value, {ref(kind)});
  for (const char *word : {"true", "false", "null"})
    grammar->addAlternative(value, literal(word));
}

int32_t JsonGrammar::objectOf(const Sequence &key, int32_t item) {
  Sequence member = join({key, {ref(space)}, literal(":"), {ref(space), ref(item), ref(space)}});
  int32_t more =
      anyNumberOf(join({literal(","), {ref(space)}, member}));
  return rule({join({literal("{"), {ref(space)}, literal("}")}),
               join({literal("{"), {ref(space)}, member, {ref(more)},
                     literal("}")})});
}

int32_t JsonGrammar::listOf(int32_t item, int64_t least, int64_t most) {
  Sequence one = {ref(item), ref(space)};
  Sequence next = join({literal(","), {ref(space)}, one});
  std::vector<Sequence> choices;
  if (least == 0)
    choices.push_back(join({literal("["), {ref(space)}, literal("]")}));
  if (most != 0) {
    Sequence all = join({literal("["), {ref(space)}, one});
    int64_t wanted = std::max<int64_t>(least - 1, 0);
    for (int64_t i = 0; i < wanted; ++i)
      all = join({all, next});
    all.push_back(ref(most < 0 ? anyNumberOf(next)
                               : upTo(most - 1 - wanted, next)));
    choices.push_back(join({all, literal("]")}));
  }
  return rule(std::move(choices));
}

int32_t JsonGrammar::stringOf(int64_t least, int64_t most) {
  if (least == 0 && most < 0)
    return string;
  Sequence text = literal("\"");
  text.insert(text.end(), size_t(least), ref(character));
  text.push_back(ref(most < 0 ? anyNumberOf({ref(character)})
                              : upTo(most - least, {ref(character)})));
  return rule({join({text, literal("\"")})});
}

} // namespace llmc::serve
