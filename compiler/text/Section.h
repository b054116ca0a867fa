// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The text section while it is being built: growing tables in, the bytes of
// runtime/text/format.h out.
#ifndef LLMC_TEXT_SECTION_H
#define LLMC_TEXT_SECTION_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "runtime/text/format.h"
#include "runtime/text/template/code.h"
#include <map>
#include <string>
#include <vector>

namespace llmc {

struct TextSection {
  text::Model model = {};
  std::string strings;
  std::vector<int32_t> eos;
  std::vector<text::Variable> variables;

  std::vector<uint32_t> pieceEnds;
  std::string pieces;
  std::vector<uint32_t> textEnds; ///< empty: the same as the pieces
  std::string texts;
  std::vector<uint16_t> tokenFlags;
  std::vector<text::WordSlot> words;
  std::vector<text::MergeSlot> merges;
  std::vector<uint32_t> byteTokens;
  std::vector<text::TrieNode> trie;
  std::vector<uint32_t> trieEdges;
  std::vector<text::Stage> stages;
  std::vector<int32_t> prefix, suffix;

  std::vector<text::Instruction> code;
  std::vector<text::Constant> constants;
  std::vector<text::Function> functions;

  TextSection();

  /// The place of `string` in `strings`, each kept once.
  text::StringSpan addString(llvm::StringRef string);

  /// All tables as one section; fails beyond 4 GiB.
  llvm::Expected<std::vector<uint8_t>> bytes() const;

private:
  std::map<std::string, text::StringSpan, std::less<>> known;
};

} // namespace llmc

#endif // LLMC_TEXT_SECTION_H
