// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "SpeedModel.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include <algorithm>
#include <cmath>

using namespace llmc;

// Cacheline bounces of Graviton4 were measured at 30 to 60 ns, those of Graviton2
// and 3 about the same (Chips and Cheese, "Arm's Neoverse V2, in AWS's Graviton
// 4", 2024).
static constexpr double kLineSeconds = 60e-9;
static constexpr int64_t kBarrierGroup = 8; // Barrier::kGroup
static constexpr int64_t kContext = 512;
static constexpr int64_t kPrompts[] = {16, 64, 512};

namespace {
struct RateRow {
  llvm::StringRef symbol;
  KernelRate rates[4];
};
} // namespace
// In the order of the columns.
static const llvm::StringRef kCores[] = {"neoverse-v2", "neoverse-v1",
                                         "neoverse-n2", "neoverse-n1"};
#define LLMC_RATE(rate, limit) {rate, limit}
#define LLMC_KERNEL_RATE(symbol, v2, v1, n2, n1)                               \
  {#symbol, {LLMC_RATE v2, LLMC_RATE v1, LLMC_RATE n2, LLMC_RATE n1}},
static const RateRow kRates[] = {
#include "KernelRates.def"
};

const KernelRate *llmc::findKernelRate(llvm::StringRef core,
                                       llvm::StringRef symbol) {
  const auto *column = llvm::find(kCores, core);
  if (column == std::end(kCores))
    return nullptr;
  for (const RateRow &row : kRates)
    if (row.symbol == symbol) {
      const KernelRate &rate = row.rates[column - std::begin(kCores)];
      return rate.rate > 0 ? &rate : nullptr;
    }
  return nullptr;
}

// Arrivals at one counter follow each other, a line transfer each; then the
// generation is written and seen by all.
double llmc::barrierSeconds(int64_t threads) {
  if (threads == 1)
    return 0;
  int64_t groups = (threads + kBarrierGroup - 1) / kBarrierGroup;
  return kLineSeconds * double(std::min(threads, kBarrierGroup) + groups + 2);
}

/// The part of a step's units that the thread with most has.
static double largestShare(const PlannedStep &step, double count,
                           int64_t threads) {
  if (step.each)
    return 1;
  double units = count * double(step.per);
  double granules = std::ceil(units / double(step.granule));
  return std::min(1.0, std::ceil(granules / double(threads)) *
                           double(step.granule) / units);
}

static double countOf(PlannedCount count, double rows) {
  return count == PlannedCount::Rows ? rows : 1;
}

/// Positions that a row sees on average, the last at `positions` - 1.
static double seenPositions(const PlannedStep &step, double rows,
                            double positions) {
  double seen = positions - (rows - 1) / 2;
  return step.window ? std::min(seen, double(step.window)) : seen;
}

static OpCost costOfStep(const PlannedStep &step, const KernelRate &rate,
                         double rows, double positions,
                         const Machine &machine) {
  OpCost cost;
  double own = countOf(step.rows, rows);
  double work = step.work * own;
  cost.bytes = double(step.bytes) * (step.op == "embedding" ? own : 1);
  if (step.kvBytes) {
    work *= seenPositions(step, own, positions);
    cost.bytes += double(step.kvBytes) * positions;
  }
  cost.op = step.op;
  cost.shape = step.shape;
  cost.count = 1;
  cost.cycles = work / rate.rate *
                largestShare(step, countOf(step.count, rows), machine.cores);
  cost.compute = cost.cycles / (machine.ghz * 1e9);
  cost.memory = cost.bytes / machine.bytesPerSecond;
  cost.seconds = std::max(cost.compute, cost.memory);
  cost.bound = cost.memory > cost.compute ? "DRAM" : rate.limit.str();
  return cost;
}

static void addCost(GraphCost &graph, const OpCost &cost) {
  graph.compute += cost.compute;
  graph.memory += cost.memory;
  graph.seconds += cost.seconds;
  graph.cycles += cost.cycles;
  if (cost.op == "linear")
    graph.linearCycles += cost.cycles;
  for (OpCost &other : graph.ops)
    if (other.op == cost.op && other.shape == cost.shape &&
        other.bound == cost.bound) {
      ++other.count;
      other.cycles += cost.cycles;
      other.bytes += cost.bytes;
      other.compute += cost.compute;
      other.memory += cost.memory;
      other.seconds += cost.seconds;
      return;
    }
  graph.ops.push_back(cost);
}

llvm::Expected<GraphCost> llmc::costOf(const PlannedGraph &graph, double rows,
                                       double positions,
                                       const Machine &machine) {
  GraphCost cost;
  cost.rows = rows;
  cost.positions = positions;
  for (const PlannedStep &step : graph.steps) {
    if (step.op == "barrier") {
      bool skipped = step.unlessDivides && step.unlessDivides % machine.cores == 0;
      cost.barrierCount += !skipped;
      continue;
    }
    const KernelRate *rate = findKernelRate(machine.target, step.symbol);
    if (step.op == "generated") { // known by its bytes only
      ++cost.generated;
      static const KernelRate kFree = {1, "not modelled"};
      rate = &kFree;
    }
    if (!rate)
      return llvm::createStringError("no rate of " + step.symbol + " on " +
                                     machine.target);
    addCost(cost, costOfStep(step, *rate, rows, positions, machine));
  }
  cost.barriers = double(cost.barrierCount) * barrierSeconds(machine.cores);
  cost.seconds += cost.barriers;
  return cost;
}

static std::vector<std::string> assumptionsOf(const Machine &m,
                                              int64_t generated) {
  auto text = [](auto &&formatted) { return formatted.str(); };
  std::vector<std::string> lines = {
      text(llvm::formatv("{0} cores of {1} at {2:f1} GHz, a thread on each",
                         m.cores, m.target, m.ghz)),
      text(llvm::formatv("{0:f1} GB/s read without neighbours ({1}), {2:f1} where "
                         "all other cores of the socket read too",
                         m.bytesPerSecond / 1e9, m.note,
                         m.sharedBytesPerSecond / 1e9)),
      "kernels at the rates of KernelRates.def (llvm-mca, loads in L1, linears "
      "of prefill at 128 rows); a step takes the longer of that and of its bytes",
      "every weight and the KV cache come from memory in each step, "
      "activations from the caches",
      text(llvm::formatv("{0:f2} us per barrier: transfers of a cache line, each "
                         "{1:f0} ns",
                         barrierSeconds(m.cores) * 1e6, kLineSeconds * 1e9)),
      text(llvm::formatv("one sequence, {0} tokens in the KV cache while decoding",
                         kContext)),
      "no time for sampling and tokenizing, no clock change, huge pages"};
  if (generated)
    lines.push_back(text(llvm::formatv(
        "{0} steps of generated code cost no cycles", generated)));
  return lines;
}

/// Seconds to the first token: whole steps of at most rowsMax rows.
static llvm::Expected<GraphCost> prefillOf(const PlannedGraph &graph,
                                           int64_t prompt, int64_t rowsMax,
                                           const Machine &machine) {
  GraphCost sum;
  for (int64_t done = 0; done < prompt;) {
    int64_t rows = std::min(rowsMax, prompt - done);
    done += rows;
    llvm::Expected<GraphCost> step =
        costOf(graph, double(rows), double(done), machine);
    if (!step)
      return step.takeError();
    if (sum.ops.empty()) {
      sum = *step;
      continue;
    }
    for (const OpCost &op : step->ops)
      addCost(sum, op);
    sum.rows += double(rows);
    sum.positions = double(done);
    sum.barriers += step->barriers;
    sum.barrierCount += step->barrierCount;
    sum.seconds += step->barriers;
  }
  return sum;
}

static const PlannedGraph *findGraph(const CompileReport &report,
                                     llvm::StringRef name) {
  for (const PlannedGraph &graph : report.graphs)
    if (graph.name == name)
      return &graph;
  return nullptr;
}

llvm::Expected<Prediction> llmc::predict(const CompileReport &report,
                                         const Machine &machine) {
  const PlannedGraph *decode = findGraph(report, "decode");
  const PlannedGraph *prefill = findGraph(report, "prefill");
  if (!decode || !prefill)
    return llvm::createStringError("the model has not both graphs");
  Prediction p;
  double positions = double(std::min(kContext, report.context));
  llvm::Expected<GraphCost> token = costOf(*decode, 1, positions, machine);
  if (!token)
    return token.takeError();
  p.decode = std::move(*token);
  p.tokensPerSecond = 1 / p.decode.seconds;
  Machine busy = machine;
  busy.bytesPerSecond = machine.sharedBytesPerSecond;
  token = costOf(*decode, 1, positions, busy);
  p.sharedTokensPerSecond = 1 / token->seconds;
  for (int64_t prompt : kPrompts) {
    prompt = std::min(prompt, report.context);
    llvm::Expected<GraphCost> cost = prefillOf(
        *prefill, prompt, std::max<int64_t>(1, report.rowsMax), machine);
    if (!cost)
      return cost.takeError();
    p.prefill = std::move(*cost);
    p.prompts.push_back({prompt, p.prefill.seconds});
  }
  p.bound = p.decode.barriers > std::max(p.decode.memory, p.decode.compute)
                ? "barriers"
            : p.decode.memory > p.decode.compute ? "memory"
                                                 : "compute";
  if (machine.pricePerHour > 0)
    p.dollarsPerMillion = machine.pricePerHour / 3600 * p.decode.seconds * 1e6;
  p.assumptions = assumptionsOf(machine, p.decode.generated);
  return p;
}
