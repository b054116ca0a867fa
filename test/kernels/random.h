// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Seeded test data that is the same on every machine.
#ifndef LLMC_TEST_KERNELS_RANDOM_H
#define LLMC_TEST_KERNELS_RANDOM_H

#include <cstdint>
#include <vector>

namespace llmc::test {

// SplitMix64 (Steele, Lea and Flood, 2014).
class Random {
public:
  explicit Random(uint64_t seed) : state(seed) {}
  uint64_t next() {
    uint64_t z = (state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  // In [0, 1).
  double uniform() { return double(next() >> 11) * 0x1p-53; }
  // Near enough to a normal distribution: the sum of 12 uniforms.
  float gaussian() {
    double sum = -6;
    for (int i = 0; i < 12; ++i)
      sum += uniform();
    return float(sum);
  }

private:
  uint64_t state;
};

inline std::vector<float> gaussian(int64_t n, uint64_t seed) {
  Random random(seed);
  std::vector<float> v(n);
  for (float &x : v)
    x = random.gaussian();
  return v;
}

} // namespace llmc::test

#endif
