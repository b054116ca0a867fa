// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tool calls in an answer's text, in the forms that model families are trained
// to write, told apart from plain text as it streams:
//   Llama 3.1      {"name": "f", "parameters": {...}}, after <|python_tag|> or not
//   Qwen, Hermes   <tool_call>{"name": "f", "arguments": {...}}</tool_call>, several
//   Mistral        [TOOL_CALLS] or nothing, then [{"name": "f", "arguments": {...}}]
// What is none of these, or calls no tool of the request, stays text.
#ifndef LLMC_RUNTIME_SERVE_TOOL_CALLS_H
#define LLMC_RUNTIME_SERVE_TOOL_CALLS_H

#include "runtime/serve/json.h"

#include <vector>

namespace llmc::serve {

struct ToolCall {
  std::string name;
  Json arguments; // an object
};

class ToolCallReader {
public:
  /// The names of the request's tools.
  explicit ToolCallReader(std::vector<std::string> names)
      : names(std::move(names)) {}
  /// The text that is certainly no part of a call.
  std::string push(std::string_view piece);
  /// At the end: the calls, and the text that was held back and is none.
  std::vector<ToolCall> finish(std::string &text);

private:
  bool readAll(std::string_view text, std::vector<ToolCall> &calls) const;
  bool readJson(std::string_view text, std::vector<ToolCall> &calls) const;
  bool readCall(const Json &json, std::vector<ToolCall> &calls) const;

  const std::vector<std::string> names;
  std::string kept;
  bool begun = false; // text other than white space was given
  bool call = false;  // `kept` begins what may be a call
};

} // namespace llmc::serve

#endif
