// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Many short runs and barriers by more or fewer threads than there are CPUs.
#include "runtime/cpu_count.h"
#include "runtime/thread_pool.h"

#include "gtest/gtest.h"

#include <chrono>
#include <errno.h>
#include <memory>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <vector>

using namespace llmc::rt;

// The linker puts this in place of pthread_create (--wrap).
static int32_t threadsAllowed = INT32_MAX;
extern "C" {
int __real_pthread_create(pthread_t *, const pthread_attr_t *,
                          void *(*)(void *), void *);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*start)(void *), void *argument) {
  if (threadsAllowed-- <= 0)
    return EAGAIN;
  return __real_pthread_create(thread, attributes, start, argument);
}
}

namespace {

// Each round every thread writes its number and, after a barrier, reads all.
struct Round {
  std::vector<int64_t> values;
  std::vector<int64_t> wrong;
  int64_t rounds;
};

void exchange(const llmc_step *step, int32_t thread, int32_t threads) {
  auto &round = *reinterpret_cast<Round *>(step->arena);
  for (int64_t r = 0; r < round.rounds; ++r) {
    round.values[size_t(thread)] += thread + 1;
    llmc_barrier_wait(step->barrier, thread);
    int64_t first = round.values[0];
    for (int32_t t = 0; t < threads; ++t)
      round.wrong[size_t(thread)] += round.values[size_t(t)] != first * (t + 1);
    llmc_barrier_wait(step->barrier, thread);
  }
}

struct Pool {
  std::unique_ptr<ThreadPool> pool{new ThreadPool()};
  std::vector<ThreadPool::Worker> workers;
  llmc_step step = {};

  explicit Pool(int32_t threads, bool pin = false)
      : workers(size_t(threads)) {
    EXPECT_EQ(pool->start(threads, pin, workers.data()), LLMC_OK);
    step.barrier = &pool->barrier;
  }
  ~Pool() { pool->stop(); }

  void exchangeRounds(int64_t runs, int64_t rounds) {
    size_t threads = size_t(pool->threads);
    Round round = {std::vector<int64_t>(threads),
                   std::vector<int64_t>(threads), rounds};
    step.arena = reinterpret_cast<uint8_t *>(&round);
    for (int64_t run = 0; run < runs; ++run)
      pool->run(exchange, &step);
    for (size_t t = 0; t < threads; ++t) {
      EXPECT_EQ(round.wrong[t], 0) << "thread " << t;
      EXPECT_EQ(round.values[t], int64_t(t + 1) * runs * rounds);
    }
  }
};

class Threads : public testing::TestWithParam<int32_t> {};

TEST_P(Threads, MeetAtEveryBarrier) {
  Pool pool(GetParam());
  pool.exchangeRounds(1, 1000);
  pool.exchangeRounds(200, 3);
}

TEST_P(Threads, StartAndStop) {
  for (int i = 0; i < 10; ++i)
    Pool pool(GetParam(), i % 2);
}

// 9, 17 and 65: one more than full groups of the tree.
INSTANTIATE_TEST_SUITE_P(Counts, Threads,
                         testing::Values(1, 2, 3, 5, 8, 9, 17, 65));

// The threads that did start must be let go, wherever in the tree they wait.
TEST(ThreadPool, RefusedThreads) {
  for (int32_t threads : {2, 5, 17})
    for (int32_t allowed = 0; allowed < threads - 1; ++allowed) {
      ThreadPool pool;
      std::vector<ThreadPool::Worker> workers{size_t(threads)};
      threadsAllowed = allowed;
      llmc_status status = pool.start(threads, false, workers.data());
      threadsAllowed = INT32_MAX;
      EXPECT_EQ(status, LLMC_THREAD_FAILED);
    }
  EXPECT_TRUE(strstr(llmc_last_open_error(), "thread 16 of 17"));
}

TEST(ThreadPool, PinsWorkersOnRequest) {
  for (bool pin : {false, true}) {
    Pool pool(3, pin);
    for (int32_t i : {1, 2}) {
      cpu_set_t set;
      ASSERT_EQ(pthread_getaffinity_np(pool.workers[size_t(i)].handle,
                                       sizeof(set), &set), 0);
      EXPECT_EQ(CPU_COUNT(&set), pin ? 1 : affinityCpus());
      EXPECT_TRUE(CPU_ISSET(affinityCpu(i), &set) || !pin);
    }
  }
}

TEST(ThreadPool, SleepsThroughALongWait) {
  Pool pool(2);
  pool.exchangeRounds(1, 1);
  struct timespec nap = {0, 20000000};
  nanosleep(&nap, nullptr);
  EXPECT_GT(pool.pool->barrier.sleepers.load(), 0);
  pool.exchangeRounds(1, 1);
}

// A barrier that only spins would take a scheduler's slice for every round.
TEST(ThreadPool, DoesNotCollapseOnOneCore) {
  if (getenv("LLMC_EMULATED"))
    GTEST_SKIP() << "times mean nothing under emulation";
  cpu_set_t before, one;
  ASSERT_EQ(sched_getaffinity(0, sizeof(before), &before), 0);
  Pool pool(2); // it believes to have all CPUs of the mask
  CPU_ZERO(&one);
  CPU_SET(affinityCpu(0), &one);
  ASSERT_EQ(sched_setaffinity(0, sizeof(one), &one), 0);
  ASSERT_EQ(pthread_setaffinity_np(pool.workers[1].handle, sizeof(one), &one),
            0);
  auto start = std::chrono::steady_clock::now();
  pool.exchangeRounds(1, 2000);
  std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
  RecordProperty("microseconds_per_barrier",
                 std::to_string(time.count() / 4000 * 1e6));
  EXPECT_LT(time.count(), 4.0);
  sched_setaffinity(0, sizeof(before), &before);
}

} // namespace
