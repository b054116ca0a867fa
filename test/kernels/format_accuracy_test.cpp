// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The two-level int4 format against plain int4 with a float scale per 32 weights:
// signal to noise of Gaussian weights and of the demo model's. Plain is taken
// twice: rounded to nearest, and with the step of each group searched as the
// two-level format's encoder does.
#include "kernels/formats/int_formats.h"
#include "test/kernels/weight_file.h"
#include "test/kernels/random.h"
#include <cmath>
#include <gtest/gtest.h>

using namespace llmc::test;

namespace {

constexpr int64_t kGroup = 32;

struct Noise {
  double signal = 0, twoLevel = 0, plain = 0, searched = 0;
  static double db(double signal, double noise) {
    return 10 * std::log10(signal / noise);
  }
};

// Adds the squared errors of one row, k a multiple of the group.
void add(Noise &noise, const float *row, int64_t k) {
  std::vector<float> values = asTwoLevel(row, k, kGroup);
  auto error = [&](const std::vector<float> &got) {
    double sum = 0;
    for (int64_t i = 0; i < k; ++i)
      sum += (double(row[i]) - got[size_t(i)]) * (double(row[i]) - got[size_t(i)]);
    return sum;
  };
  noise.twoLevel += error(values);
  noise.plain += error(asPlain(row, k, kGroup));
  std::vector<float> searched;
  for (int64_t g = 0; g < k; g += kGroup) { // a row of one group has its own scale
    std::vector<float> part = asTwoLevel(row + g, kGroup, kGroup);
    searched.insert(searched.end(), part.begin(), part.end());
  }
  noise.searched += error(searched);
  for (int64_t i = 0; i < k; ++i)
    noise.signal += double(row[i]) * row[i];
}

void expectAccurate(const Noise &n, const char *what) {
  double two = Noise::db(n.signal, n.twoLevel);
  double plain = Noise::db(n.signal, n.plain);
  double searched = Noise::db(n.signal, n.searched);
  std::printf("%s: two levels %.2f dB, plain %.2f dB, plain searched %.2f dB\n",
              what, two, plain, searched);
  EXPECT_GT(two, plain - 0.1) << what;
  EXPECT_GT(two, searched - 0.35) << what;
}

TEST(FormatAccuracy, GaussianWeights) {
  Noise noise;
  const int64_t k = 4096;
  for (uint64_t seed = 0; seed < 32; ++seed)
    add(noise, gaussian(k, seed).data(), k);
  expectAccurate(noise, "gaussian");
}

TEST(FormatAccuracy, WeightsOfTheDemoModel) {
  WeightFile file(LLMC_SOURCE_DIR "/examples/stories/fable-8m/model.safetensors");
  Noise noise;
  int matrices = 0;
  for (const WeightFile::Tensor &t : file.tensors) {
    if (!t.isLinear())
      continue;
    std::vector<float> values = file.read(t);
    for (int64_t r = 0; r < t.rows; r += 4)
      add(noise, values.data() + r * t.columns, t.columns / kGroup * kGroup);
    ++matrices;
  }
  EXPECT_EQ(matrices, 49);
  expectAccurate(noise, "fable-8m");
}

} // namespace
