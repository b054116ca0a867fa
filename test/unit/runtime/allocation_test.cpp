// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Counts every allocation of the process, the C library's own included: none
// may happen between open and close. The allocator below replaces malloc.
#include "fake_model.h"

#include "gtest/gtest.h"

#include <atomic>
#include <errno.h>
#include <string.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define LLMC_SANITIZED
#endif
#endif

static std::atomic<int64_t> allocations;

#ifndef LLMC_SANITIZED
// Hands out a fixed block and takes nothing back: enough for one test.
alignas(64) static uint8_t block[64 << 20];
static std::atomic<size_t> used;

static void *allocate(size_t alignment, size_t bytes) {
  ++allocations;
  alignment = alignment < 16 ? 16 : alignment;
  size_t need = bytes + alignment + 16;
  size_t begin = used.fetch_add(need);
  if (begin + need > sizeof(block)) {
    errno = ENOMEM;
    return nullptr;
  }
  uintptr_t place = reinterpret_cast<uintptr_t>(block) + begin + 16;
  place = (place + alignment - 1) / alignment * alignment;
  memcpy(reinterpret_cast<void *>(place - 16), &bytes, sizeof(bytes));
  return reinterpret_cast<void *>(place);
}

extern "C" {
void *malloc(size_t bytes) { return allocate(16, bytes); }
void *calloc(size_t count, size_t size) { return allocate(16, count * size); }
void *realloc(void *old, size_t bytes) {
  void *fresh = allocate(16, bytes);
  if (old && fresh) {
    size_t had;
    memcpy(&had, static_cast<uint8_t *>(old) - 16, sizeof(had));
    memcpy(fresh, old, had < bytes ? had : bytes);
  }
  return fresh;
}
void free(void *) {}
void *memalign(size_t alignment, size_t bytes) {
  return allocate(alignment, bytes);
}
void *aligned_alloc(size_t alignment, size_t bytes) {
  return allocate(alignment, bytes);
}
int posix_memalign(void **out, size_t alignment, size_t bytes) {
  *out = allocate(alignment, bytes);
  return *out ? 0 : ENOMEM;
}
}
#endif

namespace {

TEST(Allocation, NoneAfterOpen) {
#ifdef LLMC_SANITIZED
  GTEST_SKIP() << "the sanitizer owns malloc";
#endif
  const int32_t vocab = FakeModel::kVocab;
  FakeModel fake;
  std::vector<int32_t> prompt(20, 3), scratch(vocab), recent(8, 3);
  std::vector<float> logits(size_t(vocab) * prompt.size());
  llmc_sampler_options sampling = {0.8f, 0.9f, 0.01f, 1.1f, 20, 5};
  llmc_session_options options = {};
  options.threads = 3;
  options.sequences = 2;
  int64_t before = allocations;
  llmc_session *session;
  ASSERT_EQ(llmc_session_open(&fake.model, &options, &session), LLMC_OK);
  int64_t opened = allocations;
  EXPECT_GT(opened, before) << "threads allocate: the count does not work";
  for (int i = 0; i < 3; ++i) {
    llmc_sampler sampler;
    llmc_sampler_init(&sampler, &sampling);
    llmc_prefill(session, prompt.data(), 20, LLMC_ALL_ROWS, logits.data());
    llmc_decode(session, 1, logits.data());
    llmc_sample(&sampler, logits.data(), vocab, scratch.data(), recent.data(),
                8);
    const llmc_row rows[] = {{1, 0, 1}, {2, 1, 1}};
    llmc_step_rows(session, rows, 2, logits.data());
    llmc_decode(session, -1, nullptr);
    llmc_session_truncate(session, 0, 0);
  }
  EXPECT_EQ(allocations, opened);
  llmc_session_close(session);
}

TEST(Allocation, NoneAtAllInCallersMemory) {
#ifdef LLMC_SANITIZED
  GTEST_SKIP() << "the sanitizer owns malloc";
#endif
  FakeModel fake;
  llmc_session_options options = {};
  options.threads = 1; // a thread's stack is the system's
  size_t bytes;
  ASSERT_EQ(llmc_session_memory(&fake.model, &options, &bytes), LLMC_OK);
  std::vector<uint8_t> memory(bytes + 64);
  options.memory =
      memory.data() + -reinterpret_cast<uintptr_t>(memory.data()) % 64;
  options.memory_bytes = bytes;
  int64_t before = allocations;
  llmc_session *session;
  llmc_status status = llmc_session_open(&fake.model, &options, &session);
  int64_t after = allocations;
  ASSERT_EQ(status, LLMC_OK);
  EXPECT_EQ(after, before);
  llmc_session_close(session);
}

} // namespace
