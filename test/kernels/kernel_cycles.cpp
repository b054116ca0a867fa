// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// kernel_cycles [SYMBOL[,name=value]...]...: one call of each kernel (none named:
// of all that this CPU can run, at the table's shapes), each in a thread of its
// own between benchmark_begin and benchmark_end, for tools/armcycles to count.
// Prints a line per call: symbol, unit, work, bytes (kernel_call.h).
#include "test/kernels/kernel_call.h"
#include <cstdio>
#include <cstdlib>
#include <pthread.h>

using namespace llmc::test;

extern "C" {
__attribute__((noinline)) void benchmark_begin() { __asm__ volatile(""); }
__attribute__((noinline)) void benchmark_end() { __asm__ volatile(""); }
}

static void *count(void *call) {
  benchmark_begin();
  static_cast<const KernelCall *>(call)->run();
  benchmark_end();
  return nullptr;
}

static bool runCall(const llmc_kernel_row &row, const Shape &shape) {
  KernelCall call(row, shape);
  pthread_t thread;
  if (pthread_create(&thread, nullptr, count, &call) != 0)
    return false;
  pthread_join(thread, nullptr);
  std::printf("%s\t%s\t%.0f\t%.0f\n", row.symbol, call.unit, call.work,
              call.bytes);
  return true;
}

// "symbol,rows=4,k=512"; false: said why on stderr.
static bool runText(const std::string &text) {
  size_t comma = text.find(',');
  const llmc_kernel_row *row = findKernelRow(text.substr(0, comma));
  if (!row) {
    std::fprintf(stderr, "kernel_cycles: '%s' is no kernel of the table that "
                         "this CPU can run (built before it was added?)\n", text.substr(0, comma).c_str());
    return false;
  }
  Shape shape = defaultShape(*row);
  while (comma != std::string::npos) {
    size_t next = text.find(',', comma + 1);
    std::string part = text.substr(comma + 1, next - comma - 1);
    size_t equals = part.find('=');
    int64_t value =
        equals == std::string::npos ? 0 : std::atoll(part.c_str() + equals + 1);
    if (value < 1 || !shape.set(part.substr(0, equals), value)) {
      std::fprintf(stderr,
                   "kernel_cycles: '%s', expected rows, n, k, heads, kv_heads, "
                   "head_dim, context or calls = a number from 1\n",
                   part.c_str());
      return false;
    }
    comma = next;
  }
  return runCall(*row, shape);
}

int main(int argc, char **argv) {
  if (argc > 1) {
    for (int i = 1; i < argc; ++i)
      if (!runText(argv[i]))
        return 2;
    return 0;
  }
  size_t count;
  const llmc_kernel_row *rows = llmc_kernel_rows(&count);
  for (size_t i = 0; i < count; ++i)
    if (canRun(rows[i]) && !runCall(rows[i], defaultShape(rows[i])))
      return 1;
  return 0;
}
