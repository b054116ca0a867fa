// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/text/Tokenizer.h"
#include "compiler/text/Unsupported.h"
#include "runtime/text/bpe.h"
#include "runtime/text/normalize.h"
#include "runtime/text/unicode.h"
#include "llvm/Support/FormatVariadic.h"
#include <map>

using namespace llvm;
using namespace llmc::text;

namespace llmc {

/// The code point of the character that stands for `byte`: itself where it is
/// printable, else the next free one from 256 on.
static uint32_t byteLevelCodePoint(uint8_t byte) {
  if (byte <= 32)
    return 256u + byte;
  if (byte >= 127 && byte <= 160)
    return 256u + 33 + byte - 127;
  return byte == 173 ? 256u + 67 : byte;
}

std::string byteLevelChar(uint8_t byte) {
  uint8_t out[4];
  unsigned length = encodeUtf8(byteLevelCodePoint(byte), out);
  return std::string(reinterpret_cast<char *>(out), length);
}

bool byteLevelBytes(llvm::StringRef token, std::string &bytes) {
  constexpr uint32_t kCodePoints = 256 + 68;
  static const std::vector<int> table = [] {
    std::vector<int> made(kCodePoints, -1);
    for (unsigned byte = 0; byte < 256; ++byte)
      made[byteLevelCodePoint(uint8_t(byte))] = int(byte);
    return made;
  }();
  bytes.clear();
  unsigned length;
  for (size_t at = 0; at < token.size(); at += length) {
    uint32_t c = decodeUtf8(token.bytes_begin() + at, length);
    if (c >= kCodePoints || table[c] < 0)
      return false;
    bytes += char(table[c]);
  }
  return true;
}

std::string replaceAllIn(llvm::StringRef text, llvm::StringRef from,
                         llvm::StringRef to) {
  std::string out;
  for (size_t at; (at = text.find(from)) != llvm::StringRef::npos;
       text = text.drop_front(at + from.size())) {
    out += text.take_front(at);
    out += to;
  }
  return out + text.str();
}

namespace {

/// The pieces as the model matches them, and the hash table of its words.
void fillPieces(const Vocabulary &vocabulary, TextSection &section) {
  bool byteLevel = section.model.flags & kByteLevel;
  size_t slots = vocabulary.model.size() + vocabulary.model.size() / 2 + 2;
  section.words.assign(slots, {0, kNone});
  uint32_t textBegin = 0;
  for (uint32_t id = 0; id < vocabulary.tokens.size(); ++id) {
    std::string piece = vocabulary.tokens[id];
    auto at = vocabulary.model.find(piece);
    bool matches = at != vocabulary.model.end() && at->second == id;
    std::string bytes;
    if (byteLevel && matches && (matches = byteLevelBytes(piece, bytes)))
      piece = bytes;
    // Where a piece plays no part the token's text stands for it, so that a
    // byte-level tokenizer needs one table of bytes only.
    if (byteLevel && !matches)
      piece = section.texts.substr(textBegin, section.textEnds[id] - textBegin);
    textBegin = section.textEnds[id];
    section.pieces += piece;
    section.pieceEnds.push_back(uint32_t(section.pieces.size()));
    if (!matches || !vocabulary.present[id])
      continue;
    uint64_t hash = hashBytes(
        reinterpret_cast<const uint8_t *>(piece.data()), piece.size());
    size_t slot = slotOf(hash, uint32_t(slots));
    while (section.words[slot].token != kNone)
      slot = slot + 1 == slots ? 0 : slot + 1;
    section.words[slot] = {uint32_t(hash), id};
  }
  if (section.pieces == section.texts &&
      section.pieceEnds == section.textEnds) {
    section.texts.clear();
    section.textEnds.clear();
  }
}

void fillByteTokens(const Vocabulary &vocabulary, TextSection &section) {
  section.byteTokens.assign(256, kNone);
  for (unsigned byte = 0; byte < 256; ++byte) {
    std::string name = section.model.flags & kByteLevel
                           ? byteLevelChar(uint8_t(byte))
                           : formatv("<0x{0:X-2}>", byte).str();
    auto at = vocabulary.model.find(name);
    if (at != vocabulary.model.end())
      section.byteTokens[byte] = at->second;
  }
}

/// Adds the tokens to the trie as one more root; the root's node.
uint32_t addTrie(const std::map<std::string, uint32_t> &tokens,
                 TextSection &section) {
  struct Node {
    std::map<uint8_t, uint32_t> edges;
    uint32_t token = kNone;
  };
  std::vector<Node> nodes(1);
  for (const auto &[content, id] : tokens) {
    uint32_t node = 0;
    for (uint8_t byte : content) {
      auto [at, isNew] = nodes[node].edges.try_emplace(byte, nodes.size());
      node = at->second;
      if (isNew)
        nodes.emplace_back();
    }
    nodes[node].token = id;
  }
  uint32_t root = uint32_t(section.trie.size());
  for (const Node &node : nodes) {
    section.trie.push_back({uint32_t(section.trieEdges.size()), node.token});
    for (auto [byte, next] : node.edges)
      section.trieEdges.push_back(uint32_t(byte) << 24 | (root + next));
  }
  return root;
}

/// Opens the section as far as it is built.
Error openHalfBuilt(const TextSection &section, std::vector<uint8_t> &bytes,
                    Asset &asset) {
  Expected<std::vector<uint8_t>> made = section.bytes();
  if (!made)
    return made.takeError();
  bytes = std::move(*made);
  if (const char *reason = openAsset(bytes.data(), bytes.size(), asset))
    return malformed(Twine("the text tables: ") + reason);
  return Error::success();
}

Error fillTries(const std::vector<AddedToken> &added, TextSection &section) {
  std::map<std::string, uint32_t> raw, normalized;
  auto finish = [&] {
    section.trie.clear();
    section.trieEdges.clear();
    section.model.rawTrie = addTrie(raw, section);
    section.model.normalizedTrie = addTrie(normalized, section);
    section.trie.push_back({uint32_t(section.trieEdges.size()), kNone});
  };
  finish(); // empty, for opening
  std::vector<uint8_t> bytes;
  Asset asset;
  if (Error error = openHalfBuilt(section, bytes, asset))
    return error;
  Buffers buffers;
  for (const AddedToken &token : added) {
    if (!token.normalized) {
      raw[token.content] = token.id;
      continue;
    }
    auto *p = reinterpret_cast<const uint8_t *>(token.content.data());
    Piece piece =
        normalize(asset, {p, p + token.content.size(), true}, buffers);
    if (!piece.empty())
      normalized[std::string(piece.begin, piece.end)] = token.id;
  }
  finish();
  if (section.trie.size() > 0xFFFFFF)
    return unsupported("the added tokens have more than 2^24 bytes");
  return Error::success();
}

/// Whether no merge makes a piece with the marker after another character, so
/// that text may be cut there.
bool canCutAtMarker(const Vocabulary &vocabulary, const TextSection &section) {
  llvm::StringRef marker(section.strings.data() + section.model.marker.offset,
                         section.model.marker.size);
  if ((section.model.flags & (kByteLevel | kIgnoreMerges)) || marker.empty() ||
      !vocabulary.model.count(marker.str()))
    return false;
  unsigned length;
  decodeUtf8(marker.bytes_begin(), length);
  if (length != marker.size())
    return false;
  for (const MergeSlot &merge : section.merges) {
    if (merge.left == kNone)
      continue;
    llvm::StringRef piece = vocabulary.tokens[merge.result];
    for (size_t at = piece.find(marker); at != llvm::StringRef::npos;
         at = piece.find(marker, at + marker.size()))
      if (at > 0 && !piece.take_front(at).ends_with(marker))
        return false;
  }
  return true;
}

/// Marks the tokens that their own piece encodes to.
Error markWholeTokens(TextSection &section) {
  std::vector<uint8_t> bytes;
  Asset asset;
  if (Error error = openHalfBuilt(section, bytes, asset))
    return error;
  Array<int32_t> ids;
  Bpe bpe(asset, ids);
  for (const WordSlot &slot : section.words) {
    if (slot.token == kNone)
      continue;
    ids.clear();
    Bytes piece = asset.piece(slot.token);
    bpe.encodeByMerges(piece.items, piece.size());
    if (ids.size() == 1 && uint32_t(ids[0]) == slot.token)
      section.tokenFlags[slot.token] |= kTokenWhole;
  }
  return Error::success();
}

/// The settings of the BPE model beside its vocabulary and merges.
Error readModel(const JsonObject &model, const Vocabulary &vocabulary,
                TextSection &section) {
  struct Row {
    const char *key;
    uint32_t flag;
  };
  for (Row row : {Row{"byte_fallback", kByteFallback},
                  {"fuse_unk", kFuseUnknown},
                  {"ignore_merges", kIgnoreMerges}}) {
    Expected<bool> set = model.booleanOr(row.key, false);
    if (!set)
      return set.takeError();
    if (*set)
      section.model.flags |= row.flag;
  }
  for (const char *key : {"continuing_subword_prefix", "end_of_word_suffix"}) {
    Expected<std::string> affix = model.stringOr(key, "");
    if (!affix)
      return affix.takeError();
    if (!affix->empty())
      return unsupported(model.file() + ": model." + key + " is not supported");
  }
  Expected<double> dropout = model.numberOr("dropout", 0);
  if (!dropout)
    return dropout.takeError();
  if (*dropout != 0)
    return unsupported(model.file() + ": model.dropout is not supported");
  Expected<std::string> unknown = model.stringOr("unk_token", "");
  if (!unknown)
    return unknown.takeError();
  auto at = vocabulary.model.find(*unknown);
  if (at != vocabulary.model.end())
    section.model.unknown = at->second;
  return Error::success();
}

} // namespace

Expected<Vocabulary> buildTokenizer(const JsonObject &root,
                                    TextSection &section) {
  Expected<JsonObject> model = root.object("model");
  if (!model)
    return model.takeError();
  Expected<std::string> type = model->stringOr("type", "BPE");
  if (!type)
    return type.takeError();
  if (*type == "Unigram" || *type == "WordPiece" || *type == "WordLevel")
    return unsupported(root.file() + ": the tokenizer model " + *type +
                       " is not supported, BPE is");
  if (*type != "BPE")
    return model->error("type", "BPE");
  Vocabulary vocabulary;
  std::vector<AddedToken> added;
  if (Error error = readVocabulary(root, *model, vocabulary, added, section))
    return std::move(error);
  if (Error error = readMerges(*model, vocabulary, section))
    return std::move(error);
  // Malformed before unsupported: a file with both is refused.
  Error rest = readModel(*model, vocabulary, section);
  rest = joinErrors(std::move(rest), readStages(root, section));
  rest = joinErrors(std::move(rest), readPostProcessor(root, section));
  rest = joinErrors(std::move(rest), readDecoder(root, vocabulary, section));
  if (rest)
    return std::move(rest);
  fillPieces(vocabulary, section);
  fillByteTokens(vocabulary, section);
  section.model.flags |= kHasTokenizer;
  if (Error error = fillTries(added, section))
    return std::move(error);
  if (canCutAtMarker(vocabulary, section))
    section.model.flags |= kCutAtMarker;
  if (Error error = markWholeTokens(section))
    return std::move(error);
  return vocabulary;
}

} // namespace llmc
