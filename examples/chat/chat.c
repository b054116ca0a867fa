/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * A chat by the C API: every line of standard input is a message, the answer is
 * streamed. The model's own template and end tokens are used; what the KV cache
 * already holds of the conversation is not computed again. */
#include "fable.h"
#include <llmc/text.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static llmc_text *text;
static llmc_session *session;
static int32_t held[FABLE_CONTEXT]; /* the tokens in the KV cache */

static int is_end(int32_t token) {
  size_t count;
  const int32_t *eos = llmc_text_eos(text, &count);
  while (count && *eos != token)
    ++eos, --count;
  return count != 0;
}

static void add_message(llmc_values *pool, llmc_value *messages,
                        const char *role, const char *content, size_t length) {
  llmc_value *message = llmc_value_map(pool);
  llmc_value_set(pool, message, "role", 4,
                 llmc_value_string(pool, role, strlen(role)));
  llmc_value_set(pool, message, "content", 7,
                 llmc_value_string(pool, content, length));
  llmc_value_append(pool, messages, message);
}

/* The conversation so far as tokens, by the chat template. */
static int render(llmc_values *pool, llmc_value *messages, int32_t **ids,
                  size_t *count) {
  llmc_text_message error;
  llmc_value *variables = llmc_value_map(pool);
  char *prompt = NULL;
  size_t length;
  llmc_value_set(pool, variables, "messages", 8, messages);
  llmc_value_set(pool, variables, "add_generation_prompt", 21,
                 llmc_value_bool(pool, 1));
  int good = llmc_text_template(text, variables, NULL, &prompt, &length,
                                &error) == LLMC_TEXT_OK &&
             llmc_text_encode(text, prompt, length, 0, ids, count, &error) ==
                 LLMC_TEXT_OK;
  if (!good)
    fprintf(stderr, "%s\n", error.text);
  llmc_text_free(prompt);
  return good;
}

/* Streams the answer to `ids`; `answer` gets its tokens. Returns their count. */
static size_t speak(const int32_t *ids, size_t count, int32_t *answer) {
  static float logits[FABLE_VOCAB];
  const char *piece;
  size_t length, common = 0, n = 0;
  llmc_text_stream *stream;
  llmc_sampler greedy;
  llmc_sampler_init(&greedy, NULL);
  int32_t before = llmc_session_length(session, 0);
  while (common < (size_t)before && common + 1 < count &&
         held[common] == ids[common])
    ++common;
  llmc_session_truncate(session, 0, (int32_t)common);
  llmc_status status =
      llmc_prefill(session, ids + common, (int64_t)(count - common),
                   LLMC_LAST_ROW, logits);
  if (status != LLMC_OK ||
      llmc_text_stream_open(text, 1, &stream) != LLMC_TEXT_OK) {
    fprintf(stderr, "%s\n", llmc_status_text(status));
    return 0;
  }
  memcpy(held, ids, count * sizeof(int32_t));
  while (count < FABLE_CONTEXT) {
    int32_t token = llmc_sample(&greedy, logits, FABLE_VOCAB, NULL, NULL, 0);
    if (is_end(token))
      break;
    answer[n++] = held[count++] = token;
    if (llmc_text_stream_push(stream, token, &piece, &length) == LLMC_TEXT_OK)
      fwrite(piece, 1, length, stdout), fflush(stdout);
    llmc_decode(session, token, logits);
  }
  if (llmc_text_stream_finish(stream, &piece, &length) == LLMC_TEXT_OK)
    fwrite(piece, 1, length, stdout);
  llmc_text_stream_close(stream);
  return n;
}

int main(void) {
  static char line[4096];
  static int32_t answer[FABLE_CONTEXT];
  llmc_text_message error;
  if (llmc_session_open(&fable, NULL, &session) != LLMC_OK) {
    fprintf(stderr, "%s\n", llmc_last_open_error());
    return 1;
  }
  if (llmc_text_open(fable.text, (size_t)fable.text_bytes, &text, &error) !=
      LLMC_TEXT_OK) {
    fprintf(stderr, "%s\n", error.text);
    return 1;
  }
  llmc_values *pool = llmc_values_open();
  llmc_value *messages = llmc_value_list(pool);
  while (fgets(line, sizeof(line), stdin)) {
    int32_t *ids = NULL;
    size_t count = 0, length = 0;
    char *words = NULL;
    add_message(pool, messages, "user", line, strcspn(line, "\n"));
    if (!render(pool, messages, &ids, &count))
      return 1;
    size_t n = speak(ids, count, answer);
    printf("\n");
    llmc_text_free(ids);
    if (!n || llmc_text_decode(text, answer, n, 1, &words, &length, &error) !=
                  LLMC_TEXT_OK)
      break;
    add_message(pool, messages, "assistant", words, length);
    llmc_text_free(words);
  }
  llmc_values_close(pool);
  llmc_text_close(text);
  llmc_session_close(session);
  return 0;
}
