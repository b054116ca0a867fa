// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A Google Benchmark entry for every row of kernel_table.def that this CPU can
// run, named by its symbol: work per second, and bytes per second of weights or
// KV cache where it reads any.
#include "test/kernels/kernel_call.h"
#include <benchmark/benchmark.h>

using namespace llmc::test;

static void runKernel(benchmark::State &state, const llmc_kernel_row *row) {
  KernelCall call(*row, defaultShape(*row));
  for (auto _ : state)
    call.run();
  auto rate = [&](double perRun) {
    return benchmark::Counter(perRun, benchmark::Counter::kIsIterationInvariantRate);
  };
  state.counters[call.unit] = rate(call.work);
  if (call.bytes > 0)
    state.counters["bytes"] = rate(call.bytes);
}

int main(int argc, char **argv) {
  size_t count;
  const llmc_kernel_row *rows = llmc_kernel_rows(&count);
  for (size_t i = 0; i < count; ++i)
    if (canRun(rows[i]))
      benchmark::RegisterBenchmark(rows[i].symbol, runKernel, &rows[i]);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv))
    return 2;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
