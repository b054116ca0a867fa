// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The sampler against probabilities worked out by hand, and its repeatability.
#include "llmc/runtime.h"

#include "gtest/gtest.h"

#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <vector>

namespace {

using Logits = std::vector<float>;
const float kNan = std::numeric_limits<float>::quiet_NaN();
const float kInf = std::numeric_limits<float>::infinity();

int32_t sampleOnce(llmc_sampler &sampler, Logits logits,
                   const std::vector<int32_t> &recent = {}) {
  std::vector<int32_t> scratch(logits.size());
  return llmc_sample(&sampler, logits.data(), int32_t(logits.size()),
                     scratch.data(), recent.data(), int32_t(recent.size()));
}

int32_t greedy(const Logits &logits, const std::vector<int32_t> &recent = {},
               float penalty = 0) {
  llmc_sampler_options options = {};
  options.repeat_penalty = penalty;
  llmc_sampler sampler;
  llmc_sampler_init(&sampler, &options);
  return sampleOnce(sampler, logits, recent);
}

// Shares of each token over many draws.
std::map<int32_t, double>
shares(const Logits &logits, const llmc_sampler_options &options) {
  const int draws = 20000;
  llmc_sampler sampler;
  llmc_sampler_init(&sampler, &options);
  std::map<int32_t, double> result;
  for (int i = 0; i < draws; ++i)
    result[sampleOnce(sampler, logits)] += 1.0 / draws;
  return result;
}

// logits whose softmax is 0.1, 0.4, 0.2, 0.25, 0.05
Logits known() {
  Logits logits;
  for (double p : {0.1, 0.4, 0.2, 0.25, 0.05})
    logits.push_back(float(std::log(p) + 3));
  return logits;
}

void expectShares(std::map<int32_t, double> got,
                  const std::map<int32_t, double> &want) {
  EXPECT_EQ(got.size(), want.size());
  for (auto [token, share] : want)
    EXPECT_NEAR(got[token], share, 0.015) << "token " << token;
}

TEST(Greedy, TakesTheLargest) {
  EXPECT_EQ(greedy({1, 5, 3}), 1);
  EXPECT_EQ(greedy({-3, -1, -2}), 1);
  EXPECT_EQ(greedy({2, 2, 2}), 0) << "ties go to the smaller id";
  EXPECT_EQ(greedy({kNan, 1, kNan, 2}), 3);
  EXPECT_EQ(greedy({kNan, kNan}), 0);
  EXPECT_EQ(greedy({-kInf, 1, kInf}), 2);
  EXPECT_EQ(greedy({7}), 0);
}

TEST(Greedy, PenalizesRecentTokensOnce) {
  EXPECT_EQ(greedy({4, 5}, {1}, 1.5f), 0);
  EXPECT_EQ(greedy({4, 5}, {1, 1, 1}, 1.2f), 1) << "5 / 1.2 > 4";
  EXPECT_EQ(greedy({-4, -5}, {0}, 1.5f), 1);
  EXPECT_EQ(greedy({4, 5}, {1}, 1), 1);
  EXPECT_EQ(greedy({4, 5}, {-1, 2, 99}, 2), 1) << "unknown ids do nothing";
}

TEST(Sampler, FollowsTheProbabilities) {
  llmc_sampler_options options = {};
  options.temperature = 1;
  options.seed = 1;
  expectShares(shares(known(), options),
               {{0, 0.1}, {1, 0.4}, {2, 0.2}, {3, 0.25}, {4, 0.05}});
}

TEST(Sampler, AppliesTemperature) {
  llmc_sampler_options options = {};
  options.temperature = 0.5f; // squares: .01 .16 .04 .0625 .0025
  double sum = 0.275;
  expectShares(shares(known(), options),
               {{0, .01 / sum}, {1, .16 / sum}, {2, .04 / sum},
                {3, .0625 / sum}, {4, .0025 / sum}});
}

TEST(Sampler, TopK) {
  llmc_sampler_options options = {};
  options.temperature = 1;
  options.top_k = 2;
  expectShares(shares(known(), options), {{1, .4 / .65}, {3, .25 / .65}});
  options.top_k = 1;
  expectShares(shares(known(), options), {{1, 1}});
  options.top_k = 9;
  EXPECT_EQ(shares(known(), options).size(), 5u);
}

TEST(Sampler, TopP) {
  llmc_sampler_options options = {};
  options.temperature = 1;
  options.top_p = 0.6f;
  expectShares(shares(known(), options), {{1, .4 / .65}, {3, .25 / .65}});
  options.top_p = 0.39f;
  expectShares(shares(known(), options), {{1, 1}});
}

TEST(Sampler, TopPIsAShareOfTopK) {
  llmc_sampler_options options = {};
  options.temperature = 1;
  options.top_k = 3; // .4 .25 .2 of .85: two tokens make .76
  options.top_p = 0.75f;
  expectShares(shares(known(), options), {{1, .4 / .65}, {3, .25 / .65}});
}

TEST(Sampler, MinP) {
  llmc_sampler_options options = {};
  options.temperature = 1;
  options.min_p = 0.49f; // of the likeliest: 0.196
  expectShares(shares(known(), options),
               {{1, .4 / .85}, {2, .2 / .85}, {3, .25 / .85}});
  options.min_p = 1.0f;
  expectShares(shares(known(), options), {{1, 1}});
}

TEST(Sampler, TieAtTheCutGoesToTheSmallerId) {
  llmc_sampler_options options = {};
  options.temperature = 1;
  options.top_k = 2;
  expectShares(shares({1, 1, 1, 1}, options), {{0, .5}, {1, .5}});
}

TEST(Sampler, SurvivesStrangeLogits) {
  llmc_sampler_options options = {};
  options.temperature = 1;
  options.top_p = 0.9f;
  EXPECT_EQ(shares({kNan, 1, -kInf}, options).size(), 1u);
  EXPECT_EQ(shares({kNan, kNan}, options).begin()->first, 0);
  EXPECT_EQ(shares({-kInf, -kInf}, options).begin()->first, 0);
  EXPECT_EQ(shares({0, kInf}, options).begin()->first, 1);
  options.top_p = 0;
  options.temperature = 1e-30f;
  EXPECT_EQ(shares({0, 1, 0.5f}, options).begin()->first, 1);
}

TEST(Sampler, RepeatsWithTheSeedAndOnlyThen) {
  Logits logits;
  for (int i = 0; i < 1000; ++i)
    logits.push_back(float((i * 37) % 101) / 20);
  auto draw = [&](uint64_t seed) {
    llmc_sampler_options options = {};
    options.temperature = 0.9f;
    options.top_p = 0.95f;
    options.seed = seed;
    llmc_sampler sampler;
    llmc_sampler_init(&sampler, &options);
    std::vector<int32_t> tokens;
    for (int i = 0; i < 50; ++i)
      tokens.push_back(sampleOnce(sampler, logits));
    return tokens;
  };
  EXPECT_EQ(draw(7), draw(7));
  EXPECT_NE(draw(7), draw(8));
  EXPECT_NE(draw(0), draw(1));
}

// The reference implementation's first outputs for the state 1, 2, 3, 4.
TEST(Sampler, GeneratorIsXoshiro256StarStar) {
  llmc_sampler sampler = {};
  sampler.options.temperature = 1;
  uint64_t state[4] = {1, 2, 3, 4};
  std::copy(state, state + 4, sampler.state);
  sampleOnce(sampler, {0, 0});
  // 11520 is the first output; one step leaves this state.
  const uint64_t next[4] = {7, 0, 262146, 211106232532992};
  for (int i = 0; i < 4; ++i)
    EXPECT_EQ(sampler.state[i], next[i]);
}

} // namespace
