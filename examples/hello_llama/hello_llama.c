/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * Continues a text by the likeliest tokens and prints their ids. */
#include "fable.h"
#include <stdio.h>

int main(void) {
  static float logits[FABLE_VOCAB];
  const int32_t prompt[] = {4088, 698, 803, 259, 547, 11}; /* see README.md */
  llmc_session *session;
  llmc_sampler greedy;
  llmc_sampler_init(&greedy, NULL);
  if (llmc_session_open(&fable, NULL, &session) != LLMC_OK) {
    fprintf(stderr, "%s\n", llmc_last_open_error());
    return 1;
  }
  llmc_prefill(session, prompt, 6, LLMC_LAST_ROW, logits);
  for (int i = 0; i < 24; ++i) {
    int32_t token = llmc_sample(&greedy, logits, FABLE_VOCAB, NULL, NULL, 0);
    printf(i ? " %d" : "%d", token);
    llmc_decode(session, token, logits);
  }
  printf("\n");
  llmc_session_close(session);
  return 0;
}
