// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/text/Section.h"
#include "compiler/text/Unsupported.h"
#include <cstring>

using namespace llvm;
using namespace llmc::text;

namespace llmc {

char Unsupported::ID = 0;

TextSection::TextSection() {
  model.unknown = kNone;
  model.bos = -1;
}

StringSpan TextSection::addString(llvm::StringRef string) {
  auto [at, isNew] = known.try_emplace(string.str());
  if (isNew) {
    at->second = {uint32_t(strings.size()), uint32_t(string.size())};
    strings += string;
  }
  return at->second;
}

Expected<std::vector<uint8_t>> TextSection::bytes() const {
  std::vector<uint8_t> out(sizeof(Header));
  Header header = {};
  std::memcpy(header.magic, kMagic, sizeof kMagic);
  header.version = kFormatVersion;
  header.sectionCount = kSectionCount;
  bool tooLong = false;
  auto add = [&](SectionId id, const auto *items, size_t count) {
    out.resize((out.size() + 7) / 8 * 8);
    header.sections[id] = {uint32_t(out.size()), uint32_t(count)};
    size_t size = count * sizeof *items;
    tooLong |= out.size() + size > UINT32_MAX - 8;
    if (tooLong || !size)
      return;
    size_t at = out.size();
    out.resize(at + size);
    std::memcpy(out.data() + at, items, size);
  };
  add(kSectionModel, &model, 1);
  add(kSectionStrings, strings.data(), strings.size());
  add(kSectionEos, eos.data(), eos.size());
  add(kSectionVariables, variables.data(), variables.size());
  add(kSectionPieceEnds, pieceEnds.data(), pieceEnds.size());
  add(kSectionPieces, pieces.data(), pieces.size());
  add(kSectionTextEnds, textEnds.data(), textEnds.size());
  add(kSectionTexts, texts.data(), texts.size());
  add(kSectionTokenFlags, tokenFlags.data(), tokenFlags.size());
  add(kSectionWords, words.data(), words.size());
  add(kSectionMerges, merges.data(), merges.size());
  add(kSectionBytes, byteTokens.data(), byteTokens.size());
  add(kSectionTrie, trie.data(), trie.size());
  add(kSectionTrieEdges, trieEdges.data(), trieEdges.size());
  add(kSectionStages, stages.data(), stages.size());
  add(kSectionPrefix, prefix.data(), prefix.size());
  add(kSectionSuffix, suffix.data(), suffix.size());
  add(kSectionCode, code.data(), code.size());
  add(kSectionConstants, constants.data(), constants.size());
  add(kSectionFunctions, functions.data(), functions.size());
  if (tooLong)
    return unsupported("the text tables exceed 4 GiB");
  out.resize((out.size() + 7) / 8 * 8);
  header.size = uint32_t(out.size());
  std::memcpy(out.data(), &header, sizeof header);
  return out;
}

} // namespace llmc
