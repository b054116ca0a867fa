// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/serve/api.h"

#include "gtest/gtest.h"

using namespace llmc::serve;

namespace {

TEST(Key, IsTheWholeKey) {
  EXPECT_TRUE(sameKey("secret", "secret"));
  for (const char *wrong : {"", "s", "secre", "secretx", "Secret", "secres",
                            "secretsecret"})
    EXPECT_FALSE(sameKey(wrong, "secret")) << wrong;
}

TEST(Key, StandsInTheAuthorization) {
  EXPECT_EQ(keyOf("Bearer abc"), "abc");
  EXPECT_EQ(keyOf("bearer abc"), "abc");
  EXPECT_EQ(keyOf("Basic eDpzZWNyZXQta2V5"), "secret-key"); // x:secret-key
  EXPECT_EQ(keyOf("Basic eDphOmI="), "a:b");
  for (const char *none :
       {"", "abc", "Bearer", "Digest abc", "Basic ????", "Basic eA=="})
    EXPECT_EQ(keyOf(none), "") << none;
}

TEST(Host, NamesThisMachine) {
  for (const char *own : {"localhost", "localhost:80", "127.0.0.1:8080",
                          "127.9.9.9", "[::1]", "[::1]:8080"})
    EXPECT_TRUE(isLoopbackName(own)) << own;
  for (const char *other : {"example.org", "localhost.example.org",
                            "127.0.0.1.example.org", "127.example.org:80",
                            "10.0.0.1", "[::2]:80", "localhost:80:"})
    EXPECT_FALSE(isLoopbackName(other)) << other;
}

TEST(RequestJson, IsReadStrictly) {
  EXPECT_EQ(parseJson(R"({"a":[1,{"b":2}]})")["a"][1]["b"], 2);
  auto nested = [](int depth) {
    return std::string(size_t(depth), '[') + std::string(size_t(depth), ']');
  };
  EXPECT_NO_THROW(parseJson(nested(64)));
  std::string keys;
  for (int i = 0; i < 1025; ++i)
    keys += (i ? ",\"k" : "\"k") + std::to_string(i) + "\":0";
  for (const std::string &bad :
       {nested(65), nested(1000000), std::string(R"({"a":1,"a":1})"),
        std::string("{"), std::string("{} {}"), std::string("\"\xff\""),
        std::string("1e999"), std::string("NaN"), "{" + keys + "}"})
    EXPECT_THROW(parseJson(bad), HttpError) << bad.substr(0, 60);
  EXPECT_NO_THROW(parseJson(R"([{"a":1},{"a":1}])"));
}

TEST(RequestJson, ErrorsHaveOpenAisForm) {
  Json body = Json::parse(errorBody(HttpError(429, "full", "", "queue_full")));
  EXPECT_EQ(body["error"]["message"], "full");
  EXPECT_EQ(body["error"]["type"], "rate_limit_error");
  EXPECT_TRUE(body["error"]["param"].is_null());
  EXPECT_EQ(body["error"]["code"], "queue_full");
}

} // namespace
