// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// kernel_bench SYMBOL [ROWS [N [K [REPEATS]]]]: runs one linear kernel of the
// table on random operands and prints its rate. Under emulation the time means
// nothing; tools/kernel_table counts cycles then.
#include "kernels/kernel_rows.h"
#include "kernels/layouts/layout.h"
#include "kernels/layouts/lhs_q8.h"
#include "kernels/linear/linear.h"
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

static const llmc_kernel_row *find(const char *symbol) {
  size_t count;
  const llmc_kernel_row *rows = llmc_kernel_rows(&count);
  for (size_t i = 0; i < count; ++i)
    if (std::strcmp(rows[i].symbol, symbol) == 0)
      return &rows[i];
  return nullptr;
}

int main(int argc, char **argv) {
  const llmc_kernel_row *row = argc > 1 ? find(argv[1]) : nullptr;
  if (!row || !row->kernel || std::strcmp(row->op, "linear") != 0) {
    std::fprintf(stderr, "usage: kernel_bench LINEAR-KERNEL [ROWS [N [K "
                         "[REPEATS]]]], a linear of this architecture\n");
    return 2;
  }
  auto number = [&](int i, int64_t otherwise) {
    return argc > i ? std::atoll(argv[i]) : otherwise;
  };
  int64_t rows = number(2, 1), n = number(3, 2048), k = number(4, 2048);
  int64_t repeats = number(5, 1);

  // Codes are random bytes: their values do not change the speed.
  const llmc_layout *layout = llmc_find_layout(row->rhs);
  bool floats = std::strcmp(row->lhs, "f32") == 0;
  int64_t interleave = std::strcmp(row->lhs, "q8x2") == 0 ? 2 : 1;
  int64_t panels = (n + layout->nr - 1) / layout->nr;
  int64_t lhsBytes =
      floats ? rows * k * 4 : llmc_q8_bytes(rows, k, interleave);
  std::vector<char> rhs(panels * layout->panel_bytes(k) + 64);
  std::vector<char> lhs(lhsBytes + 64), scratch(row->scratch0 +
                                                row->scratch_k * k + 64);
  for (size_t i = 0; i < rhs.size(); ++i)
    rhs[i] = char(i * 37 % 64);
  for (size_t i = 0; i < lhs.size(); ++i)
    lhs[i] = char(i * 29 % 64);
  std::vector<float> out(rows * n);
  auto aligned = [](std::vector<char> &v) {
    return v.data() + (64 - reinterpret_cast<uintptr_t>(v.data()) % 64) % 64;
  };
  llmc_linear_args args = {aligned(lhs), aligned(rhs), nullptr, out.data(),
                           rows,         n,            k,       n,
                           aligned(scratch)};

  auto start = std::chrono::steady_clock::now();
  for (int64_t i = 0; i < repeats; ++i)
    row->kernel(&args, 0, n);
  std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
  double mac = double(rows) * n * k * repeats;
  std::printf("%s rows=%lld n=%lld k=%lld: %.2f GMAC/s, %.2f GB/s of weights\n",
              row->symbol, (long long)rows, (long long)n, (long long)k,
              mac / time.count() / 1e9,
              double(panels) * layout->panel_bytes(k) * repeats /
                  time.count() / 1e9);
  return 0;
}
