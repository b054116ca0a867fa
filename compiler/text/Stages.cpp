// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/text/Components.h"
#include "compiler/text/Tokenizer.h"
#include "compiler/text/Unsupported.h"
#include "llvm/ADT/StringSwitch.h"

using namespace llvm;
using namespace llmc::text;

namespace llmc {
namespace {

Error addNormalizer(const JsonObject &component, TextSection &section) {
  Expected<std::string> type = component.string("type");
  if (!type)
    return type.takeError();
  Stage stage = {};
  if (*type == "NFC") {
    stage.kind = kStageNfc;
  } else if (*type == "Prepend") {
    Expected<std::string> prepend = component.string("prepend");
    if (!prepend)
      return prepend.takeError();
    stage.kind = kStagePrepend;
    stage.a = section.addString(*prepend);
  } else if (*type == "Replace") {
    std::string from;
    Expected<bool> literal = readPattern(component, from);
    if (!literal)
      return literal.takeError();
    if (!*literal)
      return unsupported(component.file() +
                         ": a normalizer that replaces a regular expression "
                         "is not supported");
    Expected<std::string> to = component.string("content");
    if (!to)
      return to.takeError();
    stage.kind = kStageReplace;
    stage.a = section.addString(from);
    stage.b = section.addString(*to);
    if (from == " ")
      section.model.marker = stage.b;
  } else {
    return unknownType(component, *type,
                       {"BertNormalizer", "ByteLevel", "Lowercase", "NFD",
                        "NFKC", "NFKD", "Nmt", "Precompiled", "Strip",
                        "StripAccents"},
                       "NFC, Prepend or Replace");
  }
  section.stages.push_back(stage);
  return Error::success();
}

Error addByteLevel(const JsonObject &component, TextSection &section) {
  Expected<bool> prefix = component.booleanOr("add_prefix_space", true);
  if (!prefix)
    return prefix.takeError();
  Expected<bool> useRegex = component.booleanOr("use_regex", true);
  if (!useRegex)
    return useRegex.takeError();
  if (*prefix)
    section.stages.push_back({kStageSpacePrefix, 0, 0, 0, {}, {}});
  if (*useRegex)
    section.stages.push_back({kStageWords, 0, kIsolated, 0, {}, {}});
  section.model.flags |= kByteLevel;
  return Error::success();
}

Error addMetaspace(const JsonObject &component, TextSection &section) {
  Expected<std::string> marker = component.stringOr("replacement", "\u2581");
  if (!marker)
    return marker.takeError();
  if (marker->empty())
    return component.error("replacement", "one character");
  Expected<bool> split = component.booleanOr("split", true);
  if (!split)
    return split.takeError();
  // Files of older versions say add_prefix_space.
  Expected<bool> prefix = component.booleanOr("add_prefix_space", true);
  if (!prefix)
    return prefix.takeError();
  Expected<std::string> scheme =
      component.stringOr("prepend_scheme", *prefix ? "always" : "never");
  if (!scheme)
    return scheme.takeError();
  if (*scheme != "always" && *scheme != "first" && *scheme != "never")
    return component.error("prepend_scheme", "always, first or never");
  Stage stage = {kStageMetaspace, 0, kMergedWithNext, 0, {}, {}};
  stage.b = section.model.marker = section.addString(*marker);
  if (*split)
    stage.options |= kSplitAtMarker;
  if (*scheme == "always")
    stage.options |= kPrependAlways;
  if (*scheme == "first")
    stage.options |= kPrependFirst;
  section.stages.push_back(stage);
  return Error::success();
}

Error addSplit(const JsonObject &component, TextSection &section) {
  std::string pattern;
  Expected<bool> literal = readPattern(component, pattern);
  if (!literal)
    return literal.takeError();
  Expected<std::string> name = component.string("behavior");
  if (!name)
    return name.takeError();
  Expected<bool> invert = component.booleanOr("invert", false);
  if (!invert)
    return invert.takeError();
  auto behavior = StringSwitch<int>(*name)
                      .Case("Isolated", kIsolated)
                      .Case("Removed", kRemoved)
                      .Case("MergedWithPrevious", kMergedWithPrevious)
                      .Case("MergedWithNext", kMergedWithNext)
                      .Case("Contiguous", kContiguous)
                      .Default(-1);
  if (behavior < 0)
    return component.error("behavior",
                           "Isolated, Removed, MergedWithPrevious, "
                           "MergedWithNext or Contiguous");
  Stage stage = {};
  if (*literal) {
    stage.kind = kStageLiteral;
    stage.a = section.addString(pattern);
  } else {
    Expected<Stage> found = stageOfPattern(
        component.file() + ": pre_tokenizer", pattern);
    if (!found)
      return found.takeError();
    stage = *found;
  }
  // The whole-text patterns match everything, so that "Removed" with "invert"
  // is the older way to write "Isolated".
  bool covers = stage.kind == kStageWords || stage.kind == kStageSentences ||
                stage.kind == kStageCased;
  if (*invert && covers && behavior == kRemoved)
    behavior = kIsolated;
  else if (*invert)
    return unsupported(component.file() +
                       ": a Split pre-tokenizer with invert is not supported");
  stage.behavior = uint32_t(behavior);
  section.stages.push_back(stage);
  return Error::success();
}

Error addPreTokenizer(const JsonObject &component, TextSection &section) {
  Expected<std::string> type = component.string("type");
  if (!type)
    return type.takeError();
  if (section.model.flags & kByteLevel)
    return unsupported(component.file() + ": a pre-tokenizer after ByteLevel "
                                          "is not supported");
  if (*type == "ByteLevel")
    return addByteLevel(component, section);
  if (*type == "Metaspace")
    return addMetaspace(component, section);
  if (*type == "Split")
    return addSplit(component, section);
  if (*type == "Digits") {
    Expected<bool> single = component.booleanOr("individual_digits", false);
    if (!single)
      return single.takeError();
    section.stages.push_back(
        {kStageDigits, *single ? 1u : 0u, kIsolated, 0, {}, {}});
    return Error::success();
  }
  return unknownType(component, *type,
                     {"BertPreTokenizer", "CharDelimiterSplit", "FixedLength",
                      "Punctuation", "UnicodeScripts", "Whitespace",
                      "WhitespaceSplit"},
                     "ByteLevel, Metaspace, Split or Digits");
}

} // namespace

Error readStages(const JsonObject &root, TextSection &section) {
  std::vector<JsonObject> parts;
  if (Error error = flattenComponents(root, "normalizer", "normalizers", parts))
    return error;
  for (const JsonObject &part : parts)
    if (Error error = addNormalizer(part, section))
      return error;
  section.model.normalizers = uint32_t(section.stages.size());
  parts.clear();
  if (Error error = flattenComponents(root, "pre_tokenizer", "pretokenizers", parts))
    return error;
  for (const JsonObject &part : parts)
    if (Error error = addPreTokenizer(part, section))
      return error;
  if (section.stages.size() > 16)
    return unsupported(root.file() + ": more than 16 normalizers and "
                                     "pre-tokenizers are not supported");
  return Error::success();
}

} // namespace llmc
