// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "runtime/thread_pool.h"

#include "runtime/cpu_count.h"
#include "runtime/error.h"

#include <limits.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace llmc::rt {

// Never sched_yield: beside other busy processes it gives a whole time slice
// away, and a round of two threads takes 1200 us instead of 40 (2 cores, two
// busy loops, Linux 6.18).
#if defined(__aarch64__)
static const int32_t kSpins = 2000;
#else
static const int32_t kSpins = 1000;
#endif

static void relax() {
#if defined(__aarch64__)
  __asm__ volatile("isb" ::: "memory"); // `yield` does nothing on Neoverse
#else
  __builtin_ia32_pause();
#endif
}

static void futex(std::atomic<uint32_t> *word, int operation, uint32_t value) {
  syscall(SYS_futex, word, operation, value, nullptr, nullptr, 0);
}

void Barrier::init(int32_t count, int32_t cpus) {
  generation.store(0, std::memory_order_relaxed);
  sleepers.store(0, std::memory_order_relaxed);
  threads = count;
  groups = (count + kGroup - 1) / kGroup;
  // About 50 us where a core is free for every thread: a step between barriers
  // takes 10 us to 1 ms and waking a sleeper 5 to 50 us. Where threads must
  // share cores the one waited for is likelier off its core than about to come.
  spins = count > cpus ? 8 : kSpins;
  root.arrived.store(0, std::memory_order_relaxed);
  root.size = groups;
  for (int32_t i = 0; i < groups; ++i) {
    group[i].arrived.store(0, std::memory_order_relaxed);
    int32_t left = count - i * kGroup;
    group[i].size = left < kGroup ? left : kGroup;
  }
}

static bool isLast(Barrier::Counter &counter) {
  if (counter.arrived.fetch_add(1, std::memory_order_acq_rel) + 1 <
      counter.size)
    return false;
  counter.arrived.store(0, std::memory_order_relaxed);
  return true;
}

bool Barrier::arrive(int32_t thread) {
  if (!isLast(group[thread / kGroup]) || !isLast(root))
    return false;
  // Sequentially consistent, as is the sleeper's count: either the sleeper is
  // seen here, or the kernel sees the new generation and does not let it sleep.
  generation.fetch_add(1);
  if (sleepers.load())
    futex(&generation, FUTEX_WAKE_PRIVATE, INT_MAX);
  return true;
}

void Barrier::waitPast(uint32_t old) {
  for (int32_t i = 0; i < spins; ++i) {
    if (generation.load(std::memory_order_acquire) != old)
      return;
    relax();
  }
  sleepers.fetch_add(1);
  while (generation.load() == old)
    futex(&generation, FUTEX_WAIT_PRIVATE, old);
  sleepers.fetch_sub(1, std::memory_order_relaxed);
}

void Barrier::wait(int32_t thread) {
  if (threads == 1)
    return;
  uint32_t old = generation.load(std::memory_order_relaxed);
  if (!arrive(thread))
    waitPast(old);
}

// Worker threads take no signals: those belong to the application's threads.
static void *work(void *argument) {
  auto *worker = static_cast<ThreadPool::Worker *>(argument);
  ThreadPool &pool = *worker->pool;
  while (true) {
    pool.barrier.wait(worker->index);
    if (pool.quit)
      return nullptr;
    pool.graph(pool.step, worker->index, pool.threads);
    pool.barrier.wait(worker->index);
  }
}

static void pinTo(pthread_t thread, int32_t cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  pthread_setaffinity_np(thread, sizeof(set), &set);
}

llmc_status ThreadPool::start(int32_t count, bool pin, Worker *memory) {
  threads = count;
  workers = memory;
  quit = false;
  barrier.init(count, defaultThreads());
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int error = 0;
  int32_t started = 1;
  for (; started < count; ++started) {
    Worker &worker = workers[started];
    worker.pool = this;
    worker.index = started;
    error = pthread_create(&worker.handle, nullptr, work, &worker);
    if (error)
      break;
    if (pin)
      pinTo(worker.handle, affinityCpu(started));
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (!error)
    return LLMC_OK;
  // The missing ones arrive by our hand, so that the started ones see `quit`.
  for (int32_t missing = started; missing < count; ++missing)
    barrier.arrive(missing);
  threads = started;
  stop();
  return fail(LLMC_THREAD_FAILED, "thread %d of %d could not be started: %s",
              started, count, strerror(error));
}

void ThreadPool::run(llmc_graph function, const llmc_step *work) {
  graph = function;
  step = work;
  barrier.wait(0);
  function(work, 0, threads);
  barrier.wait(0);
}

void ThreadPool::stop() {
  quit = true;
  barrier.wait(0);
  for (int32_t i = 1; i < threads; ++i)
    pthread_join(workers[i].handle, nullptr);
  threads = 1;
}

} // namespace llmc::rt

void llmc_barrier_wait(void *barrier, int32_t thread) {
  static_cast<llmc::rt::Barrier *>(barrier)->wait(thread);
}
