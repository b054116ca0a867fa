// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the files beside a model.onnx say that its graph does not: config.json
// of Hugging Face, genai_config.json of ONNX Runtime GenAI.
#include "compiler/import/OnnxModel.h"

#include "compiler/support/Json.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace llvm;

namespace llmc {

/// `key` of the file `name`, or of an object in it; nullopt where it is not
/// there.
static Expected<std::optional<int64_t>> readInteger(StringRef folder,
                                                    StringRef name,
                                                    StringRef object,
                                                    StringRef key) {
  SmallString<256> path(folder);
  sys::path::append(path, name);
  if (!sys::fs::exists(path))
    return std::nullopt;
  Expected<Json> json = readJsonFile(path);
  if (!json)
    return json.takeError();
  Expected<JsonObject> config = JsonObject::get(*json, path);
  if (config && !object.empty()) {
    if (!config->has(object))
      return std::nullopt;
    config = config->object(object);
  }
  if (!config)
    return config.takeError();
  if (!config->has(key))
    return std::nullopt;
  Expected<int64_t> value = config->integer(key, 1, INT32_MAX);
  if (!value)
    return value.takeError();
  return *value;
}

Expected<int64_t> readOnnxContext(StringRef folder) {
  auto stated = readInteger(folder, "config.json", "", "max_position_embeddings");
  if (!stated)
    return stated.takeError();
  if (!*stated)
    stated = readInteger(folder, "genai_config.json", "model", "context_length");
  if (!stated)
    return stated.takeError();
  return stated->value_or(0);
}

} // namespace llmc
