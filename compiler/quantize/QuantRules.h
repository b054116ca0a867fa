// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The text form of a quantization rule, `[PATTERN=]SCHEME[:group=N][:asym]`,
// and which weights a rule means. What --quantize and the pass option share.
#ifndef LLMC_COMPILER_QUANTIZE_QUANTRULES_H
#define LLMC_COMPILER_QUANTIZE_QUANTRULES_H

#include "compiler/Options.h"
#include "llvm/Support/Error.h"

namespace llmc {

/// Text to rule. An error names the text and what would be accepted.
llvm::Expected<QuantRule> parseQuantRule(llvm::StringRef text);
/// Rule to text; parseQuantRule's inverse.
std::string formatQuantRule(const QuantRule &rule);

/// True when the shell-style `pattern` (* ? [..]) matches `name` or one of its
/// parts between dots: "q_proj", "model.layers.0.*", "*.down_proj.weight".
bool matchesPattern(llvm::StringRef pattern, llvm::StringRef name);

} // namespace llmc

#endif
