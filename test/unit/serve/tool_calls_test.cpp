// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/serve/tool_calls.h"

#include "gtest/gtest.h"

using namespace llmc::serve;

namespace {

struct Read {
  std::string text, calls; // calls: name(arguments) one after the other
};

Read read(const std::string &answer, size_t step) {
  ToolCallReader reader({"weather", "add"});
  Read got;
  for (size_t i = 0; i < answer.size(); i += step)
    got.text += reader.push(answer.substr(i, step));
  std::string rest;
  for (const ToolCall &call : reader.finish(rest))
    got.calls += call.name + "(" + dump(call.arguments) + ")";
  got.text += rest;
  return got;
}

void expect(const std::string &answer, const std::string &text,
            const std::string &calls) {
  for (size_t step : {1, 2, 3, 7, 1000}) {
    Read got = read(answer, step);
    EXPECT_EQ(got.text, text) << answer;
    EXPECT_EQ(got.calls, calls) << answer;
  }
}

TEST(ToolCalls, OfTheFamilies) {
  const char *want = R"(weather({"city":"Rome"}))";
  expect(R"({"name": "weather", "parameters": {"city": "Rome"}})", "", want);
  expect("<|python_tag|>{\"name\": \"weather\", \"parameters\": {\"city\": \"Rome\"}}",
         "", want);
  expect("\n\n{\"type\": \"function\", \"function\": {\"name\": \"weather\", "
         "\"parameters\": {\"city\": \"Rome\"}}}\n",
         "", want);
  expect("<tool_call>\n{\"name\": \"weather\", \"arguments\": {\"city\": \"Rome\"}}\n"
         "</tool_call>",
         "", want);
  expect("I look.\n<tool_call>{\"name\": \"weather\", \"arguments\": {\"city\": \"Rome\"}}"
         "</tool_call>\n<tool_call>{\"name\": \"add\", \"arguments\": {}}</tool_call>",
         "I look.\n", std::string(want) + "add({})");
  expect("[TOOL_CALLS] [{\"name\": \"add\", \"arguments\": {\"a\": [1, {}]}}]", "",
         R"(add({"a":[1,{}]}))");
  expect(R"([{"name": "add", "arguments": {}}, {"name": "add", "arguments": {}}])",
         "", "add({})add({})");
}

TEST(ToolCalls, OtherTextStaysAsItIs) {
  for (const char *text :
       {"", " ", "Hello.", "  Hello <b>", "a < b <tool", "{", "{}", "[]", "{\"a\": 1}",
        R"({"name": "other", "parameters": {}})",       // no tool of the request
        R"({"name": "weather", "parameters": "Rome"})", // no object
        R"({"name": "weather", "parameters": {})",      // cut off
        "<tool_call>{\"name\": \"add\", \"arguments\": {}}</tool_call> and so on",
        "<tool_call>", "Use {\"name\": \"add\", \"arguments\": {}}", "[TOOL_CALLS]"})
    expect(text, text, "");
}

TEST(ToolCalls, TextIsNotHeldBack) {
  ToolCallReader reader({"add"});
  EXPECT_EQ(reader.push(" "), "");
  EXPECT_EQ(reader.push("Hi"), " Hi");
  EXPECT_EQ(reader.push(" {"), " {");
  EXPECT_EQ(reader.push("a <to"), "a ");
  EXPECT_EQ(reader.push("es"), "<toes");
}

} // namespace
