// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The bytes of an artefact's text section: a header with a table of sections,
// each an array of the little-endian structs below. compiler/text writes it,
// this library reads it in place. Offsets count from the header; nothing in it
// is an address, so it may lie anywhere that is 8-byte aligned.
#ifndef LLMC_RUNTIME_TEXT_FORMAT_H
#define LLMC_RUNTIME_TEXT_FORMAT_H

#include <stdint.h>

namespace llmc::text {

constexpr char kMagic[8] = {'L', 'L', 'M', 'C', 'T', 'X', 'T', 0};
constexpr uint32_t kFormatVersion = 1;
constexpr uint32_t kNone = 0xFFFFFFFFu;

enum SectionId : uint32_t {
  // Of every text section.
  kSectionModel,     ///< one Model
  kSectionStrings,   ///< bytes that StringSpans name
  kSectionEos,       ///< int32 ids that end generation
  kSectionVariables, ///< Variable: what a template knows (bos_token, ...)
  // Of a tokenizer.
  kSectionPieceEnds,  ///< uint32: end of each token's piece in Pieces
  kSectionPieces,     ///< bytes the model matches, token after token
  kSectionTextEnds,   ///< like PieceEnds, for Texts; empty: the same as Pieces
  kSectionTexts,      ///< bytes a token stands for when decoded
  kSectionTokenFlags, ///< uint16 for each token
  kSectionWords,      ///< hash table of WordSlot: the model's vocabulary
  kSectionMerges,     ///< hash table of MergeSlot
  kSectionBytes,      ///< uint32[256]: token of a byte, or kNone
  kSectionTrie,       ///< TrieNode: added tokens
  kSectionTrieEdges,  ///< uint32: byte << 24 | node
  kSectionStages,     ///< Stage: normalizers, then pre-tokenizers
  kSectionPrefix,     ///< int32 ids put before a text
  kSectionSuffix,     ///< int32 ids put after a text
  // Of a chat template.
  kSectionCode,      ///< Instruction
  kSectionConstants, ///< Constant
  kSectionFunctions, ///< Function: macros; the first is the template itself
  kSectionCount
};

struct Section {
  uint32_t offset; ///< multiple of 8
  uint32_t count;  ///< items, not bytes
};

struct Header {
  char magic[8];
  uint32_t version;
  uint32_t size; ///< of the whole, in bytes
  uint32_t sectionCount;
  uint32_t reserved;
  Section sections[kSectionCount];
};

struct StringSpan {
  uint32_t offset, size; ///< within kSectionStrings
};

enum ModelFlag : uint32_t {
  kHasTokenizer = 1 << 0,
  kHasTemplate = 1 << 1,
  kByteLevel = 1 << 2,    ///< symbols are bytes, else characters
  kByteFallback = 1 << 3, ///< unknown characters become byte tokens
  kFuseUnknown = 1 << 4,  ///< a run of unknown characters is one token
  kIgnoreMerges = 1 << 5, ///< a word of the vocabulary is one token at once
  kCutAtMarker = 1 << 6,  ///< no merge reaches across "x|marker"
  kLossyText = 1 << 7,    ///< decode: bytes of all tokens, U+FFFD where broken
  kByteRuns = 1 << 8,     ///< decode: runs of byte tokens, whole or broken
  kDropMarker = 1 << 9,   ///< decode: the first token loses all its markers
};

struct Model {
  uint32_t flags;
  uint32_t vocabSize; ///< tokens, ids 0 to vocabSize - 1
  uint32_t unknown;   ///< token, or kNone
  int32_t bos;        ///< token, or -1
  uint32_t normalizers; ///< the first so many Stages
  uint32_t rawTrie;        ///< root node of tokens found in the raw text
  uint32_t normalizedTrie; ///< root of those found after normalizing
  uint32_t stripCount;     ///< decode: at most so many `strip` are dropped ...
  StringSpan strip;         ///< ... from the start of the text
  StringSpan marker;        ///< the character that stands for a space
};

enum TokenFlag : uint16_t {
  kTokenAbsent = 1 << 0,  ///< a hole in the numbering
  kTokenSpecial = 1 << 1, ///< left out where special tokens are skipped
  kTokenByte = 1 << 2,    ///< byte fallback: its text is that one byte
  kTokenWhole = 1 << 3,   ///< merging its piece gives this token alone
  kTokenSingleWord = 1 << 4, ///< added token: only between non-word characters
  kTokenLeftStrip = 1 << 5,  ///< added token: takes white space before it
  kTokenRightStrip = 1 << 6, ///< ... and after it
};

/// Open addressing: from slotOf(hash, slots) on, until an empty slot. At least
/// one slot is empty.
struct WordSlot {
  uint32_t tag;   ///< low half of the hash
  uint32_t token; ///< kNone where empty
};

struct MergeSlot {
  uint32_t left, right; ///< tokens; left is kNone where empty
  uint32_t rank;        ///< smaller merges first
  uint32_t result;
};

struct TrieNode {
  uint32_t firstEdge; ///< its edges end where the next node's begin
  uint32_t token;     ///< that ends here, or kNone
};

enum StageKind : uint32_t {
  // Normalizers.
  kStagePrepend, ///< string a before a non-empty text
  kStageReplace, ///< every a by b
  kStageNfc,
  // Pre-tokenizers.
  kStageWords,     ///< GPT-2 pattern
  kStageSentences, ///< Llama 3 and Qwen 2 patterns; `number` digits at most
  kStageCased,     ///< o200k and Tekken; `number`, option kContractions
  kStageDigits,    ///< runs of \p{N} of at most `number` (0: any length)
  kStageLiteral,   ///< string a
  kStageSpacePrefix, ///< a space before a text that begins with none
  kStageMetaspace,   ///< spaces to marker b, prepended by kPrepend...
  kStageCount
};

enum SplitBehavior : uint32_t {
  kIsolated,
  kRemoved,
  kMergedWithPrevious,
  kMergedWithNext,
  kContiguous
};

enum StageOption : uint32_t {
  kContractions = 1 << 0,
  kPrependAlways = 1 << 1,
  kPrependFirst = 1 << 2,
  kSplitAtMarker = 1 << 3,
};

struct Stage {
  uint32_t kind;
  uint32_t number;
  uint32_t behavior;
  uint32_t options;
  StringSpan a, b;
};

/// A string variable of the template.
struct Variable {
  StringSpan name, value;
};

/// Fast hash of a short byte string; part of the format.
inline uint64_t hashBytes(const uint8_t *p, uint64_t size) {
  uint64_t h = size * 0x9E3779B97F4A7C15u;
  auto mix = [&](uint64_t word) {
    __extension__ typedef unsigned __int128 Wide;
    Wide product = Wide(h ^ word) * 0xD6E8FEB86659FD93u;
    h = uint64_t(product) ^ uint64_t(product >> 64) ^ 0xA0761D6478BD642Fu;
  };
  uint64_t word;
  for (; size > 8; p += 8, size -= 8) {
    __builtin_memcpy(&word, p, 8);
    mix(word);
  }
  word = 0;
  if (size >= 4) { // two overlapping halves cover 4 to 8 bytes
    uint32_t low, high;
    __builtin_memcpy(&low, p, 4);
    __builtin_memcpy(&high, p + size - 4, 4);
    word = uint64_t(high) << 32 | low;
  } else if (size > 0) {
    word = p[0] | uint64_t(p[size / 2]) << 8 | uint64_t(p[size - 1]) << 16;
  }
  mix(word);
  return h ^ h >> 32;
}

inline uint64_t hashPair(uint32_t left, uint32_t right) {
  uint64_t h = (uint64_t(left) << 32 | right) * 0x9E3779B97F4A7C15u;
  h = (h ^ h >> 29) * 0xBF58476D1CE4E5B9u;
  return h ^ h >> 32;
}

inline uint32_t slotOf(uint64_t hash, uint32_t slots) {
  return uint32_t((hash >> 32) * slots >> 32);
}

} // namespace llmc::text

#endif // LLMC_RUNTIME_TEXT_FORMAT_H
