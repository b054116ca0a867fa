// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/import/Checkpoint.h"
#include "compiler/support/Json.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace llvm;

namespace llmc {

static constexpr StringLiteral kSingleFile = "model.safetensors";
static constexpr StringLiteral kIndexFile = "model.safetensors.index.json";

static std::string pathIn(StringRef folder, StringRef file) {
  SmallString<256> path(folder);
  sys::path::append(path, file);
  return path.str().str();
}

/// Whether `name` stays inside the folder whatever lies there: relative, no
/// step upwards, no control characters (a NUL would cut the name short).
static bool isInside(StringRef name) {
  if (name.empty() || name.size() > 255 || sys::path::is_absolute(name) ||
      any_of(name, [](char c) { return c >= 0 && c < 32; }))
    return false;
  SmallVector<StringRef> parts;
  name.split(parts, '/');
  return none_of(parts, [](StringRef part) {
    return part.empty() || part == "." || part == "..";
  });
}

/// Adds the tensors of `file`; where `wanted` is given, those of its names.
static Error addFile(Checkpoint &checkpoint, StringRef file,
                     const std::vector<StringRef> *wanted) {
  std::string path = pathIn(checkpoint.folder, file);
  Expected<std::vector<SafetensorsTensor>> tensors = readSafetensors(path);
  if (!tensors)
    return tensors.takeError();
  std::map<StringRef, SafetensorsTensor *> byName;
  for (SafetensorsTensor &tensor : *tensors)
    byName[tensor.name] = &tensor;
  std::vector<StringRef> all;
  if (!wanted) {
    for (const auto &[name, tensor] : byName)
      all.push_back(name);
    wanted = &all;
  }
  for (StringRef name : *wanted) {
    auto found = byName.find(name);
    if (found == byName.end())
      return createStringError(inconvertibleErrorCode(),
                               path + ": tensor " + printableName(name) +
                                   " is missing, but " + kIndexFile +
                                   " says that it is here");
    checkpoint.tensors.emplace(name.str(),
                               CheckpointTensor{file.str(), *found->second});
  }
  return Error::success();
}

static Error addShards(Checkpoint &checkpoint) {
  Expected<Json> json = readJsonFile(checkpoint.source);
  if (!json)
    return json.takeError();
  Expected<JsonObject> index = JsonObject::get(*json, checkpoint.source);
  if (!index)
    return index.takeError();
  Expected<JsonObject> map = index->object("weight_map");
  if (!map)
    return map.takeError();
  std::map<StringRef, std::vector<StringRef>> shards;
  for (const auto &[name, value] :
       map->json().get_ref<const Json::object_t &>()) {
    const auto *file = value.get_ptr<const Json::string_t *>();
    if (!file || !isInside(*file))
      return createStringError(
          inconvertibleErrorCode(),
          checkpoint.source + ": weight_map of tensor " + printableName(name) +
              " is " + describeJson(value) +
              ", expected a file inside the model's folder");
    shards[*file].push_back(name);
  }
  for (const auto &[file, names] : shards)
    if (Error error = addFile(checkpoint, file, &names))
      return error;
  return Error::success();
}

const CheckpointTensor *Checkpoint::find(StringRef name) const {
  auto found = tensors.find(name);
  return found == tensors.end() ? nullptr : &found->second;
}

Expected<Checkpoint> openCheckpoint(StringRef folder) {
  Checkpoint checkpoint;
  checkpoint.folder = folder.str();
  checkpoint.source = pathIn(folder, kSingleFile);
  if (sys::fs::exists(checkpoint.source)) {
    if (Error error = addFile(checkpoint, kSingleFile, nullptr))
      return std::move(error);
    return checkpoint;
  }
  checkpoint.source = pathIn(folder, kIndexFile);
  if (!sys::fs::exists(checkpoint.source))
    return createStringError(inconvertibleErrorCode(),
                             folder + ": neither " + kSingleFile + " nor " +
                                 kIndexFile +
                                 " is there; weights are read "
                                 "from safetensors only");
  if (Error error = addShards(checkpoint))
    return std::move(error);
  return checkpoint;
}

} // namespace llmc
