// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// tokenizer.json: any bytes are refused with one line, or give tables that open
// and encode.
#include "compiler/text/Tokenizer.h"
#include "llmc/text.h"
#include <cstdlib>

using namespace llmc;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  llvm::StringRef source(reinterpret_cast<const char *>(data), size);
  llvm::Expected<Json> json = parseJson(source, "t.json");
  llvm::Expected<JsonObject> root =
      json ? JsonObject::get(*json, "t.json")
           : llvm::Expected<JsonObject>(json.takeError());
  TextSection section;
  llvm::Expected<Vocabulary> made =
      root ? buildTokenizer(*root, section)
           : llvm::Expected<Vocabulary>(root.takeError());
  if (!made) {
    llvm::consumeError(made.takeError());
    return 0;
  }
  std::vector<uint8_t> bytes = llvm::cantFail(section.bytes());
  llmc_text *text = nullptr;
  if (llmc_text_open(bytes.data(), bytes.size(), &text, nullptr))
    abort();
  const char input[] = "the cat  sat <s>é\n12";
  int32_t *ids = nullptr;
  size_t count = 0, length = 0;
  if (llmc_text_encode(text, input, sizeof input - 1, 1, &ids, &count, nullptr))
    abort();
  char *string = nullptr;
  if (llmc_text_decode(text, ids, count, 0, &string, &length, nullptr))
    abort();
  llmc_text_free(string);
  llmc_text_free(ids);
  llmc_text_close(text);
  return 0;
}
