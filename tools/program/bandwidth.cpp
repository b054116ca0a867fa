// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "bandwidth.h"

#include "model_session.h"

#include <algorithm>
#include <atomic>
#include <thread>

namespace llmc::program {

double readBandwidth(int32_t threads) {
  const size_t words = (size_t(512) << 20) / sizeof(uint64_t);
  const int passes = 5;
  std::vector<uint64_t> block(words, 1); // written, so every page is its own
  std::atomic<uint64_t> total{0};
  auto sum = [&](size_t part) {
    size_t begin = words * part / size_t(threads);
    size_t end = words * (part + 1) / size_t(threads);
    uint64_t result = 0;
    for (size_t i = begin; i < end; ++i)
      result += block[i];
    total += result;
  };
  double best = 0;
  for (int pass = 0; pass < passes; ++pass) {
    double start = now();
    std::vector<std::thread> helpers;
    for (int32_t t = 1; t < threads; ++t)
      helpers.emplace_back(sum, size_t(t));
    sum(0);
    for (std::thread &helper : helpers)
      helper.join();
    best = std::max(best, double(words * sizeof(uint64_t)) / (now() - start));
  }
  // The sums are used, so that they are computed.
  return total == words * passes ? best : 0;
}

} // namespace llmc::program
