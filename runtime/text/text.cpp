// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "llmc/text.h"
#include "runtime/text/asset.h"
#include <new>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

using namespace llmc::text;

namespace llmc::text {

llmc_text_status report(llmc_text_status status, llmc_text_message *message,
                        const char *format, ...) {
  if (message) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message->text, sizeof message->text, format, arguments);
    va_end(arguments);
  }
  return status;
}

} // namespace llmc::text

llmc_text_status llmc_text_open(const void *data, size_t size, llmc_text **out,
                                llmc_text_message *message) {
  *out = nullptr;
  void *memory = malloc(sizeof(llmc_text));
  if (!memory)
    return report(LLMC_TEXT_NO_MEMORY, message, "out of memory");
  auto *text = new (memory) llmc_text;
  if (const char *error = openAsset(data, size, text->asset)) {
    llmc_text_close(text);
    return report(LLMC_TEXT_DAMAGED, message, "%s", error);
  }
  *out = text;
  return LLMC_TEXT_OK;
}

void llmc_text_close(llmc_text *text) { free(text); }

void llmc_text_free(void *result) { free(result); }

int llmc_text_has_tokenizer(const llmc_text *text) {
  return text->asset.has(kHasTokenizer);
}

int llmc_text_has_template(const llmc_text *text) {
  return text->asset.has(kHasTemplate);
}

uint32_t llmc_text_vocab_size(const llmc_text *text) {
  return text->asset.has(kHasTokenizer) ? text->asset.model->vocabSize : 0;
}

const int32_t *llmc_text_eos(const llmc_text *text, size_t *count) {
  *count = text->asset.eos.size();
  return text->asset.eos.items;
}

int32_t llmc_text_bos(const llmc_text *text) { return text->asset.model->bos; }
