// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The only reader of JSON files: text in, nlohmann::json out, or an error that
// names file, line and column. Stricter than the library it stands on: depth
// and size are limited, duplicate keys and integers beyond 64 bits refused,
// invalid UTF-8 refused. Typed access names the file, the key and what is
// accepted, so that importers need no checks of their own.
#ifndef LLMC_SUPPORT_JSON_H
#define LLMC_SUPPORT_JSON_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>

namespace llmc {

using Json = nlohmann::json;

struct JsonLimits {
  unsigned depth = 64;               ///< nested arrays and objects
  /// Size of the text: more than any tokenizer.json has (Gemma's: 34 MB), and
  /// so little that no value takes 2 GiB (the worst is a list of `{}`).
  uint64_t bytes = uint64_t(48) << 20;
};

/// Parses `text`; errors read `name: line 3, column 7: ...` (columns in bytes).
llvm::Expected<Json> parseJson(llvm::StringRef text, llvm::StringRef name,
                               const JsonLimits &limits = {});

/// Reads and parses the file at `path`; errors begin with the path.
llvm::Expected<Json> readJsonFile(llvm::StringRef path,
                                  const JsonLimits &limits = {});

/// A message that quotes input (names, keys, paths): each control character,
/// line breaks too, becomes '?', so that it is one line and harmless to a terminal.
std::string oneLine(const llvm::Twine &message);

/// `value` as short one-line JSON for a message (at most 40 bytes).
std::string describeJson(const Json &value);

/// A view of one JSON object that knows where it stands: the file's name and
/// the path of keys to it. The Json value must outlive the view. A key whose
/// value is null counts as absent. `xOr` returns `fallback` where absent.
class JsonObject {
public:
  static constexpr int64_t kMaxInt = std::numeric_limits<int64_t>::max();

  /// Fails where `value` is not an object.
  static llvm::Expected<JsonObject> get(const Json &value, llvm::StringRef file,
                                        llvm::StringRef path = "");

  bool has(llvm::StringRef key) const { return find(key) != nullptr; }
  /// The value of `key`; nullptr where absent or null.
  const Json *find(llvm::StringRef key) const;
  const Json &json() const { return *value; }
  const std::string &file() const { return fileName; }

  llvm::Expected<int64_t> integer(llvm::StringRef key, int64_t min = 1,
                                  int64_t max = kMaxInt) const;
  llvm::Expected<int64_t> integerOr(llvm::StringRef key, int64_t fallback,
                                    int64_t min = 1,
                                    int64_t max = kMaxInt) const;
  llvm::Expected<double> number(llvm::StringRef key) const;
  llvm::Expected<double> numberOr(llvm::StringRef key, double fallback) const;
  llvm::Expected<bool> booleanOr(llvm::StringRef key, bool fallback) const;
  llvm::Expected<std::string> string(llvm::StringRef key) const;
  llvm::Expected<std::string> stringOr(llvm::StringRef key,
                                       llvm::StringRef fallback) const;
  llvm::Expected<JsonObject> object(llvm::StringRef key) const;
  /// The array at `key`; never null on success.
  llvm::Expected<const Json *> array(llvm::StringRef key) const;

  /// `FILE: path.key is VALUE, expected EXPECTED`, or `... is missing, ...`.
  llvm::Error error(llvm::StringRef key, const llvm::Twine &expected) const;

private:
  JsonObject(const Json &value, llvm::StringRef file, llvm::StringRef path)
      : value(&value), fileName(file.str()), path(path.str()) {}
  std::string pathOf(llvm::StringRef key) const;

  const Json *value;
  std::string fileName;
  std::string path;
};

} // namespace llmc

#endif // LLMC_SUPPORT_JSON_H
