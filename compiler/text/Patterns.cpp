// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The pre-tokenizer patterns that have a scanner in runtime/text/scanner.cpp.
#define PCRE2_CODE_UNIT_WIDTH 8
#include "compiler/text/Tokenizer.h"
#include "compiler/text/Unsupported.h"
#include <pcre2.h>

using namespace llvm;
using namespace llmc::text;

namespace llmc {
namespace {

#define LLMC_SUFFIXES "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
#define LLMC_HEAD "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]"
#define LLMC_TAIL "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]"
#define LLMC_BEFORE "[^\\r\\n\\p{L}\\p{N}]?"
#define LLMC_SPACES "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"
#define LLMC_SENTENCES(digits)                                                 \
  LLMC_SUFFIXES "|" LLMC_BEFORE "\\p{L}+|" digits                              \
                "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*" LLMC_SPACES
#define LLMC_CASED(suffix, digits)                                             \
  LLMC_BEFORE LLMC_HEAD "*" LLMC_TAIL "+" suffix "|" LLMC_BEFORE LLMC_HEAD     \
                        "+" LLMC_TAIL "*" suffix "|" digits                    \
                        "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*" LLMC_SPACES

struct Pattern {
  const char *text;
  StageKind kind;
  uint32_t number;
  uint32_t options;
};

const Pattern kPatterns[] = {
    // GPT-2
    {"'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+"
     "|\\s+(?!\\S)|\\s+",
     kStageWords, 0, 0},
    // Llama 3, Qwen 2, and cl100k, whose possessive forms match the same
    {LLMC_SENTENCES("\\p{N}{1,3}"), kStageSentences, 3, 0},
    {LLMC_SENTENCES("\\p{N}"), kStageSentences, 1, 0},
    {"'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}+|\\p{N}{1,3}"
     "| ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*|\\s*[\\r\\n]|\\s+(?!\\S)|\\s+",
     kStageSentences, 3, 0},
    // o200k and Tekken
    {LLMC_CASED(LLMC_SUFFIXES "?", "\\p{N}{1,3}"), kStageCased, 3,
     kContractions},
    {LLMC_CASED("", "\\p{N}"), kStageCased, 1, 0},
    // Digits
    {"\\p{N}", kStageDigits, 1, 0},
    {"\\p{N}+", kStageDigits, 0, 0},
    {"\\p{N}{1,3}", kStageDigits, 3, 0},
};

} // namespace

Expected<Stage> stageOfPattern(llvm::StringRef where, llvm::StringRef pattern) {
  for (const Pattern &row : kPatterns)
    if (pattern == row.text)
      return Stage{row.kind, row.number, kIsolated, row.options, {}, {}};
  int code = 0;
  PCRE2_SIZE offset = 0;
  pcre2_code *compiled = pcre2_compile(
      reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(),
      PCRE2_UTF | PCRE2_UCP, &code, &offset, nullptr);
  if (compiled) {
    pcre2_code_free(compiled);
    return unsupported(where + " has the pattern \"" + pattern.take_front(60) +
                       "\"; supported are those of GPT-2, Llama 3, Qwen 2, "
                       "o200k and digits");
  }
  PCRE2_UCHAR reason[128] = {};
  pcre2_get_error_message(code, reason, sizeof reason);
  return malformed(where + ": the regular expression \"" +
                   pattern.take_front(60) + "\" does not parse at character " +
                   Twine(offset) + ": " + reinterpret_cast<char *>(reason));
}

} // namespace llmc
