// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The JSON reader: any bytes give a value or one line of error. A value that
// is written and read again is the same value.
#include "compiler/support/Json.h"
#include <cstdlib>

using namespace llmc;

static void checkError(llvm::Error error) {
  std::string why = llvm::toString(std::move(error));
  if (why.find('\n') != std::string::npos || why.find("fuzz.json: ") != 0)
    abort();
}

template <typename T> static void checkOptional(llvm::Expected<T> value) {
  if (!value)
    checkError(value.takeError());
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  llvm::StringRef text(reinterpret_cast<const char *>(data), size);
  llvm::Expected<Json> json = parseJson(text, "fuzz.json");
  if (!json) {
    checkError(json.takeError());
    return 0;
  }
  if (auto object = JsonObject::get(*json, "fuzz.json")) {
    for (const auto &[key, value] : json->items()) {
      checkOptional(object->integer(key));
      checkOptional(object->string(key));
      checkOptional(object->booleanOr(key, true));
    }
  } else {
    checkError(object.takeError());
  }
  llvm::Expected<Json> again = parseJson(json->dump(), "again.json");
  if (!again) {
    llvm::consumeError(again.takeError());
    abort();
  }
  if (*again != *json)
    abort();
  return 0;
}
