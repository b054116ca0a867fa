// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/text/SentencePiece.h"
#include "compiler/text/Unsupported.h"
#include "runtime/text/unicode.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/LEB128.h"
#include <algorithm>
#include <cmath>
#include <map>
#include <unordered_map>

using namespace llvm;

namespace llmc {
namespace {

// Field numbers of sentencepiece_model.proto.
enum ModelField { kPieces = 1, kTrainer = 2, kNormalizer = 3 };
enum PieceField { kPiece = 1, kScore = 2, kType = 3 };
enum TrainerField { kModelType = 3, kByteFallback = 35, kUnk = 40, kBos = 41, kEos = 42 };
enum NormalizerField { kCharsMap = 2, kDummyPrefix = 3, kRemoveExtra = 4, kEscape = 5 };
enum PieceType { kNormal = 1, kUnknown = 2, kControl = 3, kUserDefined = 4 };
constexpr uint64_t kBpe = 2;
constexpr size_t kMaxPieceBytes = 1024; // so that all its splits can be tried

const char kMarker[] = "\xE2\x96\x81"; // U+2581, which stands for a space

struct Field {
  uint64_t number = 0;
  uint64_t value = 0;       ///< of a varint or a fixed field
  ArrayRef<uint8_t> bytes;  ///< of a delimited field
};

/// Takes the next field off a message; false where it is malformed.
bool takeField(ArrayRef<uint8_t> &message, Field &field) {
  auto varint = [&](uint64_t &value) {
    unsigned length = 0;
    const char *error = nullptr;
    // Of at most 10 bytes; decodeULEB128 shifts by too much beyond them.
    value = decodeULEB128(message.begin(), &length, message.take_front(10).end(),
                          &error);
    message = message.drop_front(error ? 0 : length);
    return !error;
  };
  uint64_t tag = 0;
  field = {};
  if (!varint(tag))
    return false;
  field.number = tag >> 3;
  unsigned kind = tag & 7;
  if (kind == 0)
    return varint(field.value);
  uint64_t size = kind == 1 ? 8 : kind == 5 ? 4 : 0;
  if (kind == 2 ? !varint(size) : !size)
    return false;
  if (size > message.size())
    return false;
  field.bytes = message.take_front(size);
  message = message.drop_front(size);
  for (size_t i = 0; kind != 2 && i < size; ++i)
    field.value |= uint64_t(field.bytes[i]) << (8 * i);
  return true;
}

StringRef textOf(ArrayRef<uint8_t> bytes) {
  return StringRef(reinterpret_cast<const char *>(bytes.data()), bytes.size());
}

struct Piece {
  std::string text;
  float score = 0;
  uint64_t type = kNormal;
};

/// Calls `use` with each field; false where the message is malformed.
template <typename Use> bool eachField(ArrayRef<uint8_t> message, Use use) {
  Field field;
  while (!message.empty()) {
    if (!takeField(message, field))
      return false;
    if (!use(field))
      return false;
  }
  return true;
}

class Reader {
public:
  Reader(StringRef name, const Json &config) : name(name), config(config) {}
  Error read(ArrayRef<uint8_t> file);
  Json tokenizer() const;

private:
  bool readPiece(ArrayRef<uint8_t> message);
  bool readTrainer(ArrayRef<uint8_t> message);
  bool readNormalizer(ArrayRef<uint8_t> message);
  Error check();
  bool isMergeable(const std::string &piece) const;
  Json merges() const;
  Json addedTokens() const;
  Json postProcessor() const;
  bool flag(const char *key, bool otherwise) const {
    auto at = config.is_object() ? config.find(key) : config.end();
    return config.is_object() && at != config.end() && at->is_boolean()
               ? at->get<bool>()
               : otherwise;
  }

  StringRef name;
  const Json &config;
  std::vector<Piece> pieces;
  std::unordered_map<std::string, size_t> ids;
  uint64_t modelType = 1, unk = 0, bos = 1, eos = 2;
  bool byteFallback = false, charsMap = false, dummyPrefix = true;
  bool removeExtra = true, escape = true;
};

bool Reader::readPiece(ArrayRef<uint8_t> message) {
  Piece piece;
  bool good = eachField(message, [&](const Field &field) {
    if (field.number == kPiece)
      piece.text = textOf(field.bytes).str();
    uint32_t bits = uint32_t(field.value);
    if (field.number == kScore)
      memcpy(&piece.score, &bits, sizeof bits);
    if (field.number == kType)
      piece.type = field.value;
    return true;
  });
  pieces.push_back(std::move(piece));
  return good;
}

bool Reader::readTrainer(ArrayRef<uint8_t> message) {
  return eachField(message, [&](const Field &field) {
    switch (field.number) {
    case kModelType:
      modelType = field.value;
      break;
    case kByteFallback:
      byteFallback = field.value;
      break;
    case kUnk:
      unk = field.value;
      break;
    case kBos:
      bos = field.value;
      break;
    case kEos:
      eos = field.value;
      break;
    }
    return true;
  });
}

bool Reader::readNormalizer(ArrayRef<uint8_t> message) {
  return eachField(message, [&](const Field &field) {
    switch (field.number) {
    case kCharsMap:
      charsMap = !field.bytes.empty();
      break;
    case kDummyPrefix:
      dummyPrefix = field.value;
      break;
    case kRemoveExtra:
      removeExtra = field.value;
      break;
    case kEscape:
      escape = field.value;
      break;
    }
    return true;
  });
}

/// What the wire format allows and this reader does not.
Error Reader::check() {
  if (pieces.empty())
    return malformed(name + ": has no pieces");
  for (size_t i = 0; i < pieces.size(); ++i) {
    const Piece &piece = pieces[i];
    auto *bytes = reinterpret_cast<const uint8_t *>(piece.text.data());
    if (piece.text.empty() ||
        text::validUtf8(bytes, piece.text.size()) != piece.text.size())
      return malformed(name + ": piece " + Twine(i) +
                       " is empty or not UTF-8");
    if (piece.text.size() > kMaxPieceBytes)
      return malformed(name + ": piece " + Twine(i) + " has " +
                       Twine(piece.text.size()) + " bytes, at most " +
                       Twine(kMaxPieceBytes) + " are read");
    if (!std::isfinite(piece.score))
      return malformed(name + ": the score of piece " + Twine(i) +
                       " is no number");
    auto [at, isNew] = ids.emplace(piece.text, i);
    if (!isNew)
      return malformed(name + ": the pieces " + Twine(at->second) + " and " +
                       Twine(i) + " are both " + describeJson(piece.text));
  }
  if (unk >= pieces.size())
    return malformed(name + ": unk_id is " + Twine(unk) + ", there are " +
                     Twine(pieces.size()) + " pieces");
  if (modelType != kBpe)
    return unsupported(name + ": the SentencePiece model is no BPE model, which "
                              "is the kind that is supported");
  if (charsMap || removeExtra || !escape)
    return unsupported(name + ": SentencePiece normalization other than the "
                              "identity is not supported");
  return Error::success();
}

Error Reader::read(ArrayRef<uint8_t> file) {
  // Llama 3's original folders have a file of this name in another form: lines
  // of base64 and a number.
  StringRef line = textOf(file).take_front(200).split('\n').first;
  if (line.contains(' ') && all_of(line, isPrint))
    return unsupported(name + ": this is no SentencePiece model; the folder's "
                              "tokenizer.json would be read");
  bool good = eachField(file, [&](const Field &field) {
    switch (field.number) {
    case kPieces:
      return readPiece(field.bytes);
    case kTrainer:
      return readTrainer(field.bytes);
    case kNormalizer:
      return readNormalizer(field.bytes);
    }
    return true;
  });
  if (!good)
    return malformed(name + ": is no SentencePiece model (a field is cut off)");
  return check();
}

bool Reader::isMergeable(const std::string &piece) const {
  auto at = ids.find(piece);
  return at != ids.end() && pieces[at->second].type == kNormal;
}

/// SentencePiece merges the neighbours whose joined piece has the best score,
/// so every split of a piece into two pieces is a merge of its rank.
Json Reader::merges() const {
  struct Merge {
    const Piece *piece;
    size_t cut; ///< bytes of the left part
  };
  std::vector<Merge> found;
  for (const Piece &piece : pieces) {
    if (piece.type != kNormal)
      continue;
    auto *bytes = reinterpret_cast<const uint8_t *>(piece.text.data());
    unsigned length;
    text::decodeUtf8(bytes, length);
    for (size_t cut = length; cut < piece.text.size(); cut += length) {
      if (isMergeable(piece.text.substr(0, cut)) &&
          isMergeable(piece.text.substr(cut)))
        found.push_back({&piece, cut});
      text::decodeUtf8(bytes + cut, length);
    }
  }
  std::sort(found.begin(), found.end(), [](const Merge &a, const Merge &b) {
    if (a.piece->score != b.piece->score)
      return a.piece->score > b.piece->score;
    return a.piece != b.piece ? a.piece < b.piece : a.cut > b.cut;
  });
  Json list = Json::array();
  for (const Merge &merge : found)
    list.push_back({merge.piece->text.substr(0, merge.cut),
                    merge.piece->text.substr(merge.cut)});
  return list;
}

/// Control and user-defined pieces, then what the configuration adds or says
/// otherwise.
Json Reader::addedTokens() const {
  std::map<std::string, Json> byId;
  for (size_t i = 0; i < pieces.size(); ++i) {
    uint64_t type = pieces[i].type;
    if (type == kControl || type == kUnknown || type == kUserDefined)
      byId[std::to_string(i)] = {{"id", i},
                                 {"content", pieces[i].text},
                                 {"special", type != kUserDefined},
                                 {"normalized", false}};
  }
  if (config.is_object() && config.contains("added_tokens_decoder"))
    for (const auto &[id, token] : config["added_tokens_decoder"].items()) {
      uint64_t number = 0;
      Json copy = token;
      if (copy.is_object() && !StringRef(id).getAsInteger(10, number))
        copy["id"] = number;
      byId[id] = std::move(copy);
    }
  Json list = Json::array();
  for (auto &[id, token] : byId)
    list.push_back(std::move(token));
  return list;
}

Json Reader::postProcessor() const {
  Json single = Json::array(), tokens = Json::object();
  auto add = [&](const char *key, bool otherwise, uint64_t id) {
    if (!flag(key, otherwise) || id >= pieces.size())
      return;
    const std::string &text = pieces[id].text;
    single.push_back({{"SpecialToken", {{"id", text}}}});
    tokens[text] = {{"ids", Json::array({id})}};
  };
  add("add_bos_token", true, bos);
  single.push_back({{"Sequence", {{"id", "A"}}}});
  add("add_eos_token", false, eos);
  return {{"type", "TemplateProcessing"},
          {"single", single},
          {"special_tokens", tokens}};
}

Json Reader::tokenizer() const {
  Json vocab = Json::object();
  for (size_t i = 0; i < pieces.size(); ++i)
    vocab[pieces[i].text] = i;
  Json replace = {{"type", "Replace"},
                  {"pattern", {{"String", " "}}},
                  {"content", kMarker}};
  Json normalizers = Json::array();
  if (dummyPrefix)
    normalizers.push_back({{"type", "Prepend"}, {"prepend", kMarker}});
  normalizers.push_back(replace);
  Json decoders = {{{"type", "Replace"},
                    {"pattern", {{"String", kMarker}}},
                    {"content", " "}},
                   {{"type", "ByteFallback"}},
                   {{"type", "Fuse"}}};
  if (dummyPrefix)
    decoders.push_back(
        {{"type", "Strip"}, {"content", " "}, {"start", 1}, {"stop", 0}});
  return {{"normalizer", {{"type", "Sequence"}, {"normalizers", normalizers}}},
          {"decoder", {{"type", "Sequence"}, {"decoders", decoders}}},
          {"post_processor", postProcessor()},
          {"added_tokens", addedTokens()},
          {"model",
           {{"type", "BPE"},
            {"byte_fallback", byteFallback},
            {"fuse_unk", true},
            {"unk_token", pieces[unk].text},
            {"vocab", vocab},
            {"merges", merges()}}}};
}

} // namespace

Expected<Json> readSentencePiece(ArrayRef<uint8_t> file, StringRef name,
                                 const Json &config) {
  Reader reader(name, config);
  if (Error error = reader.read(file))
    return std::move(error);
  return reader.tokenizer();
}

} // namespace llmc
