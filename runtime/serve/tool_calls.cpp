// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/serve/tool_calls.h"
#include "runtime/serve/stop_filter.h"

#include <algorithm>

namespace llmc::serve {

static const std::string_view kOpen = "<tool_call>", kClose = "</tool_call>";
static const std::string_view kMarks[] = {kOpen, "[TOOL_CALLS]",
                                          "<|python_tag|>"};
static const char kSpace[] = " \t\r\n";

static std::string_view trim(std::string_view text) {
  size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos)
    return {};
  return text.substr(begin, text.find_last_not_of(kSpace) + 1 - begin);
}

static bool take(std::string_view &text, std::string_view prefix) {
  bool found = text.substr(0, prefix.size()) == prefix;
  if (found)
    text.remove_prefix(prefix.size());
  return found;
}

std::string ToolCallReader::push(std::string_view piece) {
  kept += piece;
  if (call)
    return {};
  // White space before the first character waits with it.
  size_t first = kept.find_first_not_of(kSpace);
  if (!begun && first == std::string::npos)
    return {};
  if (!begun && (kept[first] == '{' || kept[first] == '[')) {
    call = true;
    return {};
  }
  size_t certain = kept.size();
  for (std::string_view mark : kMarks) {
    size_t at = kept.find(mark);
    call |= at != std::string::npos;
    size_t begun = kept.size() - begunLength(kept, mark);
    certain = std::min(certain, std::min(at, begun));
  }
  if (!begun && certain <= first)
    return {};
  begun = true;
  std::string text = kept.substr(0, certain);
  kept.erase(0, certain);
  return text;
}

bool ToolCallReader::readCall(const Json &json,
                              std::vector<ToolCall> &calls) const {
  if (!json.is_object())
    return false;
  if (json.contains("function") && json["function"].is_object())
    return readCall(json["function"], calls);
  const Json *arguments = nullptr;
  for (const char *key : {"arguments", "parameters"})
    if (json.contains(key))
      arguments = &json[key];
  if (!json.contains("name") || !json["name"].is_string() || !arguments ||
      !arguments->is_object())
    return false;
  auto name = json["name"].get<std::string>();
  if (std::find(names.begin(), names.end(), name) == names.end())
    return false;
  calls.push_back({std::move(name), *arguments});
  return true;
}

bool ToolCallReader::readJson(std::string_view text,
                              std::vector<ToolCall> &calls) const {
  Json json;
  try {
    json = parseJson(trim(text));
  } catch (const HttpError &) {
    return false;
  }
  if (!json.is_array())
    return readCall(json, calls);
  return !json.empty() &&
         std::all_of(json.begin(), json.end(),
                     [&](const Json &one) { return readCall(one, calls); });
}

bool ToolCallReader::readAll(std::string_view text,
                             std::vector<ToolCall> &calls) const {
  text = trim(text);
  if (take(text, "[TOOL_CALLS]") || take(text, "<|python_tag|>"))
    return readJson(text, calls);
  if (text.substr(0, kOpen.size()) != kOpen)
    return readJson(text, calls);
  while (take(text, kOpen)) {
    size_t end = text.find(kClose);
    if (!readJson(text.substr(0, end), calls))
      return false;
    text.remove_prefix(end == std::string_view::npos ? text.size()
                                                     : end + kClose.size());
    text = trim(text);
  }
  return text.empty();
}

std::vector<ToolCall> ToolCallReader::finish(std::string &text) {
  std::vector<ToolCall> calls;
  if (!call || !readAll(kept, calls))
    calls.clear();
  text = calls.empty() ? std::move(kept) : std::string();
  kept.clear();
  return calls;
}

} // namespace llmc::serve
