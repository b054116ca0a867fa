// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// tokenizer.json (the form of the `tokenizers` library) -> the tokenizer's
// tables of a text section. BPE models, byte-level or SentencePiece style.
#ifndef LLMC_TEXT_TOKENIZER_H
#define LLMC_TEXT_TOKENIZER_H

#include "compiler/support/Json.h"
#include "compiler/text/Section.h"
#include <unordered_map>

namespace llmc {

/// Token strings by id and back, as tokenizer.json writes them.
struct Vocabulary {
  std::vector<std::string> tokens;
  std::vector<bool> present;
  std::unordered_map<std::string, uint32_t> model; ///< pieces of the BPE model
  std::unordered_map<std::string, uint32_t> added; ///< added tokens

  /// The id of an added token or a piece, or text::kNone.
  uint32_t find(const std::string &token) const;
};

/// An added token that is looked for in the raw or in the normalized text.
struct AddedToken {
  std::string content;
  uint32_t id;
  bool normalized;
};

/// Fills the tokenizer's tables and sets kHasTokenizer.
llvm::Expected<Vocabulary> buildTokenizer(const JsonObject &root,
                                          TextSection &section);

// The parts of it, one file each.

/// model.vocab and added_tokens -> token flags and `vocabulary`.
llvm::Error readVocabulary(const JsonObject &root, const JsonObject &model,
                           Vocabulary &vocabulary,
                           std::vector<AddedToken> &added,
                           TextSection &section);
/// model.merges -> the table of merges; needs the vocabulary.
llvm::Error readMerges(const JsonObject &model, const Vocabulary &vocabulary,
                       TextSection &section);
/// normalizer and pre_tokenizer -> stages; sets kByteLevel and the marker.
llvm::Error readStages(const JsonObject &root, TextSection &section);
/// post_processor -> prefix and suffix.
llvm::Error readPostProcessor(const JsonObject &root, TextSection &section);
/// decoder -> decode flags, and each token's text.
llvm::Error readDecoder(const JsonObject &root, const Vocabulary &vocabulary,
                        TextSection &section);

/// The splitting stage of a regular expression; refuses one that does not
/// parse, and reports one that is not known as unsupported.
llvm::Expected<text::Stage> stageOfPattern(llvm::StringRef where,
                                           llvm::StringRef pattern);

/// The bytes that a byte-level token's characters stand for (each byte is one
/// printable character, Radford et al. 2019); false where one stands for none.
bool byteLevelBytes(llvm::StringRef token, std::string &bytes);
/// The characters of one byte.
std::string byteLevelChar(uint8_t byte);

/// Every `from` in `text` replaced.
std::string replaceAllIn(llvm::StringRef text, llvm::StringRef from,
                         llvm::StringRef to);

} // namespace llmc

#endif // LLMC_TEXT_TOKENIZER_H
