// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Text sections: any bytes are refused at open or can be used without harm.
#include "llmc/text.h"
#include <cstring>
#include <vector>

static void useTokenizer(llmc_text *text) {
  const char input[] = "Hi  wörld's\n 12 <s>日";
  int32_t *ids = nullptr;
  size_t count = 0, length = 0;
  llmc_text_encode(text, input, sizeof input - 1, 1, &ids, &count, nullptr);
  char *string = nullptr;
  llmc_text_decode(text, ids, count, 0, &string, &length, nullptr);
  llmc_text_free(string);
  llmc_text_free(ids);
  std::vector<int32_t> all;
  for (int32_t id = 0; id < 700; ++id)
    all.push_back(id);
  llmc_text_decode(text, all.data(), all.size(), 1, &string, &length, nullptr);
  llmc_text_free(string);
}

static void useTemplate(llmc_text *text) {
  llmc_values *pool = llmc_values_open();
  auto string = [&](const char *s) {
    return llmc_value_string(pool, s, strlen(s));
  };
  llmc_value *list = llmc_value_list(pool);
  for (const char *role : {"user", "assistant"}) {
    llmc_value *message = llmc_value_map(pool);
    llmc_value_set(pool, message, "role", 4, string(role));
    llmc_value_set(pool, message, "content", 7, string(" é "));
    llmc_value_append(pool, list, message);
  }
  llmc_value *variables = llmc_value_map(pool);
  llmc_value_set(pool, variables, "messages", 8, list);
  llmc_template_limits limits = {10000, 1 << 14, 1 << 19, 1};
  char *out = nullptr;
  size_t length = 0;
  llmc_text_template(text, variables, &limits, &out, &length, nullptr);
  llmc_text_free(out);
  llmc_values_close(pool);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  // In 8-byte words, as the section wants, and no longer than the input.
  std::vector<uint64_t> words((size + 7) / 8);
  if (size)
    memcpy(words.data(), data, size);
  llmc_text *text = nullptr;
  if (llmc_text_open(words.data(), size, &text, nullptr) != LLMC_TEXT_OK)
    return 0;
  useTokenizer(text);
  useTemplate(text);
  llmc_text_close(text);
  return 0;
}
