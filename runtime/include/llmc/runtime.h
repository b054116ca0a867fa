/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * Runs a model compiled by `llmc compile`. The library never aborts, exits,
 * prints, or throws; it allocates only in llmc_session_open (and nothing when
 * the caller gives the memory). Every call returns a status.
 *
 * Threads. A session belongs to one caller at a time: calls on one session
 * must not overlap (they answer LLMC_BUSY where that is seen), except
 * llmc_session_interrupt. Different sessions are independent, also of one
 * model. A session runs its own worker threads; the caller's thread is
 * worker 0.
 *
 * Results are bit-identical for any number of threads, any chunking of a
 * prompt and by decode alone, for one object on one target. */
#ifndef LLMC_RUNTIME_H
#define LLMC_RUNTIME_H

#include "llmc/model_abi.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum llmc_status {
  LLMC_OK = 0,
  LLMC_INVALID_ARGUMENT, /* null pointer, token id or slot out of range */
  LLMC_BAD_MODEL,        /* magic, ABI version or sizes do not fit */
  LLMC_UNSUPPORTED_CPU,  /* llmc_session_error names what is missing */
  LLMC_NO_WEIGHTS,       /* weights file not found or not the model's */
  LLMC_OUT_OF_MEMORY,
  LLMC_THREAD_FAILED,    /* the system refused a thread */
  LLMC_CONTEXT_FULL,     /* sequence would exceed the KV capacity */
  LLMC_BUSY,             /* another call is running on this session */
  LLMC_INTERRUPTED       /* llmc_session_interrupt was called */
} llmc_status;

/* A short constant English text for a status. Never null. */
const char *llmc_status_text(llmc_status status);

typedef struct llmc_session llmc_session;

/* Zero-initialised options are the defaults. */
typedef struct llmc_session_options {
  int32_t threads;   /* 0: cores by affinity and cgroup quota */
  int32_t sequences; /* KV slots; 0: 1 */
  int32_t pin;       /* 1: pin worker threads to cores */
  const char *weights_path; /* X.weights; null: beside the program, then
                               the file or folder in LLMC_WEIGHTS */
  void *memory;        /* caller's memory, 64-byte aligned, or null */
  size_t memory_bytes; /* at least llmc_session_memory(...) */
} llmc_session_options;

/* Bytes that a session with these options needs in `memory` (arena, KV
 * cache, private regions, thread stacks excluded). */
llmc_status llmc_session_memory(const llmc_model *model,
                                const llmc_session_options *options,
                                size_t *bytes);

/* Opens a session. On failure *session is null and the reason, naming CPU
 * feature or file, is in llmc_last_open_error() of the calling thread. */
llmc_status llmc_session_open(const llmc_model *model,
                              const llmc_session_options *options,
                              llmc_session **session);
const char *llmc_last_open_error(void);
void llmc_session_close(llmc_session *session);

/* Facts. */
const llmc_model *llmc_session_model(const llmc_session *session);
const llmc_variant *llmc_session_variant(const llmc_session *session);
int32_t llmc_session_threads(const llmc_session *session);
/* Tokens in the KV cache of a slot. */
int32_t llmc_session_length(const llmc_session *session, int32_t sequence);

/* Forgets the tokens of a slot from `length` on. 0 empties it. */
llmc_status llmc_session_truncate(llmc_session *session, int32_t sequence,
                                  int32_t length);
/* Makes the running prefill return LLMC_INTERRUPTED at the next step. Safe
 * from any thread and from a signal handler. */
void llmc_session_interrupt(llmc_session *session);

/* Which logits llmc_prefill writes. */
typedef enum llmc_logits {
  LLMC_NO_LOGITS = 0, /* logits may be null */
  LLMC_LAST_ROW = 1,  /* [vocab] */
  LLMC_ALL_ROWS = 2   /* [n, vocab] */
} llmc_logits;

/* Appends n tokens to slot 0 and computes logits. Splits n into steps of at
 * most rows_max rows. LLMC_CONTEXT_FULL before anything is computed when they
 * do not fit. */
llmc_status llmc_prefill(llmc_session *session, const int32_t *tokens,
                         int64_t n, llmc_logits which, float *logits);

/* Appends one token to slot 0; logits [vocab] or null. */
llmc_status llmc_decode(llmc_session *session, int32_t token, float *logits);

/* One step over rows of any sequences (batching, speculative
 * verification). Rows of one sequence stand in ascending position and continue
 * its length. logits [number of wants_logits != 0][vocab]. */
typedef struct llmc_row {
  int32_t token, sequence, wants_logits;
} llmc_row;
llmc_status llmc_step_rows(llmc_session *session, const llmc_row *rows,
                           int64_t n, float *logits);

/* Sampling. Zero fields are off; temperature 0 is greedy. Order: repetition
 * penalty over `recent`, temperature, top-k, top-p, min-p, draw. */
typedef struct llmc_sampler_options {
  float temperature, top_p, min_p, repeat_penalty;
  int32_t top_k;
  uint64_t seed;
} llmc_sampler_options;
typedef struct llmc_sampler {
  llmc_sampler_options options;
  uint64_t state[4];
} llmc_sampler;
void llmc_sampler_init(llmc_sampler *sampler,
                       const llmc_sampler_options *options);
/* Picks a token from logits [vocab], which are overwritten. scratch: vocab
 * int32 entries (null when greedy). recent: the last n_recent tokens. */
int32_t llmc_sample(llmc_sampler *sampler, float *logits, int32_t vocab,
                    int32_t *scratch, const int32_t *recent, int32_t n_recent);

#ifdef __cplusplus
}
#endif
#endif
