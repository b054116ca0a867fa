// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Canonical composition against utf8proc; UTF-8 parts at the borders.
#include "runtime/text/unicode.h"
#include <gtest/gtest.h>
#include <random>
#include <utf8proc.h>

using namespace llmc::text;

namespace {

std::string nfc(const std::string &string) {
  Array<uint8_t> out;
  composeNfc(reinterpret_cast<const uint8_t *>(string.data()), string.size(),
             out);
  return std::string(out.begin(), out.end());
}

std::string oracle(const std::string &string) {
  utf8proc_uint8_t *out = nullptr;
  auto size = utf8proc_map(
      reinterpret_cast<const utf8proc_uint8_t *>(string.data()),
      utf8proc_ssize_t(string.size()), &out,
      utf8proc_option_t(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
  std::string result(reinterpret_cast<char *>(out), size_t(size));
  free(out);
  return result;
}

void append(std::string &string, uint32_t c) {
  uint8_t bytes[4];
  string.append(reinterpret_cast<char *>(bytes), encodeUtf8(c, bytes));
}

TEST(Nfc, EveryCharacter) {
  for (uint32_t c = 0; c < 0x110000; ++c) {
    // Marks that are newer than the tables (Unicode 14) are no marks there.
    if ((c >= 0xD800 && c < 0xE000) ||
        (classOf(c) == kOther && utf8proc_get_property(int32_t(c))->combining_class))
      continue;
    for (uint32_t mark : {0u, 0x301u, 0x345u, 0x1161u}) {
      std::string string = "a";
      append(string, c);
      if (mark)
        append(string, mark);
      ASSERT_EQ(nfc(string), oracle(string)) << std::hex << c << " " << mark;
    }
  }
}

TEST(Nfc, RandomMarks) {
  std::mt19937 random(2);
  const uint32_t some[] = {'a',   'o',   0xE9,   0x300,  0x301,  0x307,
                           0x323, 0x327, 0x345,  0x3B1,  0x1E0A, 0x1100,
                           0x1161, 0x11A8, 0xAC00, 0x212B, 0x0F71, 0x0F72,
                           0x0344, 0x1F71, ' ',   0x4E00, 0x1D15E, 0x0BC7,
                           0x0BBE};
  for (int round = 0; round < 20000; ++round) {
    std::string string;
    for (int length = random() % 12; length; --length)
      append(string, some[random() % 25]);
    ASSERT_EQ(nfc(string), oracle(string));
  }
}

TEST(Nfc, LongRunsOfMarksAreLinear) {
  // Sorting these by comparison of neighbours would take hours.
  std::string string = "a";
  for (int i = 0; i < 300000; ++i)
    append(string, i % 2 ? 0x301 : 0x323);
  EXPECT_EQ(nfc(string).size(), string.size() - 1 - 2 + 3);
}

TEST(Utf8, Parts) {
  auto part = [](const char *bytes, unsigned &length) {
    auto *p = reinterpret_cast<const uint8_t *>(bytes);
    return classifyUtf8(p, p + strlen(bytes), length);
  };
  unsigned n;
  EXPECT_TRUE(part("\xF0\x9F\x98\x80", n) == Utf8Part::Whole && n == 4);
  EXPECT_TRUE(part("\xF0\x9F\x98", n) == Utf8Part::Prefix && n == 3);
  EXPECT_TRUE(part("\xF0\x9F\x41", n) == Utf8Part::Invalid && n == 2);
  EXPECT_TRUE(part("\xE0\x80\x80", n) == Utf8Part::Invalid && n == 1);
  EXPECT_TRUE(part("\xED\xA0\x80", n) == Utf8Part::Invalid && n == 1);
  EXPECT_TRUE(part("\xF4\x90\x80\x80", n) == Utf8Part::Invalid && n == 1);
  EXPECT_TRUE(part("\xC0\x80", n) == Utf8Part::Invalid && n == 1);
  EXPECT_TRUE(part("\x80", n) == Utf8Part::Invalid && n == 1);
}

TEST(Case, OneToOne) {
  EXPECT_EQ(toUpper(U'é'), uint32_t(U'É'));
  EXPECT_EQ(toLower(U'Я'), uint32_t(U'я'));
  EXPECT_EQ(toUpper(U'ß'), uint32_t(U'ß')); // SS is two characters
  EXPECT_EQ(toLower(U'İ'), uint32_t(U'İ'));
  for (uint32_t c = 0; c < 128; ++c) {
    EXPECT_EQ(toUpper(c), uint32_t(toupper(int(c))));
    EXPECT_EQ(toLower(c), uint32_t(tolower(int(c))));
  }
}

} // namespace
