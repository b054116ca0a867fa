// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The arithmetic of the contract sheet's prediction, on plans small enough to
// check by hand.
#include "tools/llmc/SpeedModel.h"
#include "gtest/gtest.h"

using namespace llmc;

namespace {

const char *const kLinear = "llmc_linear_f32_q8_i4_n8_g32_1x8_dotprod";

Machine machineOf(int64_t cores, double gigabytes) {
  Machine m;
  m.name = "test";
  m.target = "neoverse-v2";
  m.cores = cores;
  m.ghz = 2;
  m.bytesPerSecond = gigabytes * 1e9;
  m.sharedBytesPerSecond = m.bytesPerSecond / 4;
  return m;
}

// 80 columns of k = 100, in granules of 8.
PlannedStep linearStep(int64_t bytes) {
  PlannedStep s;
  s.op = "linear";
  s.symbol = kLinear;
  s.shape = "100 x 80";
  s.work = 8000;
  s.bytes = bytes;
  s.per = 80;
  s.granule = 8;
  return s;
}

PlannedStep barrierStep(int64_t unlessDivides) {
  PlannedStep s;
  s.op = "barrier";
  s.unlessDivides = unlessDivides;
  return s;
}

GraphCost cost(std::vector<PlannedStep> steps, const Machine &machine,
               double rows = 1, double positions = 1) {
  PlannedGraph graph;
  graph.steps = std::move(steps);
  auto result = costOf(graph, rows, positions, machine);
  EXPECT_TRUE(bool(result));
  return *result;
}

double rateOf(const char *symbol) {
  const KernelRate *rate = findKernelRate("neoverse-v2", symbol);
  EXPECT_NE(rate, nullptr) << symbol;
  return rate ? rate->rate : 1;
}

TEST(SpeedModel, TakesTheLongerOfCyclesAndBytes) {
  double compute = 8000 / rateOf(kLinear) / 2e9;
  GraphCost c = cost({linearStep(10)}, machineOf(1, 100));
  EXPECT_DOUBLE_EQ(c.seconds, compute);
  EXPECT_NE(c.ops[0].bound, "DRAM");
  c = cost({linearStep(1000000)}, machineOf(1, 100));
  EXPECT_DOUBLE_EQ(c.seconds, 1e-5);
  EXPECT_EQ(c.ops[0].bound, "DRAM");
  EXPECT_DOUBLE_EQ(c.compute, compute) << "cycles stay those of the kernel";
}

// 10 granules on 3 threads: one has 4 of them.
TEST(SpeedModel, CountsTheThreadWithMostUnits) {
  double all = 8000 / rateOf(kLinear);
  EXPECT_DOUBLE_EQ(cost({linearStep(0)}, machineOf(3, 100)).cycles, 0.4 * all);
  EXPECT_DOUBLE_EQ(cost({linearStep(0)}, machineOf(64, 100)).cycles, 0.1 * all);
  PlannedStep repeated = linearStep(0);
  repeated.each = true;
  EXPECT_DOUBLE_EQ(cost({repeated}, machineOf(3, 100)).cycles, all);
}

TEST(SpeedModel, CountsRowsAndLogitRows) {
  double one = 8000 / rateOf(kLinear);
  PlannedStep step = linearStep(0);
  step.rows = PlannedCount::Rows;
  EXPECT_DOUBLE_EQ(cost({step}, machineOf(1, 100), 7).cycles, 7 * one);
  step.rows = PlannedCount::LogitRows;
  EXPECT_DOUBLE_EQ(cost({step}, machineOf(1, 100), 7).cycles, one);
}

// 4 rows that see 7, 8, 9 and 10 positions; then at most 5.
TEST(SpeedModel, AttentionSeesWhatRowsSee) {
  const char *symbol = "llmc_attention_f32_f32_kv_f32_4x64_neon";
  PlannedStep step;
  step.op = "attention";
  step.symbol = symbol;
  step.work = 16;
  step.kvBytes = 32;
  step.rows = step.count = PlannedCount::Rows;
  GraphCost c = cost({step}, machineOf(1, 100), 4, 10);
  EXPECT_DOUBLE_EQ(c.cycles, 16 * (7 + 8 + 9 + 10) / rateOf(symbol));
  EXPECT_DOUBLE_EQ(c.ops[0].bytes, 320);
  step.window = 5;
  c = cost({step}, machineOf(1, 100), 4, 10);
  EXPECT_DOUBLE_EQ(c.cycles, 16 * 5 * 4 / rateOf(symbol));
}

TEST(SpeedModel, BarriersFollowTheTree) {
  EXPECT_EQ(barrierSeconds(1), 0);
  EXPECT_DOUBLE_EQ(barrierSeconds(2), 60e-9 * (2 + 1 + 2));
  EXPECT_DOUBLE_EQ(barrierSeconds(16), 60e-9 * (8 + 2 + 2));
  EXPECT_DOUBLE_EQ(barrierSeconds(65), 60e-9 * (8 + 9 + 2));
  std::vector<PlannedStep> steps = {linearStep(0), barrierStep(4),
                                    barrierStep(0)};
  EXPECT_EQ(cost(steps, machineOf(2, 100)).barrierCount, 1);
  EXPECT_EQ(cost(steps, machineOf(3, 100)).barrierCount, 2);
  GraphCost c = cost(steps, machineOf(8, 100));
  EXPECT_EQ(c.barrierCount, 2);
  EXPECT_DOUBLE_EQ(c.seconds, c.compute + 2 * barrierSeconds(8));
}

TEST(SpeedModel, NamesTheKernelWithoutARate) {
  PlannedGraph graph;
  graph.steps = {linearStep(0)};
  graph.steps[0].symbol = "llmc_of_no_table";
  auto result = costOf(graph, 1, 1, machineOf(1, 100));
  ASSERT_FALSE(bool(result));
  EXPECT_EQ(llvm::toString(result.takeError()),
            "no rate of llmc_of_no_table on neoverse-v2");
}

// Prompts longer than rowsMax take several steps, each reading all weights.
TEST(SpeedModel, PredictsFromBothGraphs) {
  CompileReport report;
  report.context = 100;
  report.rowsMax = 32;
  for (const char *name : {"decode", "prefill"}) {
    PlannedGraph graph;
    graph.name = name;
    graph.steps = {linearStep(1000000)};
    report.graphs.push_back(graph);
  }
  Machine machine = machineOf(1, 100);
  machine.pricePerHour = 3600;
  auto p = predict(report, machine);
  ASSERT_TRUE(bool(p));
  EXPECT_NEAR(p->tokensPerSecond, 1e5, 1e-6);
  EXPECT_NEAR(p->sharedTokensPerSecond, 2.5e4, 1e-6);
  EXPECT_EQ(p->bound, "memory");
  EXPECT_NEAR(p->dollarsPerMillion, 10, 1e-9);
  ASSERT_EQ(p->prompts.size(), 3u);
  EXPECT_EQ(p->prompts[1].tokens, 64);
  EXPECT_NEAR(p->prompts[1].seconds, 2e-5, 1e-12);
  EXPECT_EQ(p->prompts[2].tokens, 100);
  EXPECT_NEAR(p->prompts[2].seconds, 4e-5, 1e-12);
  EXPECT_FALSE(p->assumptions.empty());
}

} // namespace
