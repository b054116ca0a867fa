/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * The contract between a compiled model (X.o) and the runtime: the layout of
 * `llmc_model`, of the step that the generated graphs read, and of the KV
 * cache. The compiler writes these structures, the runtime reads them, both
 * include this header and nothing else of each other. Layouts are frozen per
 * LLMC_ABI_VERSION and asserted below. */
#ifndef LLMC_MODEL_ABI_H
#define LLMC_MODEL_ABI_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LLMC_MAGIC 0x434d4c6cu /* "llMC" */
#define LLMC_ABI_VERSION 1u
#define LLMC_WEIGHTS_ID_BYTES 32
#define LLMC_MAX_EOS 16

/* Element type of the KV cache. */
enum { LLMC_KV_F32 = 0, LLMC_KV_F16 = 1, LLMC_KV_I8 = 2 };

/* What one run of a graph works on. All arrays have `rows` entries. The
 * runtime fills it; generated code only reads it. Field order is known to the
 * compiler (exec inputs name these fields). */
typedef struct llmc_step {
  uint8_t *arena;         /* shared buffers, llmc_model.arena_bytes; zero at the
                             first step, kept from step to step */
  uint8_t *private_arena; /* one region per thread, private_stride apart */
  int64_t private_stride;
  const uint8_t *weights; /* base of the packed weights */
  uint8_t *kv;            /* base of the KV cache */
  const int32_t *tokens;    /* [rows] token ids, each < vocab */
  const int32_t *sequences; /* [rows] KV slot of each row */
  const int32_t *positions; /* [rows] position of each row in its sequence */
  int64_t rows;
  const int32_t *logit_rows; /* [n_logit_rows] ascending rows to give logits for */
  int64_t n_logit_rows;
  float *logits; /* [n_logit_rows, vocab] */
  void *barrier; /* llmc_barrier_wait's state */
} llmc_step;

/* A graph: every worker thread calls it with its index. On return of all
 * threads the logits are complete. */
typedef void (*llmc_graph)(const llmc_step *step, int32_t thread,
                           int32_t threads);

/* Called by generated code between steps: returns when all threads of the
 * step have called it. Provided by the runtime. */
void llmc_barrier_wait(void *barrier, int32_t thread);

/* One CPU variant of the generated code. `isa` is a bit set of the ISA
 * features of kernels/isa_features.def in row order. `sve_bits` is the exact
 * vector length the code needs, 0 for any. */
typedef struct llmc_variant {
  const char *target; /* "neoverse-v2" */
  uint64_t isa;
  int32_t sve_bits;
  int32_t reserved;
  llmc_graph decode;  /* rows == 1, n_logit_rows 0 or 1 */
  llmc_graph prefill; /* 1 <= rows <= rows_max */
} llmc_variant;

/* Model facts, for `info` and for callers. */
typedef struct llmc_config {
  int32_t vocab, hidden, layers, heads, kv_heads, head_dim, ffn;
  int32_t context; /* KV capacity: tokens per sequence */
  int32_t rows_max; /* most rows in one prefill step */
  int32_t kv_type;  /* LLMC_KV_* */
  int32_t bos;      /* -1: none */
  int32_t n_eos;
  int32_t eos[LLMC_MAX_EOS];
} llmc_config;

/* The descriptor: the one exported symbol of X.o, named by --name. */
typedef struct llmc_model {
  uint32_t magic, abi_version;
  const char *name;
  const char *scheme; /* "int4", ... as given to --quantize */
  const llmc_config *config;
  const llmc_variant *variants; /* best first */
  int64_t n_variants;
  int64_t arena_bytes;          /* shared part, 64-byte aligned base */
  int64_t private_bytes;        /* per thread */
  int64_t kv_bytes_per_sequence;
  const uint8_t *weights; /* embedded weights, or null: weights_file */
  int64_t weights_bytes;
  const char *weights_file; /* file name without folder, or null */
  uint8_t weights_id[LLMC_WEIGHTS_ID_BYTES]; /* stands at the head of the file */
  const uint8_t *text; /* tokenizer and template tables (llmc/text.h), or null */
  int64_t text_bytes;
  const char *info_json; /* provenance and contract sheet, one JSON object */
  const struct llmc_model *draft; /* speculative decoding, or null */
} llmc_model;

/* X.weights: this header, then the packed weights at LLMC_WEIGHTS_OFFSET. */
#define LLMC_WEIGHTS_OFFSET 4096
typedef struct llmc_weights_header {
  char magic[8]; /* "LLMCWGT1" */
  uint8_t id[LLMC_WEIGHTS_ID_BYTES];
  int64_t bytes; /* of the packed weights */
} llmc_weights_header;

/* KV cache of one sequence: for every layer K then V, each
 * [kv_heads][context][head_dim] elements of kv_type. (I8: plus f32 scales per
 * (head, position) after the elements; see kernels/layouts/kv_layout.h.) */

#if defined(__cplusplus)
#define LLMC_ASSERT_ABI(c) static_assert(c, #c)
#else
#define LLMC_ASSERT_ABI(c) _Static_assert(c, #c)
#endif
LLMC_ASSERT_ABI(sizeof(void *) == 8);
LLMC_ASSERT_ABI(sizeof(llmc_step) == 13 * 8);
LLMC_ASSERT_ABI(offsetof(llmc_step, tokens) == 40);
LLMC_ASSERT_ABI(offsetof(llmc_step, rows) == 64);
LLMC_ASSERT_ABI(offsetof(llmc_step, logits) == 88);
LLMC_ASSERT_ABI(sizeof(llmc_variant) == 40);
LLMC_ASSERT_ABI(sizeof(llmc_config) == 12 * 4 + 4 * LLMC_MAX_EOS);
LLMC_ASSERT_ABI(offsetof(llmc_model, arena_bytes) == 48);
LLMC_ASSERT_ABI(offsetof(llmc_model, weights_id) == 96);
LLMC_ASSERT_ABI(sizeof(llmc_model) == 160);

#ifdef __cplusplus
}
#endif
#endif
