/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Text of a compiled model: tokenizer and chat template. The text section of
 * an artefact goes in; token ids, text and prompts come out. The section is
 * only read, never written, and must outlive what is opened on it. Statuses
 * are returned, nothing is thrown, printed or aborted; a damaged section gives
 * an error. One llmc_text may be used by many threads at once; streams and
 * value pools belong to one thread at a time.
 */
#ifndef LLMC_TEXT_H
#define LLMC_TEXT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum llmc_text_status {
  LLMC_TEXT_OK = 0,
  LLMC_TEXT_DAMAGED = 1,   /* the text section is not one, or is damaged */
  LLMC_TEXT_ABSENT = 2,    /* the model has no tokenizer or no template */
  LLMC_TEXT_BAD_INPUT = 3, /* text that is not UTF-8, a negative id, ... */
  LLMC_TEXT_REFUSED = 4,   /* the template refused the conversation */
  LLMC_TEXT_LIMIT = 5,     /* a step, output or memory limit was reached */
  LLMC_TEXT_NO_MEMORY = 6
} llmc_text_status;

/* One line saying what went wrong; written where a status is not OK. Every
 * function that takes one also takes NULL. */
typedef struct llmc_text_message {
  char text[256];
} llmc_text_message;

typedef struct llmc_text llmc_text;

/* Opens the text section of `size` bytes at `data` (8-byte aligned). */
llmc_text_status llmc_text_open(const void *data, size_t size, llmc_text **out,
                                llmc_text_message *message);
void llmc_text_close(llmc_text *text);

/* Frees what a function below has returned as its result. NULL is allowed. */
void llmc_text_free(void *result);

/* --- Tokens -------------------------------------------------------------- */

/* Nonzero where the model has a tokenizer / a chat template. */
int llmc_text_has_tokenizer(const llmc_text *text);
int llmc_text_has_template(const llmc_text *text);

/* One more than the largest token id; 0 without a tokenizer. */
uint32_t llmc_text_vocab_size(const llmc_text *text);

/* The ids that end generation, `*count` of them (0 where none is known). They
 * and the BOS id (-1 where there is none) are known without a tokenizer too. */
const int32_t *llmc_text_eos(const llmc_text *text, size_t *count);
int32_t llmc_text_bos(const llmc_text *text);

/* Text of `length` bytes -> `*count` token ids in `*ids` (llmc_text_free).
 * `add_special` puts the model's BOS and EOS around them as its post-processor
 * says. Special tokens written in the text are recognised either way. */
llmc_text_status llmc_text_encode(const llmc_text *text, const char *string,
                                  size_t length, int add_special, int32_t **ids,
                                  size_t *count, llmc_text_message *message);

/* `count` ids -> text of `*length` bytes, always UTF-8 and followed by a zero
 * byte, in `*string` (llmc_text_free). `skip_special` leaves special tokens
 * out. Ids beyond the vocabulary stand for no text. */
llmc_text_status llmc_text_decode(const llmc_text *text, const int32_t *ids,
                                  size_t count, int skip_special, char **string,
                                  size_t *length, llmc_text_message *message);

/* What a token inside a text stands for: `*length` bytes at `*bytes`, which need
 * not be whole characters, live as long as `text`, and are none for special
 * tokens and ids that stand for no text. */
void llmc_text_token_bytes(const llmc_text *text, int32_t id,
                           const char **bytes, size_t *length);

/* Decodes token by token: the pieces joined are exactly what llmc_text_decode
 * gives for all ids, and no piece ends inside a UTF-8 character. */
typedef struct llmc_text_stream llmc_text_stream;

llmc_text_status llmc_text_stream_open(const llmc_text *text, int skip_special,
                                       llmc_text_stream **out);
/* The text that has become certain with `id`; may be empty. It stays valid
 * until the next call on the stream. */
llmc_text_status llmc_text_stream_push(llmc_text_stream *stream, int32_t id,
                                       const char **piece, size_t *length);
/* `count` ids that stand before what is pushed next; their text is not given. A
 * character that they leave unfinished comes whole with the id that ends it. */
llmc_text_status llmc_text_stream_follow(llmc_text_stream *stream,
                                         const int32_t *ids, size_t count);
/* What was held back; the stream then stands at its start again. */
llmc_text_status llmc_text_stream_finish(llmc_text_stream *stream,
                                         const char **piece, size_t *length);
void llmc_text_stream_close(llmc_text_stream *stream);

/* --- Chat template ------------------------------------------------------- */

/* Values that a template reads. They live in a pool and are freed with it; a
 * function that finds no memory, or bytes that are not UTF-8, returns NULL, and
 * NULL given as a part or a
 * container makes the result NULL, so one check at the end is enough. */
typedef struct llmc_values llmc_values;
typedef struct llmc_value llmc_value;

llmc_values *llmc_values_open(void);
void llmc_values_close(llmc_values *pool);

llmc_value *llmc_value_null(llmc_values *pool);
llmc_value *llmc_value_bool(llmc_values *pool, int value);
llmc_value *llmc_value_int(llmc_values *pool, int64_t value);
llmc_value *llmc_value_double(llmc_values *pool, double value);
/* Copies the bytes, which must be UTF-8. */
llmc_value *llmc_value_string(llmc_values *pool, const char *string,
                              size_t length);
llmc_value *llmc_value_list(llmc_values *pool);
llmc_value *llmc_value_map(llmc_values *pool);
/* Appends, and returns `list`. */
llmc_value *llmc_value_append(llmc_values *pool, llmc_value *list,
                              llmc_value *item);
/* Sets a key, order kept, and returns `map`. */
llmc_value *llmc_value_set(llmc_values *pool, llmc_value *map, const char *key,
                           size_t key_length, llmc_value *item);

/* Zero means the default. */
typedef struct llmc_template_limits {
  uint64_t steps;  /* instructions and copied bytes; 50 million */
  uint64_t output; /* bytes of output; 16 MiB */
  uint64_t memory; /* bytes of values made on the way; 256 MiB */
  int64_t now;     /* what strftime_now shows: seconds since 1970, local time */
} llmc_template_limits;

/* Runs the chat template with the variables of the map `variables` (messages,
 * add_generation_prompt, tools, ...). BOS, EOS and the like are known to it
 * without being given. The output, `*length` bytes and a zero byte, is in
 * `*string` (llmc_text_free). `limits` may be NULL. */
llmc_text_status llmc_text_template(const llmc_text *text,
                                    const llmc_value *variables,
                                    const llmc_template_limits *limits,
                                    char **string, size_t *length,
                                    llmc_text_message *message);

#ifdef __cplusplus
}
#endif

#endif /* LLMC_TEXT_H */
