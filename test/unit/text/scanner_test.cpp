// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The scanners against their regular expressions, run by PCRE2, on random text
// of characters that the patterns tell apart.
#define PCRE2_CODE_UNIT_WIDTH 8
#include "compiler/text/Tokenizer.h"
#include "runtime/text/scanner.h"
#include "runtime/text/unicode.h"
#include <gtest/gtest.h>
#include <pcre2.h>
#include <random>

using namespace llmc;

namespace {

const char *const kPatterns[] = {
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)",
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
    R"('(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+)",
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
    R"(\p{N})", R"(\p{N}+)", R"(\p{N}{1,3})"};

class Oracle {
public:
  explicit Oracle(const char *pattern) {
    int error;
    PCRE2_SIZE offset;
    code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern),
                         PCRE2_ZERO_TERMINATED, PCRE2_UTF | PCRE2_UCP, &error,
                         &offset, nullptr);
    match = pcre2_match_data_create_from_pattern(code, nullptr);
  }
  ~Oracle() {
    pcre2_match_data_free(match);
    pcre2_code_free(code);
  }
  bool find(const std::string &text, size_t from, size_t &begin, size_t &end) {
    int count = pcre2_match(code, reinterpret_cast<PCRE2_SPTR>(text.data()),
                            text.size(), from, PCRE2_NO_UTF_CHECK, match,
                            nullptr);
    if (count < 1)
      return false;
    begin = pcre2_get_ovector_pointer(match)[0];
    end = pcre2_get_ovector_pointer(match)[1];
    return true;
  }

private:
  pcre2_code *code;
  pcre2_match_data *match;
};

class Scanner : public testing::TestWithParam<const char *> {
protected:
  Scanner() : oracle(GetParam()) {
    stage = llvm::cantFail(stageOfPattern("test", GetParam()));
  }

  void compare(const std::string &string) {
    auto *p = reinterpret_cast<const uint8_t *>(string.data());
    size_t at = 0, begin, end;
    while (oracle.find(string, at, begin, end)) {
      text::Match match;
      ASSERT_TRUE(text::findMatch(asset, stage, p + at, p + string.size(), match))
          << string;
      ASSERT_EQ(match.begin - p, ptrdiff_t(begin)) << testing::PrintToString(string);
      ASSERT_EQ(match.end - p, ptrdiff_t(end)) << testing::PrintToString(string);
      at = end;
    }
    text::Match match;
    EXPECT_FALSE(text::findMatch(asset, stage, p + at, p + string.size(), match));
  }

  Oracle oracle;
  text::Asset asset;
  text::Stage stage;
};

void append(std::string &string, uint32_t codePoint) {
  uint8_t bytes[4];
  string.append(reinterpret_cast<char *>(bytes),
                text::encodeUtf8(codePoint, bytes));
}

TEST_P(Scanner, AgreesWithTheExpression) {
  std::mt19937 random(11);
  // Characters of each class the patterns name, and their neighbours.
  const std::u32string common =
      U" \n\r\t'aAsStTdDmMlLrReEvV019.,!/-_\u00A0\u0085\u2028\u3000é\u0301ß"
      U"ǅʰªあ中ÀЯ١½Ⅷ²\u200B\u0903\u20DD\uFEFF😀\u017F🇫\u0000\u007F";
  for (int round = 0; round < 20000; ++round) {
    std::string string;
    for (int length = 1 + random() % 24; length; --length)
      append(string, common[random() % common.size()]);
    compare(string);
    if (HasFatalFailure())
      return;
  }
}

TEST_P(Scanner, AgreesOnEveryCharacter) {
  for (uint32_t c = 0; c < 0x110000; ++c) {
    // PCRE2 counts U+180E among white space, Unicode no longer does.
    if ((c >= 0xD800 && c < 0xE000) || c == 0x180E)
      continue;
    std::string string = "a ";
    append(string, c);
    append(string, c);
    string += "b";
    append(string, c);
    compare(string);
    if (HasFatalFailure())
      return;
  }
}

INSTANTIATE_TEST_SUITE_P(Patterns, Scanner, testing::ValuesIn(kPatterns));

} // namespace
