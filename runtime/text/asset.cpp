// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/text/asset.h"
#include "runtime/text/template/code.h"
#include "runtime/text/unicode.h"
#include <initializer_list>
#include <string.h>

namespace llmc::text {
namespace {

/// Opens sections one by one; `error` is the first thing found wrong.
class Opener {
public:
  Opener(const uint8_t *base, size_t size, Asset &asset)
      : base(base), size(size), asset(asset) {}

  const char *run();

private:
  bool check(bool condition, const char *what) {
    if (!condition && !error)
      error = what;
    return !error;
  }
  template <typename T> void section(SectionId id, Span<T> &out) {
    const Section &s = header->sections[id];
    if (check(s.offset % 8 == 0 && s.offset <= size &&
                  s.count <= (size - s.offset) / sizeof(T),
              "a table lies outside the text section"))
      out = {reinterpret_cast<const T *>(base + s.offset), s.count};
  }
  bool inStrings(StringSpan s) const {
    return s.offset <= asset.strings.size() &&
           s.size <= asset.strings.size() - s.offset &&
           validUtf8(asset.strings.items + s.offset, s.size) == s.size;
  }
  bool isToken(uint32_t token) const {
    return token < asset.model->vocabSize;
  }
  void openTables();
  void checkModel();
  void checkEnds(const Span<uint32_t> &ends, const Bytes &bytes, bool utf8,
                 uint16_t exceptFlag);
  void checkTokens();
  void checkTrie();
  void checkStages();

  const uint8_t *base;
  size_t size;
  Asset &asset;
  const Header *header = nullptr;
  const char *error = nullptr;
};

void Opener::openTables() {
  section(kSectionStrings, asset.strings);
  section(kSectionEos, asset.eos);
  section(kSectionVariables, asset.variables);
  section(kSectionPieceEnds, asset.pieceEnds);
  section(kSectionPieces, asset.pieces);
  section(kSectionTextEnds, asset.textEnds);
  section(kSectionTexts, asset.texts);
  section(kSectionTokenFlags, asset.tokenFlags);
  section(kSectionWords, asset.words);
  section(kSectionMerges, asset.merges);
  section(kSectionBytes, asset.byteTokens);
  section(kSectionTrie, asset.trie);
  section(kSectionTrieEdges, asset.trieEdges);
  section(kSectionStages, asset.stages);
  section(kSectionPrefix, asset.prefix);
  section(kSectionSuffix, asset.suffix);
  section(kSectionCode, asset.code);
  section(kSectionConstants, asset.constants);
  section(kSectionFunctions, asset.functions);
}

void Opener::checkModel() {
  const Model &model = *asset.model;
  check(inStrings(model.strip) && inStrings(model.marker),
        "a string lies outside the text section");
  bool usesMarker = asset.has(kCutAtMarker) || asset.has(kDropMarker);
  check((!usesMarker || model.marker.size > 0) &&
            (!model.stripCount || model.strip.size > 0),
        "the text section misses a string");
  for (const Variable &v : asset.variables)
    check(inStrings(v.name) && inStrings(v.value),
          "a variable lies outside the text section");
  for (int32_t id : asset.eos)
    check(id >= 0, "an end-of-sequence id is negative");
  check(model.bos >= -1, "the begin-of-sequence id is negative");
}

/// `ends` must ascend within `bytes`; where `utf8`, what lies between must be
/// UTF-8, but for tokens with `exceptFlag`.
void Opener::checkEnds(const Span<uint32_t> &ends, const Bytes &bytes,
                       bool utf8, uint16_t exceptFlag) {
  uint32_t last = 0;
  for (size_t i = 0; i < ends.size(); ++i) {
    uint32_t end = ends[i];
    if (!check(end >= last && end <= bytes.size(),
               "a token's bytes lie outside the text section"))
      return;
    if (utf8 && !(asset.tokenFlags[i] & exceptFlag))
      check(validUtf8(bytes.items + last, end - last) == end - last,
            "a token's bytes are not UTF-8");
    last = end;
  }
}

void Opener::checkTokens() {
  const Model &model = *asset.model;
  uint32_t n = model.vocabSize;
  if (!check(n > 0 && asset.pieceEnds.size() == n &&
                 asset.tokenFlags.size() == n && asset.byteTokens.size() == 256,
             "the token tables differ in size"))
    return;
  if (asset.textEnds.empty()) {
    asset.textEnds = asset.pieceEnds;
    asset.texts = asset.pieces;
  }
  check(asset.textEnds.size() == n, "the token tables differ in size");
  // Only where tokens are put together as bytes may a text be half a character.
  checkEnds(asset.pieceEnds, asset.pieces, !asset.has(kByteLevel), 0);
  if (!error)
    checkEnds(asset.textEnds, asset.texts, !asset.has(kLossyText),
              asset.has(kByteRuns) ? kTokenByte : 0);
  check(model.unknown == kNone || isToken(model.unknown),
        "the unknown token is none of the tokens");
  bool someEmpty = false;
  for (const WordSlot &slot : asset.words) {
    someEmpty |= slot.token == kNone;
    check(slot.token == kNone || isToken(slot.token), "a word has no token");
  }
  check(someEmpty, "the table of words is full");
  someEmpty = false;
  for (const MergeSlot &slot : asset.merges) {
    someEmpty |= slot.left == kNone;
    check(slot.left == kNone || isToken(slot.result), "a merge has no token");
  }
  check(someEmpty, "the table of merges is full");
  for (uint32_t token : asset.byteTokens)
    check(token == kNone || isToken(token), "a byte has no token");
  for (const Span<int32_t> *ids : {&asset.prefix, &asset.suffix})
    for (int32_t id : *ids)
      check(id >= 0 && isToken(uint32_t(id)), "a post-processor token is none");
}

void Opener::checkTrie() {
  const Model &model = *asset.model;
  // The last node only ends the edges of the one before it.
  if (!check(asset.trie.size() >= 3 && model.rawTrie < asset.trie.size() - 1 &&
                 model.normalizedTrie < asset.trie.size() - 1,
             "the added tokens have no root"))
    return;
  uint32_t last = 0;
  for (const TrieNode &node : asset.trie) {
    check(node.firstEdge >= last && node.firstEdge <= asset.trieEdges.size(),
          "an added token lies outside the text section");
    check(node.token == kNone || isToken(node.token),
          "an added token is none of the tokens");
    last = node.firstEdge;
  }
  for (uint32_t edge : asset.trieEdges)
    check((edge & 0xFFFFFF) + 1 < asset.trie.size(),
          "an added token lies outside the text section");
  if (error)
    return;
  auto starts = [&](uint32_t root, bool *start) {
    for (uint32_t e = asset.trie[root].firstEdge;
         e < asset.trie[root + 1].firstEdge; ++e)
      start[asset.trieEdges[e] >> 24] = true;
  };
  starts(model.rawTrie, asset.rawStart);
  starts(model.normalizedTrie, asset.normalizedStart);
  check(asset.trie[model.rawTrie].token == kNone &&
            asset.trie[model.normalizedTrie].token == kNone,
        "an added token is empty");
}

void Opener::checkStages() {
  check(asset.model->normalizers <= asset.stages.size() &&
            asset.stages.size() <= 16,
        "the text section has too many stages");
  for (const Stage &stage : asset.stages) {
    check(stage.kind < kStageCount && stage.behavior <= kContiguous,
          "a stage is of an unknown kind");
    check(inStrings(stage.a) && inStrings(stage.b),
          "a stage's string lies outside the text section");
    bool needsA = stage.kind == kStageReplace || stage.kind == kStageLiteral;
    check((!needsA || stage.a.size > 0) &&
              (stage.kind != kStageMetaspace || stage.b.size > 0),
          "a stage has no string");
  }
}

const char *Opener::run() {
  if (size < sizeof(Header) || reinterpret_cast<uintptr_t>(base) % 8)
    return size < sizeof(Header) ? "the text section is too short"
                                 : "the text section is not aligned";
  header = reinterpret_cast<const Header *>(base);
  if (memcmp(header->magic, kMagic, sizeof kMagic) != 0)
    return "this is no text section";
  if (header->version != kFormatVersion ||
      header->sectionCount != kSectionCount)
    return "the text section has another version";
  if (header->size > size)
    return "the text section is cut short";
  size = header->size;
  Span<Model> model;
  section(kSectionModel, model);
  if (!check(model.size() == 1, "the text section has no model"))
    return error;
  asset.model = model.items;
  openTables();
  if (!error)
    checkModel();
  if (!error && asset.has(kHasTokenizer)) {
    checkTokens();
    if (!error)
      checkTrie();
    if (!error)
      checkStages();
    for (uint8_t c = 0; !error && c < 128; ++c)
      asset.asciiWords[c] = asset.findWord(&c, 1);
  }
  if (!error && asset.has(kHasTemplate))
    error = checkCode(asset);
  return error;
}

} // namespace

uint32_t Asset::findWord(const uint8_t *p, size_t size) const {
  uint64_t hash = hashBytes(p, size);
  uint32_t slots = uint32_t(words.size());
  for (uint32_t i = slotOf(hash, slots);; i = i + 1 == slots ? 0 : i + 1) {
    const WordSlot &slot = words[i];
    if (slot.token == kNone)
      return kNone;
    if (slot.tag != uint32_t(hash))
      continue;
    Bytes found = piece(slot.token);
    if (found.size() == size && memcmp(found.items, p, size) == 0)
      return slot.token;
  }
}

const MergeSlot *Asset::findMerge(uint32_t left, uint32_t right) const {
  uint32_t slots = uint32_t(merges.size());
  for (uint32_t i = slotOf(hashPair(left, right), slots);;
       i = i + 1 == slots ? 0 : i + 1) {
    const MergeSlot &slot = merges[i];
    if (slot.left == left && slot.right == right)
      return &slot;
    if (slot.left == kNone)
      return nullptr;
  }
}

const char *openAsset(const void *data, size_t size, Asset &asset) {
  return Opener(static_cast<const uint8_t *>(data), size, asset).run();
}

} // namespace llmc::text
