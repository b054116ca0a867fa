// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `tokenize` and `template`: the verbs that need an opened text section and no
// weights. The stand-alone program runs them on the model's own section, llmc
// on one made from a folder's text files. Options in, output on stdout; each
// throws std::runtime_error where the input is wrong.
#ifndef LLMC_TOOLS_PROGRAM_VERBS_TEXT_H
#define LLMC_TOOLS_PROGRAM_VERBS_TEXT_H

#include "runtime/serve/model_text.h"

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace llmc::program {

/// Text to ids (1,2,3 on a line), with --decode ids to text.
struct TokenizeOptions {
  std::vector<std::string> text; // one or none; none: all of stdin
  bool plain = false;            // no BOS and EOS around the text
  bool decode = false;           // ids to text
  std::vector<std::string> ids;  // to decode; none: all of stdin
  bool skipSpecial = false;      // decode: leave special tokens out
  bool batch = false;            // one JSON value a line in, one a line out
};
void addOptions(CLI::App &app, TokenizeOptions &options);
void tokenize(const serve::Text &text, const TokenizeOptions &options);

/// The chat template's output for a list of messages, or for an object with
/// "messages" and, if wanted, "add_generation_prompt", "tools", "documents" and
/// "template_kwargs" (further variables).
struct TemplateOptions {
  std::string messages; // JSON file
  bool batch = false;   // one such value a line in, one JSON string a line out
};
void addOptions(CLI::App &app, TemplateOptions &options);
void applyTemplate(const serve::Text &text, const TemplateOptions &options);

/// `batch` of both, on one line: a string gives its ids, a list of ids their
/// text, an object with "messages" the template's output (with `asIds`, the
/// ids of that). ASCII-only JSON; {"error": ...} where refused.
std::string batchLine(const serve::Text &text, const std::string &line,
                      const TokenizeOptions &options, bool asIds);

} // namespace llmc::program

#endif
