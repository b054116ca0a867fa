// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/text/Components.h"
#include "compiler/text/Unsupported.h"

using namespace llvm;

namespace llmc {

static Error flatten(const JsonObject &component, llvm::StringRef listKey,
              std::vector<JsonObject> &out) {
  Expected<std::string> type = component.string("type");
  if (!type)
    return type.takeError();
  if (*type != "Sequence") {
    out.push_back(component);
    return Error::success();
  }
  Expected<const Json *> list = component.array(listKey);
  if (!list)
    return list.takeError();
  for (const Json &entry : **list) {
    Expected<JsonObject> part =
        JsonObject::get(entry, component.file(), listKey);
    if (!part)
      return part.takeError();
    if (Error error = flatten(*part, listKey, out))
      return error;
  }
  return Error::success();
}

Error flattenComponents(const JsonObject &root, llvm::StringRef key,
                llvm::StringRef listKey, std::vector<JsonObject> &out) {
  if (!root.has(key))
    return Error::success();
  Expected<JsonObject> component = root.object(key);
  if (!component)
    return component.takeError();
  return flatten(*component, listKey, out);
}

Error unknownType(const JsonObject &component, llvm::StringRef type,
                  std::initializer_list<llvm::StringRef> known,
                  const Twine &expected) {
  for (llvm::StringRef name : known)
    if (type == name)
      return unsupported(component.file() + ": " + type + " is not supported");
  return component.error("type", expected);
}

Expected<bool> readPattern(const JsonObject &component, std::string &text) {
  Expected<JsonObject> pattern = component.object("pattern");
  if (!pattern)
    return pattern.takeError();
  bool literal = pattern->has("String");
  Expected<std::string> value = pattern->string(literal ? "String" : "Regex");
  if (!value)
    return value.takeError();
  if (value->empty())
    return pattern->error(literal ? "String" : "Regex",
                          "at least one character");
  text = *value;
  return literal;
}

} // namespace llmc
