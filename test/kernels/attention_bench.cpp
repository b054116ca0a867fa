// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// attention_bench SYMBOL HEADS KV_HEADS HEAD_DIM CONTEXT [ROWS [CALLS]]: one
// call of an attention or decode_attention kernel of the table for the last ROWS
// positions of the context, its units cut into CALLS as threads would. Counted
// by tools/armcycles between benchmark_begin and benchmark_end; under emulation
// the time means nothing.
#include "kernels/attention/decode_attention.h"
#include "kernels/kernel_rows.h"
#include "kernels/layouts/kv_layout.h"
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

extern "C" {
__attribute__((noinline)) void benchmark_begin() { __asm__ volatile(""); }
__attribute__((noinline)) void benchmark_end() { __asm__ volatile(""); }
}

namespace {

bool is(const char *a, const char *b) { return std::strcmp(a, b) == 0; }

// Zeros at a multiple of 64 bytes: values do not change the speed.
class Buffer {
public:
  explicit Buffer(int64_t bytes) : storage(bytes + 64) {}
  template <typename T = char> T *as() {
    uintptr_t p = reinterpret_cast<uintptr_t>(storage.data());
    return reinterpret_cast<T *>((p + 63) / 64 * 64);
  }

private:
  std::vector<char> storage;
};

const llmc_kernel_row *find(const char *symbol) {
  size_t count;
  const llmc_kernel_row *rows = llmc_kernel_rows(&count);
  for (size_t i = 0; i < count; ++i)
    if (is(rows[i].symbol, symbol) && rows[i].kernel &&
        (is(rows[i].op, "attention") || is(rows[i].op, "decode_attention")))
      return &rows[i];
  return nullptr;
}

} // namespace

int main(int argc, char **argv) {
  const llmc_kernel_row *row = argc > 5 ? find(argv[1]) : nullptr;
  if (!row) {
    std::fprintf(stderr, "usage: attention_bench SYMBOL HEADS KV_HEADS HEAD_DIM "
                         "CONTEXT [ROWS [CALLS]], a kernel of attention or "
                         "decode_attention of this architecture\n");
    return 2;
  }
  auto number = [&](int i) -> int64_t { return argc > i ? std::atoll(argv[i]) : 1; };
  const int64_t heads = number(2), kvHeads = number(3), d = number(4);
  const int64_t context = number(5), calls = number(7);
  const bool decode = is(row->op, "decode_attention");
  const int64_t rows = decode ? 1 : number(6);
  const int64_t element = is(row->rhs, "kv_f32") ? 4 : is(row->rhs, "kv_f16") ? 2 : 1;
  const int64_t part = llmc_kv_part_bytes(kvHeads, context, d, element);
  const int64_t stride = (heads + 2 * kvHeads) * d;

  Buffer cache(2 * part), out(rows * heads * d * 4);
  Buffer scratch(row->scratch0 + row->scratch_k * d);
  Buffer counters(kvHeads * LLMC_ATTENTION_COUNTER_BYTES);
  Buffer partials(llmc_attention_partial_bytes(heads, d, context, 0));
  std::vector<float> qkv(stride * rows, 0.01f), table(d * rows, 0.5f);
  std::vector<int32_t> sequences(rows), positions(rows);
  for (int64_t i = 0; i < rows; ++i)
    positions[i] = int32_t(context - rows + i);
  char *k = cache.as(), *v = k + part;
  llmc_decode_attention_args one = {
      qkv.data(), table.data(), sequences.data(), positions.data(), k, v,
      out.as<float>(), partials.as<float>(), counters.as(), heads, kvHeads, d, d,
      context, 2 * part, 0, 0.1, 0, scratch.as()};
  llmc_attention_args all = {
      qkv.data(), sequences.data(), positions.data(), k, v, out.as<float>(),
      rows, heads, kvHeads, d, context, 2 * part, 0, stride, 0.1, 0, heads * d,
      scratch.as()};
  const void *args = decode ? static_cast<const void *>(&one) : &all;
  const int64_t units = kvHeads * (decode ? LLMC_ATTENTION_SPLITS : rows);

  auto start = std::chrono::steady_clock::now();
  benchmark_begin();
  for (int64_t i = 0; i < calls; ++i)
    if (units * i / calls < units * (i + 1) / calls)
      row->kernel(args, units * i / calls, units * (i + 1) / calls);
  benchmark_end();
  std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
  // Row i sees context - rows + 1 + i positions.
  double positionsSeen = double(rows) * double(2 * context - rows + 1) / 2;
  double mac = 2 * positionsSeen * double(heads * d);
  std::printf("%s: %.0f multiply-adds, %.2f GMAC/s\n", row->symbol, mac,
              mac / time.count() / 1e9);
  return 0;
}
