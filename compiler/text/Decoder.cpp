// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/text/Components.h"
#include "compiler/text/Tokenizer.h"
#include "compiler/text/Unsupported.h"

using namespace llvm;
using namespace llmc::text;

namespace llmc {

/// The ids that a template's special token stands for.
static Error addSpecialToken(const JsonObject &processor, const Json &item,
                             std::vector<int32_t> &out, uint32_t vocabSize) {
  Expected<JsonObject> special =
      JsonObject::get(item, processor.file(), "post_processor.single");
  if (!special)
    return special.takeError();
  Expected<std::string> name = special->string("id");
  if (!name)
    return name.takeError();
  Expected<JsonObject> table = processor.object("special_tokens");
  if (!table)
    return table.takeError();
  Expected<JsonObject> entry = table->object(*name);
  if (!entry)
    return entry.takeError();
  Expected<const Json *> ids = entry->array("ids");
  if (!ids)
    return ids.takeError();
  for (const Json &id : **ids) {
    if (!id.is_number_unsigned() || id.get<uint64_t>() >= vocabSize)
      return entry->error("ids", "ids of the vocabulary");
    out.push_back(int32_t(id.get<uint64_t>()));
  }
  return Error::success();
}

static Error addTemplate(const JsonObject &processor, TextSection &section) {
  Expected<const Json *> single = processor.array("single");
  if (!single)
    return single.takeError();
  bool seen = false;
  for (const Json &item : **single) {
    if (item.is_object() && item.contains("SpecialToken")) {
      if (Error error = addSpecialToken(processor, item["SpecialToken"],
                                        seen ? section.suffix : section.prefix,
                                        section.model.vocabSize))
        return error;
    } else if (item.is_object() && item.contains("Sequence") && !seen) {
      seen = true;
    } else {
      return processor.error("single", "special tokens around one sequence");
    }
  }
  return seen ? Error::success()
              : processor.error("single", "special tokens around one sequence");
}

Error readPostProcessor(const JsonObject &root, TextSection &section) {
  std::vector<JsonObject> parts;
  if (Error error = flattenComponents(root, "post_processor", "processors", parts))
    return error;
  bool seen = false;
  for (const JsonObject &part : parts) {
    Expected<std::string> type = part.string("type");
    if (!type)
      return type.takeError();
    if (*type == "ByteLevel") // trims offsets, which are not kept here
      continue;
    if (*type != "TemplateProcessing")
      return unknownType(part, *type, {"BertProcessing", "RobertaProcessing"},
                         "TemplateProcessing or ByteLevel");
    if (seen)
      return unsupported(part.file() +
                         ": two TemplateProcessing are not supported");
    seen = true;
    if (Error error = addTemplate(part, section))
      return error;
  }
  return Error::success();
}

namespace {

/// The decoders in order: replacements in each token's text, then byte runs,
/// then (after Fuse) what is dropped from the start of the whole.
class DecoderReader {
public:
  explicit DecoderReader(TextSection &section) : section(section) {}

  Error add(const JsonObject &part);
  void fillTexts(const Vocabulary &vocabulary);

private:
  Error addReplace(const JsonObject &part);
  Error addMetaspace(const JsonObject &part);
  Error addStrip(const JsonObject &part);
  std::string textOf(llvm::StringRef token, uint16_t &flags) const;

  TextSection &section;
  std::vector<std::pair<std::string, std::string>> replaces;
  bool fused = false;
  bool byteLevel = false;
  size_t count = 0;
};

Error DecoderReader::add(const JsonObject &part) {
  Expected<std::string> type = part.string("type");
  if (!type)
    return type.takeError();
  if ((fused && *type != "Strip" && *type != "Fuse") || byteLevel ||
      (*type == "ByteLevel" && count))
    return unsupported(part.file() + ": the decoder " + *type +
                       " in this place is not supported");
  ++count;
  if (*type == "Replace")
    return addReplace(part);
  if (*type == "Metaspace")
    return addMetaspace(part);
  if (*type == "Strip")
    return addStrip(part);
  if (*type == "ByteLevel") {
    byteLevel = true;
    section.model.flags |= kLossyText;
  } else if (*type == "Fuse") {
    fused = true;
  } else if (*type == "ByteFallback") {
    section.model.flags |= kByteRuns;
  } else {
    return unknownType(part, *type, {"BPEDecoder", "CTC", "WordPiece"},
                       "ByteLevel, ByteFallback, Replace, Fuse, Strip or "
                       "Metaspace");
  }
  return Error::success();
}

Error DecoderReader::addReplace(const JsonObject &part) {
  std::string from;
  Expected<bool> literal = readPattern(part, from);
  if (!literal)
    return literal.takeError();
  Expected<std::string> to = part.string("content");
  if (!to)
    return to.takeError();
  if (!*literal || (section.model.flags & kByteRuns))
    return unsupported(part.file() + ": a decoder that replaces a regular "
                                     "expression, or after ByteFallback, is "
                                     "not supported");
  replaces.emplace_back(from, *to);
  return Error::success();
}

Error DecoderReader::addMetaspace(const JsonObject &part) {
  Expected<std::string> marker = part.stringOr("replacement", "\u2581");
  if (!marker)
    return marker.takeError();
  Expected<bool> prefix = part.booleanOr("add_prefix_space", true);
  if (!prefix)
    return prefix.takeError();
  Expected<std::string> scheme =
      part.stringOr("prepend_scheme", *prefix ? "always" : "never");
  if (!scheme)
    return scheme.takeError();
  StringSpan span = section.addString(*marker);
  StringSpan &known = section.model.marker;
  if (marker->empty() || (known.size && known.offset != span.offset) || count > 1)
    return unsupported(part.file() + ": this Metaspace decoder is not "
                                     "supported");
  known = span;
  if (*scheme != "never")
    section.model.flags |= kDropMarker;
  replaces.emplace_back(*marker, " ");
  return Error::success();
}

Error DecoderReader::addStrip(const JsonObject &part) {
  Expected<std::string> content = part.string("content");
  if (!content)
    return content.takeError();
  Expected<int64_t> start = part.integerOr("start", 0, 0, 1 << 16);
  if (!start)
    return start.takeError();
  Expected<int64_t> stop = part.integerOr("stop", 0, 0, 1 << 16);
  if (!stop)
    return stop.takeError();
  if (!fused || *stop || content->empty() || section.model.stripCount)
    return unsupported(part.file() + ": a Strip decoder is supported after "
                                     "Fuse, once, and with stop 0 only");
  section.model.stripCount = uint32_t(*start);
  section.model.strip = section.addString(*content);
  return Error::success();
}

/// What a token stands for; a byte token is told in `flags`.
std::string DecoderReader::textOf(llvm::StringRef token,
                                  uint16_t &flags) const {
  std::string text;
  if (byteLevel)
    return byteLevelBytes(token, text) ? text : token.str();
  text = token.str();
  for (const auto &[from, to] : replaces)
    text = replaceAllIn(text, from, to);
  llvm::StringRef digits = text;
  uint8_t byte;
  if ((section.model.flags & kByteRuns) && text.size() == 6 &&
      digits.consume_front("<0x") && digits.consume_back(">") &&
      !digits.getAsInteger(16, byte)) {
    flags |= kTokenByte;
    return std::string(1, char(byte));
  }
  return text;
}

void DecoderReader::fillTexts(const Vocabulary &vocabulary) {
  for (size_t id = 0; id < vocabulary.tokens.size(); ++id) {
    section.texts += textOf(vocabulary.tokens[id], section.tokenFlags[id]);
    section.textEnds.push_back(uint32_t(section.texts.size()));
  }
}

} // namespace

Error readDecoder(const JsonObject &root, const Vocabulary &vocabulary,
                  TextSection &section) {
  std::vector<JsonObject> parts;
  if (Error error = flattenComponents(root, "decoder", "decoders", parts))
    return error;
  if (parts.empty())
    return unsupported(root.file() + ": a tokenizer without decoder is not "
                                     "supported");
  DecoderReader reader(section);
  for (const JsonObject &part : parts)
    if (Error error = reader.add(part))
      return error;
  reader.fillTexts(vocabulary);
  return Error::success();
}

} // namespace llmc
