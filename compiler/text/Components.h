// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the normalizers, pre-tokenizers, processors and decoders of
// tokenizer.json have in common: a component is an object with a "type", or a
// Sequence of components.
#ifndef LLMC_TEXT_COMPONENTS_H
#define LLMC_TEXT_COMPONENTS_H

#include "compiler/support/Json.h"
#include <initializer_list>
#include <vector>

namespace llmc {

/// The components at `root[key]` in order, Sequences (whose parts stand at
/// `listKey`) taken apart; none where the key is absent.
llvm::Error flattenComponents(const JsonObject &root, llvm::StringRef key,
                              llvm::StringRef listKey,
                              std::vector<JsonObject> &out);

/// A type without a case: unsupported where the reference knows it (`known`),
/// else malformed, naming what was `expected`.
llvm::Error unknownType(const JsonObject &component, llvm::StringRef type,
                        std::initializer_list<llvm::StringRef> known,
                        const llvm::Twine &expected);

/// The pattern of a Replace or Split: a literal in `text` and true, or a
/// regular expression and false.
llvm::Expected<bool> readPattern(const JsonObject &component,
                                 std::string &text);

} // namespace llmc

#endif // LLMC_TEXT_COMPONENTS_H
