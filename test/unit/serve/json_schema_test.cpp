// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/serve/grammar/constraint.h"
#include "runtime/serve/grammar/json_schema.h"

#include "gtest/gtest.h"

#include <math.h>

using namespace llmc::serve;

namespace {

bool matches(const Grammar &grammar, std::string_view text) {
  Matcher matcher(grammar);
  return matcher.push(text) && matcher.mayEnd();
}

// Every text of `good`, none of `bad`.
void expectTexts(const char *schema, std::vector<const char *> good,
                 std::vector<const char *> bad) {
  auto grammar = compileSchema(parseJson(schema));
  for (const char *text : good)
    EXPECT_TRUE(matches(*grammar, text)) << schema << " " << text;
  for (const char *text : bad)
    EXPECT_FALSE(matches(*grammar, text)) << schema << " " << text;
}

void expectRefused(const char *schema, const char *why) {
  try {
    compileSchema(parseJson(schema));
    ADD_FAILURE() << schema << " was accepted";
  } catch (const HttpError &error) {
    EXPECT_EQ(error.status, 400);
    EXPECT_EQ(error.param, "response_format");
    EXPECT_NE(std::string(error.what()).find(why), std::string::npos)
        << error.what();
  }
}

TEST(JsonSchema, Scalars) {
  expectTexts(R"({"type":"integer"})", {"0", "-0", "12", "-7"},
              {"", "-", "01", "1.0", "1e2", "+1", " 1"});
  expectTexts(R"({"type":"number"})", {"0", "-1.5", "2e10", "0.5E-3"},
              {".5", "1.", "1e", "00"});
  expectTexts(R"({"type":"boolean"})", {"true", "false"}, {"True", "tru"});
  expectTexts(R"({"type":["null","integer"]})", {"null", "3"}, {"\"3\""});
  expectTexts(R"({"enum":["a\"b",1,null,[1]]})",
              {"\"a\\\"b\"", "1", "null", "[1]"}, {"2", "\"a\""});
  expectTexts(R"({"const":"x"})", {"\"x\""}, {"\"y\""});
}

TEST(JsonSchema, Strings) {
  expectTexts(R"({"type":"string"})",
              {R"("")", R"("a\n\u00e9")", "\"\xc3\xa9\xf0\x9f\xa6\x8a\""},
              {"\"\n\"", R"("\x")", R"("\ud800")", "\"\xc3\"", "\"\xff\"",
               "\"\xc0\x80\"", "\"\xed\xa0\x80\"", "\"a"});
  expectTexts(R"({"type":"string","minLength":2,"maxLength":3})",
              {R"("ab")", R"("a\n\n")", "\"\xc3\xa9\xc3\xa9\""},
              {R"("a")", R"("abcd")"});
}

TEST(JsonSchema, Arrays) {
  expectTexts(R"({"type":"array","items":{"type":"null"}})",
              {"[]", "[null]", "[null, null,null]"}, {"[1]", "[null,]"});
  expectTexts(R"({"type":"array","items":{"type":"null"},"minItems":2,)"
              R"("maxItems":3})",
              {"[null,null]", "[null,null,null]"},
              {"[]", "[null]", "[null,null,null,null]"});
  expectTexts(R"({"type":"array","maxItems":0})", {"[]"}, {"[1]"});
}

TEST(JsonSchema, Objects) {
  const char *schema =
      R"({"type":"object","properties":{"a":{"type":"null"},)"
      R"("b":{"type":"null"},"c":{"type":"null"}},"required":["b"]})";
  expectTexts(schema,
              {R"({"b":null})", R"({"a":null,"b":null})",
               "{\n  \"b\": null,\n  \"c\": null\n}"},
              {"{}", R"({"a":null})", R"({"b":null,"a":null})",
               R"({"b":null,"d":null})", R"({"b":null,"b":null})",
               R"({,"b":null})", R"({"b":null,})"});
  expectTexts(R"({"type":"object","additionalProperties":{"type":"null"}})",
              {"{}", R"({"x":null,"y":null})"}, {R"({"x":1})"});
  expectTexts(R"({"type":"object","properties":{},)"
              R"("additionalProperties":false})",
              {"{}"}, {R"({"x":1})"});
}

TEST(JsonSchema, References) {
  expectTexts(R"({"type":"object","properties":{"v":{"type":"null"},)"
              R"("next":{"anyOf":[{"$ref":"#"},{"type":"null"}]}},)"
              R"("required":["next"]})",
              {R"({"next":null})", R"({"next":{"v":null,"next":null}})"},
              {R"({"next":{}})"});
  expectTexts(R"({"$ref":"#/$defs/t","$defs":{"t":{"type":"null"}}})",
              {"null"}, {"1"});
}

TEST(JsonSchema, RefusesWhatItCannotKeep) {
  expectRefused(R"({"type":"string","pattern":"a"})", "'pattern'");
  expectRefused(R"({"type":"integer","minimum":1})", "'minimum'");
  expectRefused(R"({"type":"string","format":"date"})", "'format'");
  expectRefused(R"({"oneOf":[{"type":"null"}]})", "'oneOf'");
  expectRefused(R"({"not":{}})", "'not'");
  expectRefused(R"({"type":"float"})", "float");
  expectRefused(R"({"type":"string","minLength":3,"maxLength":2})", "below");
  expectRefused(R"({"type":"string","maxLength":1e9})", "maxLength");
  expectRefused(R"({"type":"object","required":["x"]})", "'required'");
  expectRefused(R"({"$ref":"#"})", "itself");
  expectRefused(R"({"$ref":"#/x"})", "nowhere");
  expectRefused(R"({"anyOf":[{"type":"null"},{"$ref":"#"}]})", "itself");
  expectRefused("3", "object");
  expectRefused(R"({"type":"array","maxItems":2000,"items":{"type":"array",)"
                R"("maxItems":2000,"items":{"type":"string","maxLength":2000}},)"
                R"("minItems":2001})",
                "minItems");
}

// A schema that multiplies itself out is refused or matched in little time.
TEST(JsonSchema, BoundsTheWork) {
  std::string definitions;
  for (int i = 0; i < 200; ++i) {
    std::string next = R"({"$ref":"#/$defs/d)" + std::to_string(i + 1) + "\"}";
    definitions += (i ? "," : "") + std::string("\"d") + std::to_string(i) +
                   R"(":{"anyOf":[)" + next + "," + next + "]}";
  }
  std::string schema = R"({"$ref":"#/$defs/d0","$defs":{)" + definitions +
                       R"(,"d200":{"type":"null"}}})";
  try {
    matches(*compileSchema(parseJson(schema)), "null");
  } catch (const HttpError &error) {
    EXPECT_EQ(error.status, 400);
  }
  std::string deep;
  for (int i = 0; i < 100000; ++i)
    deep += "[";
  auto any = compileSchema(parseJson("true"));
  EXPECT_FALSE(matches(*any, deep));
}

TEST(JsonSchema, AnyObject) {
  auto grammar = anyObjectGrammar();
  EXPECT_TRUE(matches(*grammar, R"({"a": [1, {"b": null}], "c": "d"})"));
  EXPECT_FALSE(matches(*grammar, "[]"));
}

TEST(Constraint, AllowsTokensThatGoOn) {
  Vocabulary words({"{", "{\"", "a", "\":", "\"", ":", "1", "12", "}", "x}",
                    "<end>", "", "1}"});
  auto isEnd = [](int32_t id) { return id == 10; };
  Constraint constraint(
      compileSchema(parseJson(
          R"({"type":"object","properties":{"a":{"const":1}},)"
          R"("required":["a"]})")),
      words);
  auto allowed = [&] {
    std::vector<float> logits(words.size(), 0);
    constraint.mask(logits.data(), isEnd);
    std::vector<int> ids;
    for (size_t i = 0; i < logits.size(); ++i)
      if (!isinf(logits[i]))
        ids.push_back(int(i));
    return ids;
  };
  using Ids = std::vector<int>;
  EXPECT_EQ(allowed(), (Ids{0, 1}));
  EXPECT_TRUE(constraint.push(1));
  EXPECT_EQ(allowed(), (Ids{2}));
  EXPECT_TRUE(constraint.push(2));
  EXPECT_EQ(allowed(), (Ids{3, 4}));
  EXPECT_TRUE(constraint.push(3));
  EXPECT_EQ(allowed(), (Ids{6, 12}));
  EXPECT_FALSE(constraint.push(12)); // whole
}

} // namespace
