// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Opens and closes sessions: everything that may fail or allocate.
#include "runtime/session.h"

#include "runtime/cpu_count.h"
#include "runtime/model.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

namespace llmc::rt {

// Appends `count` parts of `size` bytes at a multiple of kCacheLine.
static bool append(int64_t *end, int64_t size, int64_t count,
                   int64_t *offset) {
  int64_t bytes;
  *offset = *end;
  return !__builtin_mul_overflow(size, count, &bytes) &&
         !__builtin_add_overflow(bytes, *end + int64_t(kCacheLine) - 1,
                                 &bytes) &&
         (*end = bytes / int64_t(kCacheLine) * int64_t(kCacheLine), true);
}

llmc_status layOut(const llmc_model &model, int32_t threads, int32_t sequences,
                   SessionLayout *layout) {
  const int64_t entry = sizeof(int32_t), rowArrays = 4;
  int64_t line = kCacheLine, end = 0, self;
  if (model.private_bytes > INT64_MAX - line)
    return fail(LLMC_BAD_MODEL, "model descriptor: private_bytes is %lld",
                (long long)model.private_bytes);
  // At least one line more: the next thread's region is not prefetched.
  layout->private_stride = (model.private_bytes / line + 1) * line;
  if (append(&end, sizeof(llmc_session), 1, &self) &&
      append(&end, sizeof(ThreadPool::Worker), threads, &layout->workers) &&
      append(&end, entry * rowArrays, model.config->rows_max, &layout->rows) &&
      append(&end, entry, sequences, &layout->lengths) &&
      append(&end, model.arena_bytes, 1, &layout->arena) &&
      append(&end, layout->private_stride, threads, &layout->private_arena) &&
      append(&end, model.kv_bytes_per_sequence, sequences, &layout->kv)) {
    layout->bytes = end;
    return LLMC_OK;
  }
  return fail(LLMC_BAD_MODEL, "a session of %d threads and %d sequences has no "
                              "size in 64 bits", threads, sequences);
}

static llmc_status checkOptions(const llmc_session_options &options,
                                int32_t *threads, int32_t *sequences) {
  if (options.threads < 0 || options.threads > kMaxThreads)
    return fail(LLMC_INVALID_ARGUMENT, "threads is %d; 0 to %d are allowed",
                options.threads, kMaxThreads);
  if (options.sequences < 0)
    return fail(LLMC_INVALID_ARGUMENT, "sequences is %d", options.sequences);
  *threads = options.threads ? options.threads : defaultThreads();
  *threads = *threads > kMaxThreads ? kMaxThreads : *threads;
  *sequences = options.sequences ? options.sequences : 1;
  return LLMC_OK;
}

static llmc_status memoryFor(const llmc_session_options &options,
                             const SessionLayout &layout, uint8_t **memory,
                             size_t *mapped_bytes) {
  *mapped_bytes = 0;
  if (options.memory) {
    if (uintptr_t(options.memory) % 64)
      return fail(LLMC_INVALID_ARGUMENT,
                  "the session's memory is not aligned to 64 bytes");
    // Room to move up to a whole cache line is part of the asked size.
    size_t shift = -uintptr_t(options.memory) % kCacheLine;
    if (options.memory_bytes < size_t(layout.bytes) + kCacheLine)
      return fail(LLMC_INVALID_ARGUMENT,
                  "the session needs %lld bytes of memory, %zu were given",
                  (long long)(layout.bytes + int64_t(kCacheLine)),
                  options.memory_bytes);
    *memory = static_cast<uint8_t *>(options.memory) + shift;
    // Fresh mappings are zero; garbage could be NaN where a kernel reads a
    // whole KV block and multiplies its unused end by zero.
    memset(*memory, 0, size_t(layout.bytes));
    return LLMC_OK;
  }
  void *mapping = mmap(nullptr, size_t(layout.bytes), PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapping == MAP_FAILED)
    return fail(LLMC_OUT_OF_MEMORY, "no memory for a session of %lld bytes: %s",
                (long long)layout.bytes, strerror(errno));
  madvise(mapping, size_t(layout.bytes), MADV_HUGEPAGE);
  *memory = static_cast<uint8_t *>(mapping);
  *mapped_bytes = size_t(layout.bytes);
  return LLMC_OK;
}

static void fillSession(llmc_session *session, uint8_t *memory,
                        const SessionLayout &layout) {
  int32_t rows_max = session->model->config->rows_max;
  session->tokens = reinterpret_cast<int32_t *>(memory + layout.rows);
  session->row_sequences = session->tokens + rows_max;
  session->positions = session->row_sequences + rows_max;
  session->logit_rows = session->positions + rows_max;
  session->lengths = reinterpret_cast<int32_t *>(memory + layout.lengths);
  llmc_step &step = session->step;
  step.arena = memory + layout.arena;
  step.private_arena = memory + layout.private_arena;
  step.private_stride = layout.private_stride;
  step.weights = session->weights.data;
  step.kv = memory + layout.kv;
  step.tokens = session->tokens;
  step.sequences = session->row_sequences;
  step.positions = session->positions;
  step.logit_rows = session->logit_rows;
  step.barrier = &session->pool.barrier;
}

static llmc_status open(const llmc_model *model,
                        const llmc_session_options &options,
                        llmc_session **out) {
  int32_t threads, sequences;
  const llmc_variant *variant;
  SessionLayout layout;
  Weights weights;
  uint8_t *memory;
  size_t mapped_bytes;
  llmc_status status = checkModel(model);
  if (status == LLMC_OK)
    status = checkOptions(options, &threads, &sequences);
  if (status == LLMC_OK)
    status = chooseVariant(model, cpuFeatures(), &variant);
  if (status == LLMC_OK)
    status = layOut(*model, threads, sequences, &layout);
  if (status == LLMC_OK)
    status = weights.open(*model, options.weights_path);
  if (status != LLMC_OK)
    return status;
  status = memoryFor(options, layout, &memory, &mapped_bytes);
  if (status != LLMC_OK) {
    weights.close();
    return status;
  }
  auto *session = reinterpret_cast<llmc_session *>(memory); // all zero
  session->model = model;
  session->variant = variant;
  session->sequences = sequences;
  session->weights = weights;
  session->mapped_bytes = mapped_bytes;
  fillSession(session, memory, layout);
  status = session->pool.start(
      threads, options.pin != 0,
      reinterpret_cast<ThreadPool::Worker *>(memory + layout.workers));
  if (status != LLMC_OK) {
    weights.close();
    if (mapped_bytes)
      munmap(memory, mapped_bytes);
    return status;
  }
  *out = session;
  return LLMC_OK;
}

} // namespace llmc::rt

using namespace llmc::rt;

llmc_status llmc_session_memory(const llmc_model *model,
                                const llmc_session_options *options,
                                size_t *bytes) {
  clearError();
  if (!bytes)
    return fail(LLMC_INVALID_ARGUMENT, "bytes is a null pointer");
  int32_t threads, sequences;
  SessionLayout layout;
  llmc_status status = checkModel(model);
  if (status == LLMC_OK)
    status = checkOptions(options ? *options : llmc_session_options{}, &threads,
                          &sequences);
  if (status == LLMC_OK)
    status = layOut(*model, threads, sequences, &layout);
  *bytes = status == LLMC_OK ? size_t(layout.bytes) + kCacheLine : 0;
  return status;
}

llmc_status llmc_session_open(const llmc_model *model,
                              const llmc_session_options *options,
                              llmc_session **session) {
  clearError();
  if (!session)
    return fail(LLMC_INVALID_ARGUMENT, "session is a null pointer");
  *session = nullptr;
  return open(model, options ? *options : llmc_session_options{}, session);
}

void llmc_session_close(llmc_session *session) {
  if (!session)
    return;
  session->pool.stop();
  session->weights.close();
  if (session->mapped_bytes)
    munmap(session, session->mapped_bytes);
}

const llmc_model *llmc_session_model(const llmc_session *session) {
  return session->model;
}

const llmc_variant *llmc_session_variant(const llmc_session *session) {
  return session->variant;
}

int32_t llmc_session_threads(const llmc_session *session) {
  return session->pool.threads;
}

int32_t llmc_session_length(const llmc_session *session, int32_t sequence) {
  return sequence < 0 || sequence >= session->sequences
             ? 0
             : session->lengths[sequence];
}
