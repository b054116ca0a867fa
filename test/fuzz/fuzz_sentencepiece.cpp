// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// tokenizer.model: any bytes are refused with one line, or give a value that
// the reader of tokenizer.json takes or refuses with one line.
#include "compiler/text/SentencePiece.h"
#include "compiler/text/Tokenizer.h"
#include <cstdlib>

using namespace llmc;

static void check(llvm::Error error) {
  std::string why = llvm::toString(std::move(error));
  if (why.find("t.model: ") != 0 || why.find('\n') != std::string::npos)
    abort();
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  Json config;
  llvm::Expected<Json> json = readSentencePiece({data, size}, "t.model", config);
  if (!json) {
    check(json.takeError());
    return 0;
  }
  JsonObject root = llvm::cantFail(JsonObject::get(*json, "t.model"));
  TextSection section;
  llvm::Expected<Vocabulary> made = buildTokenizer(root, section);
  if (!made)
    check(made.takeError());
  return 0;
}
