// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/support/Json.h"
#include <gtest/gtest.h>

using namespace llmc;

namespace {

std::string errorOf(llvm::StringRef text, const JsonLimits &limits = {}) {
  llvm::Expected<Json> json = parseJson(text, "x.json", limits);
  return json ? "" : llvm::toString(json.takeError());
}

TEST(Json, ReadsWhatIsStrict) {
  llvm::Expected<Json> json = parseJson(
      R"({"a": [1, -2, 3.5, true, null, "\u00e9"], "b": {"c": {}}})", "x.json");
  ASSERT_TRUE(bool(json));
  EXPECT_EQ((*json)["a"][5], "é");
  EXPECT_EQ((*json)["a"].size(), 6u);
  EXPECT_TRUE((*json)["b"]["c"].empty());
}

TEST(Json, SaysWhereItIsBroken) {
  EXPECT_EQ(errorOf("{\"a\": 1,\n \"a\": 2}"),
            "x.json: line 2, column 4: the key \"a\" stands here twice");
  EXPECT_EQ(errorOf("{\"a\\n\": 1, \"a\\n\": 2}"),
            "x.json: line 1, column 16: the key \"a\\n\" stands here twice");
  EXPECT_EQ(errorOf("[1,\n\n  nope]").find("x.json: line 3, column 4: "), 0u);
  EXPECT_NE(errorOf(""), "");
  EXPECT_NE(errorOf("[1,]"), "");
  EXPECT_NE(errorOf("{\"a\":1}{"), "");
  EXPECT_NE(errorOf("[1] // no comments"), "");
  EXPECT_NE(errorOf("[\"\\ud800\"]"), "");
  EXPECT_NE(errorOf("[\"\xC3\"]").find("UTF-8"), std::string::npos);
}

TEST(Json, KeepsNumbersInRange) {
  EXPECT_EQ(errorOf("[9223372036854775807, 18446744073709551615]"), "");
  EXPECT_NE(errorOf("[18446744073709551616]").find("64 bits"),
            std::string::npos);
  EXPECT_NE(errorOf("[-9223372036854775809]").find("64 bits"),
            std::string::npos);
  EXPECT_NE(errorOf("[1e999]"), "");
  EXPECT_EQ(errorOf("[1e300]"), "");
}

TEST(Json, LimitsDepthAndSize) {
  JsonLimits limits;
  limits.depth = 3;
  limits.bytes = 20;
  EXPECT_EQ(errorOf("[[[1]]]", limits), "");
  EXPECT_EQ(errorOf("[[[[1]]]]", limits),
            "x.json: line 1, column 4: nested deeper than 3");
  EXPECT_NE(errorOf("[\"aaaaaaaaaaaaaaaaaaaaaaaa\"]", limits), "");
  EXPECT_NE(errorOf(std::string(1000000, '[')), "");
}

class JsonFields : public testing::Test {
protected:
  JsonFields()
      : json(Json::parse(R"({"n": 16, "s": "sixteen", "f": 2.5, "whole": 64.0,
                  "minus": -3, "none": null, "t": true, "o": {"k": "v"},
                  "l": [1], "huge": 18446744073709551615})")),
        object(llvm::cantFail(JsonObject::get(json, "config.json"))) {}

  template <typename T> static std::string why(llvm::Expected<T> value) {
    return value ? "" : llvm::toString(value.takeError());
  }

  Json json;
  JsonObject object;
};

TEST_F(JsonFields, AreTyped) {
  EXPECT_EQ(llvm::cantFail(object.integer("n")), 16);
  EXPECT_EQ(llvm::cantFail(object.integer("whole")), 64);
  EXPECT_EQ(llvm::cantFail(object.integerOr("none", 5)), 5);
  EXPECT_EQ(llvm::cantFail(object.numberOr("f", 0)), 2.5);
  EXPECT_EQ(llvm::cantFail(object.booleanOr("t", false)), true);
  EXPECT_EQ(llvm::cantFail(object.stringOr("absent", "x")), "x");
  EXPECT_EQ(llvm::cantFail(llvm::cantFail(object.object("o")).string("k")), "v");
  EXPECT_EQ(llvm::cantFail(object.array("l"))->size(), 1u);
  EXPECT_FALSE(object.has("none"));
}

TEST_F(JsonFields, SayWhatIsAccepted) {
  EXPECT_EQ(why(object.integer("s")),
            "config.json: s is \"sixteen\", expected a positive integer");
  EXPECT_EQ(why(object.integer("minus")),
            "config.json: minus is -3, expected a positive integer");
  EXPECT_EQ(why(object.integer("n", 0, 15)),
            "config.json: n is 16, expected an integer from 0 to 15");
  EXPECT_EQ(why(object.integer("gone", 0)),
            "config.json: gone is missing, expected an integer, 0 or more");
  EXPECT_NE(why(object.integer("huge")), "");
  EXPECT_NE(why(object.integer("f")), "");
  EXPECT_EQ(why(object.booleanOr("n", true)),
            "config.json: n is 16, expected true or false");
  EXPECT_EQ(why(llvm::cantFail(object.object("o")).integer("k")),
            "config.json: o.k is \"v\", expected a positive integer");
  EXPECT_NE(why(object.array("o")), "");
  EXPECT_NE(why(object.object("l")), "");
  EXPECT_NE(why(JsonObject::get(json["l"], "config.json")), "");
  EXPECT_EQ(why(object.integer("\x1b[2J\n")),
            "config.json: ?[2J? is missing, expected a positive integer");
}

} // namespace
