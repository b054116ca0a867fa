// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A model folder's text files -> the text section of an artefact
// (runtime/text/format.h): tokenizer.json, tokenizer_config.json,
// chat_template.jinja, generation_config.json and config.json. No weight is
// read. What is malformed is an error; what is absent, or well formed but not
// supported, is left out with one warning.
#ifndef LLMC_TEXT_TEXTASSET_H
#define LLMC_TEXT_TEXTASSET_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <cstdint>
#include <string>
#include <vector>

namespace llmc {

struct TextAsset {
  std::vector<uint8_t> bytes; ///< the section; wants 8-byte alignment
  std::vector<std::string> warnings;
  std::vector<int32_t> eos; ///< ids that end generation
  int32_t bos = -1;
  uint32_t vocabSize = 0; ///< of the tokenizer; 0 without one
  bool hasTokenizer = false;
  bool hasTemplate = false;
};

llvm::Expected<TextAsset> buildTextAsset(llvm::StringRef folder);

} // namespace llmc

#endif // LLMC_TEXT_TEXTASSET_H
