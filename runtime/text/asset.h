// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// An opened text section: the tables of format.h as checked spans. Opening
// checks every offset, count, token and node that the rest of this library
// follows without looking, so that a damaged section is an error here and
// nowhere else.
#ifndef LLMC_RUNTIME_TEXT_ASSET_H
#define LLMC_RUNTIME_TEXT_ASSET_H

#include "llmc/text.h"
#include "runtime/text/format.h"
#include <stddef.h>
#include <stdint.h>

namespace llmc::text {

/// Items that stand in the section.
template <typename T> struct Span {
  const T *items = nullptr;
  size_t count = 0;

  size_t size() const { return count; }
  bool empty() const { return count == 0; }
  const T &operator[](size_t i) const { return items[i]; }
  const T *begin() const { return items; }
  const T *end() const { return items + count; }
};

using Bytes = Span<uint8_t>;

struct Instruction; // template.h
struct Constant;
struct Function;

struct Asset {
  const Model *model = nullptr;
  Bytes strings;
  Span<int32_t> eos;
  Span<Variable> variables;

  Span<uint32_t> pieceEnds;
  Bytes pieces;
  Span<uint32_t> textEnds;
  Bytes texts;
  Span<uint16_t> tokenFlags;
  Span<WordSlot> words;
  Span<MergeSlot> merges;
  Span<uint32_t> byteTokens;
  Span<TrieNode> trie;
  Span<uint32_t> trieEdges;
  Span<Stage> stages;
  Span<int32_t> prefix;
  Span<int32_t> suffix;

  Span<Instruction> code;
  Span<Constant> constants;
  Span<Function> functions;

  /// Which bytes can begin an added token: of the raw text, of normalized text.
  bool rawStart[256] = {};
  bool normalizedStart[256] = {};

  /// The words of one ASCII character, or kNone.
  uint32_t asciiWords[128] = {};

  bool has(ModelFlag flag) const { return model->flags & flag; }
  Bytes string(StringSpan span) const {
    return {strings.items + span.offset, span.size};
  }
  Bytes piece(uint32_t token) const {
    uint32_t begin = token ? pieceEnds[token - 1] : 0;
    return {pieces.items + begin, pieceEnds[token] - begin};
  }
  Bytes text(uint32_t token) const {
    uint32_t begin = token ? textEnds[token - 1] : 0;
    return {texts.items + begin, textEnds[token] - begin};
  }

  /// The token whose piece is exactly these bytes, or kNone.
  uint32_t findWord(const uint8_t *p, size_t size) const;
  /// The merge of two tokens, or nullptr.
  const MergeSlot *findMerge(uint32_t left, uint32_t right) const;
};

/// Reads the section at `data`; nullptr when it is in order, else what is
/// wrong with it (a constant string).
const char *openAsset(const void *data, size_t size, Asset &asset);

/// Writes one line to `message` where that is not null; returns `status`.
llmc_text_status report(llmc_text_status status, llmc_text_message *message,
                        const char *format, ...)
    __attribute__((format(printf, 3, 4)));

} // namespace llmc::text

/// What the C API hands out.
struct llmc_text {
  llmc::text::Asset asset;
};

#endif // LLMC_RUNTIME_TEXT_ASSET_H
