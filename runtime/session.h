// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A session: one block of memory (its own mapping or the caller's) that holds
// this structure, the row arrays of a step, the arena, the private regions and
// the KV cache, plus the worker threads and the mapped weights.
#ifndef LLMC_RUNTIME_SESSION_H
#define LLMC_RUNTIME_SESSION_H

#include "llmc/runtime.h"
#include "runtime/thread_pool.h"
#include "runtime/weights.h"

struct llmc_session {
  const llmc_model *model;
  const llmc_variant *variant;
  std::atomic<bool> busy, interrupted;
  int32_t sequences;
  llmc_step step; // constant fields set at open
  // Row arrays that step points to, [rows_max]; lengths [sequences].
  int32_t *tokens, *row_sequences, *positions, *logit_rows, *lengths;
  size_t mapped_bytes; // of our own mapping; 0: the caller's memory
  llmc::rt::Weights weights;
  llmc::rt::ThreadPool pool;
};

namespace llmc::rt {

/// Where the parts of a session lie in its memory: byte offsets, each a
/// multiple of 64.
struct SessionLayout {
  int64_t workers, rows, lengths, arena, private_arena, kv, bytes;
  int64_t private_stride;
};

/// LLMC_BAD_MODEL where the sizes do not fit into 64 bits.
llmc_status layOut(const llmc_model &model, int32_t threads, int32_t sequences,
                   SessionLayout *layout);

} // namespace llmc::rt

#endif
