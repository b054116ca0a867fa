// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The workers of a session: `threads` threads run one graph together (SPMD);
// the caller is thread 0, the others wait between runs. Barrier: threads that
// wait spin for a bounded time, then sleep on a futex, so that sharing a core
// with others costs time in proportion and never collapses.
// Memory is the owner's; only threads are made here.
#ifndef LLMC_RUNTIME_THREAD_POOL_H
#define LLMC_RUNTIME_THREAD_POOL_H

#include "llmc/runtime.h"

#include <atomic>
#include <pthread.h>

namespace llmc::rt {

const int32_t kMaxThreads = 512;
const size_t kCacheLine = 128; // of any target, prefetched pairs included

/// A barrier for a fixed number of threads. Threads arrive in groups of
/// kGroup, the last of a group at the root (combining tree: Yew, Tzeng and
/// Lawrie, 1987), so that no counter is contended by many cores.
struct Barrier {
  static const int32_t kGroup = 8;
  struct alignas(kCacheLine) Counter {
    std::atomic<int32_t> arrived;
    int32_t size;
  };

  alignas(kCacheLine) std::atomic<uint32_t> generation; // the futex word
  std::atomic<int32_t> sleepers;
  int32_t threads, groups, spins;
  Counter root;
  Counter group[(kMaxThreads + kGroup - 1) / kGroup];

  /// `cpus`: how many of them may run at once.
  void init(int32_t threads, int32_t cpus);
  /// Counts `thread` in; true where it was the last and has let all go.
  bool arrive(int32_t thread);
  /// Waits until the generation is no longer `old`.
  void waitPast(uint32_t old);
  void wait(int32_t thread);
};

struct ThreadPool {
  struct Worker {
    ThreadPool *pool;
    pthread_t handle;
    int32_t index;
  };

  Barrier barrier;
  Worker *workers; // [threads], owner's memory
  int32_t threads;
  bool quit;
  llmc_graph graph;
  const llmc_step *step;

  /// Starts threads - 1 workers. On failure none is left running.
  llmc_status start(int32_t threads, bool pin, Worker *workers);
  /// Runs graph(step, i, threads) on all threads and returns when all have.
  void run(llmc_graph graph, const llmc_step *step);
  void stop();
};

} // namespace llmc::rt

#endif
