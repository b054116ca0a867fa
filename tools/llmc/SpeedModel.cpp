// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "SpeedModel.h"
#include "llvm/Support/FormatVariadic.h"
#include <algorithm>

using namespace llmc;

namespace {
struct Rate {
  llvm::StringRef target, scheme;
  double decode, prefill;
};
constexpr double kBarrierSeconds = 1e-6;
constexpr int64_t kPromptTokens = 512;
} // namespace

#define LLMC_KERNEL_RATE(target, scheme, decode, prefill)                      \
  {target, scheme, decode, prefill},
static const Rate kRates[] = {
#include "KernelRates.def"
};

static const Rate *findRate(llvm::StringRef target, llvm::StringRef scheme) {
  if (scheme == "f16" || scheme == "bf16")
    scheme = "f32";
  for (const Rate &rate : kRates)
    if (rate.target == target && scheme.starts_with(rate.scheme))
      return &rate;
  return nullptr;
}

std::optional<Prediction> llmc::predict(const CompileReport &report,
                                        const Machine &machine) {
  const Rate *rate = findRate(machine.target, report.scheme);
  if (!rate || report.macsPerToken <= 0 || report.context <= 0)
    return std::nullopt;
  Prediction p;
  p.promptTokens = std::min(kPromptTokens, report.context);
  p.contextTokens = p.promptTokens;
  double hertz = machine.ghz * 1e9 * double(machine.cores);
  double kvPerToken =
      double(report.kvBytesPerSequence) / double(report.context);
  double barriers = machine.cores > 1 ? kBarrierSeconds *
                                            double(report.layers) *
                                            double(report.barriersPerLayer)
                                      : 0;

  // Attention: q times K and scores times V, at the rate of f32 linears.
  double attention = 2.0 * double(report.layers) * double(report.heads) *
                     double(report.headDim);
  const Rate *plain = findRate(machine.target, "f32");
  p.decodeMemory = (double(report.bytesPerToken) +
                    kvPerToken * double(p.contextTokens)) /
                   machine.bytesPerSecond;
  p.decodeCompute = double(report.macsPerToken) / (hertz * rate->decode) +
                    attention * double(p.contextTokens) /
                        (hertz * plain->decode);
  p.decodeBarriers = barriers;
  double token = std::max(p.decodeMemory, p.decodeCompute) + barriers;
  p.bound = p.decodeMemory > p.decodeCompute ? "memory" : "compute";
  p.tokensPerSecond = 1 / token;

  double rows = double(p.promptTokens);
  double steps = std::max(1.0, rows / double(std::max<int64_t>(1, report.rowsMax)));
  // Logits are computed for the last row only.
  double logits = double(report.vocab) * double(report.hidden);
  double linear = (double(report.macsPerToken) - logits) * rows + logits;
  p.prefillMemory = double(report.bytesPerToken) * steps / machine.bytesPerSecond;
  p.prefillCompute = linear / (hertz * rate->prefill) +
                     attention * rows * rows / 2 / (hertz * plain->prefill);
  p.prefillBarriers = barriers * steps;
  p.firstTokenSeconds =
      std::max(p.prefillMemory, p.prefillCompute) + p.prefillBarriers;
  p.promptPerSecond = rows / p.firstTokenSeconds;
  if (machine.pricePerHour > 0)
    p.dollarsPerMillion = machine.pricePerHour / 3600 * token * 1e6;

  p.assumptions = {
      llvm::formatv("{0} cores of {1} at {2:f1} GHz, no neighbours", machine.cores,
                    machine.target, machine.ghz),
      llvm::formatv("{0:f1} GB/s read ({1})", machine.bytesPerSecond / 1e9,
                    machine.note),
      llvm::formatv("linears {0:f0} MAC/cycle (modelled) in decode, {1:f0} in prefill; "
                    "attention {2:f0} and {3:f0}",
                    rate->decode, rate->prefill, plain->decode, plain->prefill),
      llvm::formatv("{0:f1} us per barrier, {1} barriers per layer",
                    kBarrierSeconds * 1e6, report.barriersPerLayer),
      llvm::formatv("one sequence, {0} tokens in the KV cache, prompt of {1}",
                    p.contextTokens, p.promptTokens)};
  return p;
}
