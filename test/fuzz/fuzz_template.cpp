// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Chat templates: any source is refused with one line, or gives a program that
// opens and that ends.
#include "compiler/text/Template.h"
#include "llmc/text.h"
#include <cstdlib>
#include <cstring>

using namespace llmc;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  TextSection section;
  llvm::StringRef source(reinterpret_cast<const char *>(data), size);
  if (llvm::Error error = compileTemplate(source, "t", section)) {
    std::string why = llvm::toString(std::move(error));
    if (why.find("t: ") != 0 || why.find('\n') != std::string::npos)
      abort();
    return 0;
  }
  std::vector<uint8_t> bytes = llvm::cantFail(section.bytes());
  llmc_text *text = nullptr;
  if (llmc_text_open(bytes.data(), bytes.size(), &text, nullptr))
    abort();
  llmc_values *pool = llmc_values_open();
  llmc_value *list = llmc_value_list(pool), *message = llmc_value_map(pool);
  llmc_value_set(pool, message, "role", 4, llmc_value_string(pool, "user", 4));
  llmc_value_set(pool, message, "content", 7, llmc_value_string(pool, " é ", 4));
  llmc_value_append(pool, list, message);
  llmc_value *variables = llmc_value_map(pool);
  llmc_value_set(pool, variables, "messages", 8, list);
  llmc_value_set(pool, variables, "n", 1, llmc_value_int(pool, -7));
  llmc_template_limits limits = {10000, 1 << 14, 1 << 19, 1};
  char *out = nullptr;
  size_t length = 0;
  llmc_text_message why;
  llmc_text_status status =
      llmc_text_template(text, variables, &limits, &out, &length, &why);
  if (status == LLMC_TEXT_DAMAGED) // the compiler's own programs never are
    abort();
  llmc_text_free(out);
  llmc_values_close(pool);
  llmc_text_close(text);
  return 0;
}
