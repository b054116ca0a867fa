// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Request bodies as JSON, read strictly: UTF-8, no key twice in an object,
// bounded nesting and object size. What a client did wrong is an HttpError.
#ifndef LLMC_RUNTIME_SERVE_JSON_H
#define LLMC_RUNTIME_SERVE_JSON_H

#include <nlohmann/json.hpp>

#include <stdexcept>
#include <string>
#include <string_view>

namespace llmc::serve {

using Json = nlohmann::ordered_json;

/// An answer other than 200, in OpenAI's error form.
struct HttpError : std::runtime_error {
  HttpError(int status, const std::string &message, std::string param = {},
            std::string code = {})
      : std::runtime_error(message), status(status), param(std::move(param)),
        code(std::move(code)) {}
  int status;
  std::string param, code;
};

constexpr int kMaxDepth = 64;
constexpr size_t kMaxKeys = 1024; // in one object

/// Throws HttpError 400.
Json parseJson(std::string_view text);

/// Compact, ill-formed UTF-8 replaced.
std::string dump(const Json &json);

/// {"error": {"message", "type", "param", "code"}}.
std::string errorBody(const HttpError &error);

} // namespace llmc::serve

#endif
