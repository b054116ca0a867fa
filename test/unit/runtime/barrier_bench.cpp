// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What one barrier costs: rounds of nothing but barriers by 1, 2, 4, ... threads
// up to twice the CPUs, pinned while there is a CPU for each. The counter
// `barrier` is seconds.
#include "runtime/cpu_count.h"
#include "runtime/thread_pool.h"
#include <benchmark/benchmark.h>
#include <memory>
#include <vector>

using namespace llmc::rt;

static const int64_t kRounds = 1000;

static void rounds(const llmc_step *step, int32_t thread, int32_t) {
  for (int64_t i = 0; i < kRounds; ++i)
    llmc_barrier_wait(step->barrier, thread);
}

static void barrier(benchmark::State &state) {
  int32_t threads = int32_t(state.range(0));
  std::unique_ptr<ThreadPool> pool(new ThreadPool());
  std::vector<ThreadPool::Worker> workers{size_t(threads)};
  if (pool->start(threads, threads <= defaultThreads(), workers.data()) !=
      LLMC_OK) {
    state.SkipWithError("threads cannot be started");
    return;
  }
  llmc_step step = {};
  step.barrier = &pool->barrier;
  for (auto _ : state)
    pool->run(rounds, &step);
  pool->stop();
  state.counters["barrier"] = benchmark::Counter(
      double(kRounds), benchmark::Counter::kIsIterationInvariantRate |
                           benchmark::Counter::kInvert);
}
BENCHMARK(barrier)->RangeMultiplier(2)->Range(1, 2 * defaultThreads())->UseRealTime();

BENCHMARK_MAIN();
