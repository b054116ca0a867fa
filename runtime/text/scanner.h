// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The pre-tokenizer patterns of the model families, written as scanners: text
// and a position in, the end of the piece that the regular expression would
// match there out. Each is linear in the piece it returns.
#ifndef LLMC_RUNTIME_TEXT_SCANNER_H
#define LLMC_RUNTIME_TEXT_SCANNER_H

#include "runtime/text/asset.h"

namespace llmc::text {

struct Match {
  const uint8_t *begin, *end;
};

/// The first match of a splitting stage in [p, end), valid UTF-8; false where
/// there is none. The patterns of GPT-2, Llama 3, Qwen 2 and o200k match at p
/// whatever stands there; the others may leave a gap before the match.
bool findMatch(const Asset &asset, const Stage &stage, const uint8_t *p,
               const uint8_t *end, Match &match);

} // namespace llmc::text

#endif // LLMC_RUNTIME_TEXT_SCANNER_H
