/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * Continues the text given as first argument and streams the words. */
#include "fable.h"
#include <llmc/text.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv) {
  static float logits[FABLE_VOCAB];
  const char *prompt = argc > 1 ? argv[1] : "Once upon a time,", *piece;
  llmc_session *session;
  llmc_text *text;
  llmc_text_stream *stream;
  llmc_text_message error;
  llmc_sampler greedy;
  int32_t *ids;
  size_t count, length;
  if (llmc_session_open(&fable, NULL, &session) != LLMC_OK) {
    fprintf(stderr, "%s\n", llmc_last_open_error());
    return 1;
  }
  if (llmc_text_open(fable.text, (size_t)fable.text_bytes, &text, &error) ||
      llmc_text_encode(text, prompt, strlen(prompt), 1, &ids, &count, &error) ||
      llmc_text_stream_open(text, 1, &stream)) {
    fprintf(stderr, "%s\n", error.text);
    return 1;
  }
  llmc_sampler_init(&greedy, NULL);
  llmc_status status =
      llmc_prefill(session, ids, (int64_t)count, LLMC_LAST_ROW, logits);
  for (int i = 0; i < 64 && status == LLMC_OK; ++i) {
    int32_t token = llmc_sample(&greedy, logits, FABLE_VOCAB, NULL, NULL, 0);
    if (llmc_text_stream_push(stream, token, &piece, &length) == LLMC_TEXT_OK)
      fwrite(piece, 1, length, stdout);
    status = llmc_decode(session, token, logits);
  }
  printf("\n");
  llmc_text_free(ids);
  llmc_text_stream_close(stream);
  llmc_text_close(text);
  llmc_session_close(session);
  return 0;
}
