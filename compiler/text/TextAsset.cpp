// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/text/TextAsset.h"
#include "compiler/support/Json.h"
#include "compiler/support/MappedFile.h"
#include "compiler/text/SentencePiece.h"
#include "compiler/text/Template.h"
#include "compiler/text/Tokenizer.h"
#include "compiler/text/Unsupported.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include <optional>

using namespace llvm;
using namespace llmc::text;

namespace llmc {
namespace {

class Builder {
public:
  explicit Builder(llvm::StringRef folder) : folder(folder) {}

  Error run();
  Expected<TextAsset> finish();

private:
  /// A JSON file of the folder with an object in it; none where absent.
  struct File {
    Json json;
    std::string path;
    Expected<JsonObject> object() const { return JsonObject::get(json, path); }
  };
  Expected<std::optional<File>> read(llvm::StringRef name);
  std::string pathOf(llvm::StringRef name) const {
    SmallString<128> path(folder);
    sys::path::append(path, name);
    return std::string(path);
  }

  Expected<std::optional<File>> readTokenizerFile();
  Error readTokenizer();
  Error readConfigs();
  Error readTokenIds(const JsonObject &config, bool &haveEos, bool &haveBos);
  Error readVariables(const JsonObject &config);
  Error readTemplate();
  Expected<std::optional<std::string>> templateOf(const JsonObject &config);
  /// A warning where the error is of what is unsupported, else the error.
  Error warn(Error error);

  llvm::StringRef folder;
  TextSection section;
  Vocabulary vocabulary;
  std::vector<std::string> warnings;
  std::optional<File> tokenizerConfig;
};

Error Builder::warn(Error error) {
  Error rest = Error::success();
  std::string text;
  bool refused = false;
  handleAllErrors(
      std::move(error),
      [&](const Unsupported &u) {
        if (text.empty())
          text = u.message();
      },
      [&](std::unique_ptr<ErrorInfoBase> other) {
        if (!refused) // the first is enough: one line
          rest = joinErrors(std::move(rest), Error(std::move(other)));
        refused = true;
      });
  if (!refused && !text.empty())
    warnings.push_back(text);
  return rest;
}

Expected<std::optional<Builder::File>> Builder::read(llvm::StringRef name) {
  std::string path = pathOf(name);
  if (!sys::fs::exists(path))
    return std::nullopt;
  Expected<Json> json = readJsonFile(path);
  if (!json)
    return json.takeError();
  return File{std::move(*json), path};
}

/// tokenizer.json, or tokenizer.model as one would be.
Expected<std::optional<Builder::File>> Builder::readTokenizerFile() {
  Expected<std::optional<File>> file = read("tokenizer.json");
  std::string path = pathOf("tokenizer.model");
  if (!file || *file || !sys::fs::exists(path))
    return file;
  Expected<MappedFile> model = MappedFile::open(path);
  if (!model)
    return model.takeError();
  Expected<Json> json =
      readSentencePiece(model->bytes(), path,
                        tokenizerConfig ? tokenizerConfig->json : Json());
  if (!json)
    return json.takeError();
  return File{std::move(*json), path};
}

Error Builder::readTokenizer() {
  Expected<std::optional<File>> file = readTokenizerFile();
  if (!file)
    return file.takeError();
  if (!*file)
    return unsupported(folder + ": there is no tokenizer.json or "
                                "tokenizer.model, so commands that need text "
                                "will not work");
  Expected<JsonObject> root = (*file)->object();
  if (!root)
    return root.takeError();
  TextSection built;
  Expected<Vocabulary> made = buildTokenizer(*root, built);
  if (!made)
    return made.takeError();
  vocabulary = std::move(*made);
  section = std::move(built);
  return Error::success();
}

/// bos_token_id and eos_token_id; the first file that has one decides.
Error Builder::readTokenIds(const JsonObject &config, bool &haveEos,
                            bool &haveBos) {
  constexpr int64_t kMaxId = INT32_MAX;
  if (!haveBos && config.has("bos_token_id")) {
    Expected<int64_t> id = config.integer("bos_token_id", -1, kMaxId);
    if (!id)
      return id.takeError();
    section.model.bos = int32_t(*id);
    haveBos = true;
  }
  const Json *eos = config.find("eos_token_id");
  if (haveEos || !eos)
    return Error::success();
  haveEos = true;
  if (!eos->is_array()) {
    Expected<int64_t> id = config.integer("eos_token_id", -1, kMaxId);
    if (!id)
      return id.takeError();
    if (*id >= 0) // some configurations say -1 for none
      section.eos.push_back(int32_t(*id));
    return Error::success();
  }
  for (const Json &id : *eos) {
    if (!id.is_number_unsigned() || id.get<uint64_t>() > uint64_t(kMaxId))
      return config.error("eos_token_id", "a token id or a list of them");
    section.eos.push_back(int32_t(id.get<uint64_t>()));
  }
  return Error::success();
}

/// The special tokens that a template can name.
Error Builder::readVariables(const JsonObject &config) {
  for (const char *key : {"bos_token", "eos_token", "unk_token", "sep_token",
                          "pad_token", "cls_token", "mask_token"}) {
    const Json *at = config.find(key);
    if (!at)
      continue;
    std::string token;
    if (at->is_object()) { // older files write the whole added token
      Expected<JsonObject> object = config.object(key);
      if (!object)
        return object.takeError();
      Expected<std::string> content = object->string("content");
      if (!content)
        return content.takeError();
      token = *content;
    } else {
      Expected<std::string> content = config.string(key);
      if (!content)
        return content.takeError();
      token = *content;
    }
    section.variables.push_back(
        {section.addString(key), section.addString(token)});
    uint32_t id = vocabulary.find(token);
    if (id == kNone)
      continue;
    if (llvm::StringRef(key) == "eos_token" && section.eos.empty())
      section.eos.push_back(int32_t(id));
    if (llvm::StringRef(key) == "bos_token" && section.model.bos < 0)
      section.model.bos = int32_t(id);
  }
  return Error::success();
}

Error Builder::readConfigs() {
  bool haveEos = false, haveBos = false;
  for (StringRef name :
       {"generation_config.json", "config.json", "genai_config.json"}) {
    Expected<std::optional<File>> file = read(name);
    if (!file)
      return file.takeError();
    if (!*file)
      continue;
    Expected<JsonObject> config = (*file)->object();
    if (config && name == "genai_config.json" && config->has("model"))
      config = config->object("model");
    if (!config)
      return config.takeError();
    if (Error error = readTokenIds(*config, haveEos, haveBos))
      return error;
  }
  if (!tokenizerConfig)
    return Error::success();
  Expected<JsonObject> config = tokenizerConfig->object();
  return config ? readVariables(*config) : config.takeError();
}

/// chat_template: a string, or a list of named ones of which "default" counts.
Expected<std::optional<std::string>>
Builder::templateOf(const JsonObject &config) {
  const Json *at = config.find("chat_template");
  if (!at)
    return std::nullopt;
  if (!at->is_array()) {
    Expected<std::string> text = config.string("chat_template");
    if (!text)
      return text.takeError();
    return *text;
  }
  for (const Json &entry : *at) {
    Expected<JsonObject> named =
        JsonObject::get(entry, config.file(), "chat_template");
    if (!named)
      return named.takeError();
    Expected<std::string> name = named->string("name");
    if (!name)
      return name.takeError();
    Expected<std::string> text = named->string("template");
    if (!text)
      return text.takeError();
    if (*name == "default")
      return *text;
  }
  return unsupported(config.file() +
                     ": chat_template has no entry named default");
}

Error Builder::readTemplate() {
  std::string path = pathOf("chat_template.jinja");
  if (sys::fs::exists(path)) {
    Expected<MappedFile> file = MappedFile::open(path);
    if (!file)
      return file.takeError();
    return compileTemplate(file->text(), path, section);
  }
  if (tokenizerConfig) {
    Expected<JsonObject> config = tokenizerConfig->object();
    if (!config)
      return config.takeError();
    Expected<std::optional<std::string>> text = templateOf(*config);
    if (!text)
      return text.takeError();
    if (*text)
      return compileTemplate(**text, config->file() + ": chat_template",
                             section);
  }
  // A model without tokenizer has been warned about already.
  if (!(section.model.flags & kHasTokenizer))
    return Error::success();
  return unsupported(folder + ": there is no chat template, so commands that "
                              "need one will not work");
}

Error Builder::run() {
  Expected<std::optional<File>> config = read("tokenizer_config.json");
  if (!config)
    return config.takeError();
  tokenizerConfig = std::move(*config);
  if (Error error = warn(readTokenizer()))
    return error;
  if (Error error = warn(readConfigs()))
    return error;
  return warn(readTemplate());
}

Expected<TextAsset> Builder::finish() {
  TextAsset asset;
  Expected<std::vector<uint8_t>> bytes = section.bytes();
  if (!bytes)
    return bytes.takeError();
  asset.bytes = std::move(*bytes);
  asset.warnings = std::move(warnings);
  asset.eos = section.eos;
  asset.bos = section.model.bos;
  asset.vocabSize = section.model.vocabSize;
  asset.hasTokenizer = section.model.flags & kHasTokenizer;
  asset.hasTemplate = section.model.flags & kHasTemplate;
  return asset;
}

} // namespace

Expected<TextAsset> buildTextAsset(llvm::StringRef folder) {
  Builder builder(folder);
  if (Error error = builder.run())
    return std::move(error);
  return builder.finish();
}

} // namespace llmc
