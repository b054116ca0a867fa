// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// tokenizer.model (SentencePiece's ModelProto, a protobuf) -> the value that
// tokenizer.json has for the same model, so that one reader builds the tables.
// BPE models whose normalization is the identity, as in Llama 2, Mistral and
// Gemma folders.
#ifndef LLMC_TEXT_SENTENCEPIECE_H
#define LLMC_TEXT_SENTENCEPIECE_H

#include "compiler/support/Json.h"
#include "llvm/ADT/ArrayRef.h"

namespace llmc {

/// `name` begins every error message. `config`: what tokenizer_config.json holds
/// (add_bos_token, add_eos_token, added_tokens_decoder), or null. A file that is
/// well formed but not of that kind is an Unsupported error.
llvm::Expected<Json> readSentencePiece(llvm::ArrayRef<uint8_t> file,
                                       llvm::StringRef name,
                                       const Json &config);

} // namespace llmc

#endif // LLMC_TEXT_SENTENCEPIECE_H
