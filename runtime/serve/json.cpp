// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/serve/json.h"

#include <set>
#include <vector>

namespace llmc::serve {

Json parseJson(std::string_view text) {
  std::vector<std::set<std::string>> keys; // of the open objects
  auto check = [&](int depth, Json::parse_event_t event, Json &parsed) {
    using Event = Json::parse_event_t;
    if ((event == Event::object_start || event == Event::array_start) &&
        depth >= kMaxDepth)
      throw HttpError(400, "the body is nested deeper than " +
                               std::to_string(kMaxDepth));
    if (event == Event::object_start)
      keys.emplace_back();
    if (event == Event::object_end)
      keys.pop_back();
    if (event == Event::key) {
      const auto &key = parsed.get_ref<const std::string &>();
      if (!keys.back().insert(key).second)
        throw HttpError(400, "the body has the key '" + key.substr(0, 60) +
                                 "' twice in one object");
      if (keys.back().size() > kMaxKeys)
        throw HttpError(400, "the body has an object of more than " +
                                 std::to_string(kMaxKeys) + " keys");
    }
    return true;
  };
  try {
    return Json::parse(text.begin(), text.end(), check);
  } catch (const Json::exception &error) {
    std::string what = error.what(); // [json.exception.NAME.NUMBER] reason
    throw HttpError(400,
                    "the body is not JSON: " + what.substr(what.find("] ") + 2));
  }
}

std::string dump(const Json &json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

static const char *typeOf(int status) {
  switch (status) {
  case 401:
  case 403:
    return "authentication_error";
  case 429:
    return "rate_limit_error";
  default:
    return status >= 500 ? "server_error" : "invalid_request_error";
  }
}

std::string errorBody(const HttpError &error) {
  auto textOrNull = [](const std::string &text) {
    return text.empty() ? Json() : Json(text);
  };
  return dump({{"error",
                {{"message", error.what()},
                 {"type", typeOf(error.status)},
                 {"param", textOrNull(error.param)},
                 {"code", textOrNull(error.code)}}}});
}

} // namespace llmc::serve
