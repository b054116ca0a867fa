// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A model folder's text section, built and opened, with C++ calls for tests.
#ifndef LLMC_TEST_TEXT_MODEL_H
#define LLMC_TEST_TEXT_MODEL_H

#include "compiler/support/Json.h"
#include "compiler/text/TextAsset.h"
#include "llmc/text.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"
#include <gtest/gtest.h>

namespace llmc::test {

using Ids = std::vector<int32_t>;

inline std::string modelFolder(const std::string &name) {
  return LLMC_SOURCE_DIR "/test/models/" + name;
}

inline Json readTestJson(const std::string &path) {
  llvm::Expected<Json> json = readJsonFile(path);
  if (json)
    return std::move(*json);
  ADD_FAILURE() << llvm::toString(json.takeError());
  return {};
}

inline llmc_value *valueOf(llmc_values *pool, const Json &json) {
  if (json.is_null())
    return llmc_value_null(pool);
  if (json.is_boolean())
    return llmc_value_bool(pool, json.get<bool>());
  if (json.is_number_integer())
    return llmc_value_int(pool, json.get<int64_t>());
  if (json.is_number())
    return llmc_value_double(pool, json.get<double>());
  if (json.is_string()) {
    const auto &s = json.get_ref<const std::string &>();
    return llmc_value_string(pool, s.data(), s.size());
  }
  bool isList = json.is_array();
  llmc_value *made = isList ? llmc_value_list(pool) : llmc_value_map(pool);
  for (const auto &[key, item] : json.items())
    made = isList ? llmc_value_append(pool, made, valueOf(pool, item))
                  : llmc_value_set(pool, made, key.data(), key.size(),
                                   valueOf(pool, item));
  return made;
}

/// A folder of text files that is gone with the test.
class Folder {
public:
  Folder() { llvm::sys::fs::createUniqueDirectory("llmc-text", path); }
  ~Folder() { llvm::sys::fs::remove_directories(path); }
  Folder &put(const char *name, const std::string &content) {
    llvm::SmallString<128> file(path);
    llvm::sys::path::append(file, name);
    std::error_code error;
    llvm::raw_fd_ostream(file, error) << content;
    return *this;
  }
  std::string error() {
    auto asset = buildTextAsset(path);
    return asset ? "" : llvm::toString(asset.takeError());
  }
  llvm::SmallString<128> path;
};

class TextModel {
public:
  explicit TextModel(const std::string &folder) {
    llvm::Expected<TextAsset> built = buildTextAsset(folder);
    if (!built) {
      ADD_FAILURE() << llvm::toString(built.takeError());
      return;
    }
    asset = std::move(*built);
    open(asset.bytes);
  }
  explicit TextModel(const std::vector<uint8_t> &bytes) { open(bytes); }
  ~TextModel() { llmc_text_close(text); }

  Ids encode(const std::string &string, bool special) {
    int32_t *ids = nullptr;
    size_t count = 0;
    status = llmc_text_encode(text, string.data(), string.size(), special, &ids,
                              &count, &message);
    Ids out(ids, ids + count);
    llmc_text_free(ids);
    return out;
  }
  std::string decode(const Ids &ids, bool skipSpecial) {
    char *string = nullptr;
    size_t length = 0;
    status = llmc_text_decode(text, ids.data(), ids.size(), skipSpecial,
                              &string, &length, &message);
    std::string out(string ? string : "", length);
    llmc_text_free(string);
    return out;
  }
  /// The text, or "ERROR " and the message.
  std::string render(const Json &variables,
                     const llmc_template_limits *limits = nullptr) {
    llmc_values *pool = llmc_values_open();
    char *string = nullptr;
    size_t length = 0;
    status = llmc_text_template(text, valueOf(pool, variables), limits, &string,
                                &length, &message);
    std::string out = status ? std::string("ERROR ") + message.text
                             : std::string(string, length);
    llmc_text_free(string);
    llmc_values_close(pool);
    return out;
  }

  TextAsset asset;
  llmc_text *text = nullptr;
  llmc_text_status status = LLMC_TEXT_OK;
  llmc_text_message message = {};

private:
  void open(const std::vector<uint8_t> &bytes) {
    status = llmc_text_open(bytes.data(), bytes.size(), &text, &message);
  }
};

} // namespace llmc::test

#endif // LLMC_TEST_TEXT_MODEL_H
