// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ContractSheet.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/FormatVariadic.h"
#include <map>

using namespace llmc;
using llvm::formatv;

std::string llmc::bytesText(int64_t bytes) {
  static const char *kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  double value = double(bytes);
  int unit = 0;
  for (; value >= 1024 && unit < 4; ++unit)
    value /= 1024;
  return unit ? formatv("{0:f1} {1}", value, kUnits[unit]).str()
              : formatv("{0} B", bytes).str();
}

/// Kernels joined over layers: "graph: symbol x count".
static std::vector<std::string> kernelLines(const CompileReport &report) {
  std::map<std::pair<std::string, std::string>, int64_t> counts;
  std::vector<std::pair<std::string, std::string>> order;
  for (const CompileReport::Kernel &kernel : report.kernels) {
    auto key = std::make_pair(
        kernel.graph, kernel.symbol + (kernel.generated ? " (generated)" : ""));
    if (!counts.count(key))
      order.push_back(key);
    counts[key] += std::max<int64_t>(1, kernel.count);
  }
  std::vector<std::string> lines;
  for (const auto &key : order)
    lines.push_back(formatv("{0,-8}{1,5} x {2}", key.first, counts[key],
                            key.second));
  return lines;
}

static void printCost(const GraphCost &cost, llvm::StringRef title,
                      llvm::raw_ostream &out) {
  out << formatv("  {0,-39} {1,5} {2,10} {3,7} {4,9}  {5}\n", title, "count",
                 "k cycles", "share", "us", "bound");
  for (const OpCost &op : cost.ops)
    out << formatv("    {0,-37} {1,5} {2,10:f1} {3,6:f1}% {4,9:f1}  {5}\n",
                   op.op + " " + op.shape, op.count, op.cycles / 1e3,
                   100 * op.cycles / cost.cycles, 1e6 * op.seconds, op.bound);
  if (cost.barriers > 0)
    out << formatv("    {0,-37} {1,5} {2,10} {3,7} {4,9:f1}\n", "barrier",
                   cost.barrierCount, "", "", 1e6 * cost.barriers);
  out << formatv("    {0,-37} {1,5} {2,10:f1} {3,6:f1}%\n", "all that is no linear",
                 "", (cost.cycles - cost.linearCycles) / 1e3,
                 100 * cost.otherShare());
}

static void printPrediction(const ContractSheet &sheet, llvm::raw_ostream &out) {
  if (!sheet.machine) {
    out << "  modelled       name a --machine for predicted speed and cost\n";
    return;
  }
  if (!sheet.prediction) {
    out << "  modelled       none: " << sheet.unpredicted << '\n';
    return;
  }
  const Prediction &p = *sheet.prediction;
  out << formatv("  modelled       {0}: {1:f1} tokens/s ({2} bound), {3:f1} with "
                 "busy neighbours\n",
                 sheet.machine->name, p.tokensPerSecond, p.bound,
                 p.sharedTokensPerSecond);
  for (const Prediction::Prompt &prompt : p.prompts)
    out << formatv("                 prompt of {0}: first token after {1:f1} ms, "
                   "{2:f0} tokens/s\n",
                   prompt.tokens, 1e3 * prompt.seconds,
                   double(prompt.tokens) / prompt.seconds);
  if (p.dollarsPerMillion > 0)
    out << formatv("                 ${0} per million generated tokens, one "
                   "sequence at a time\n",
                   llvm::format("%.3g", p.dollarsPerMillion));
  else
    out << "                 no price known for this machine\n";
  for (const std::string &assumption : p.assumptions)
    out << "                 assumes " << assumption << '\n';
  printCost(p.decode, formatv("a token at context {0:f0}", p.decode.positions).str(),
            out);
  printCost(p.prefill, formatv("prompt of {0:f0}", p.prefill.rows).str(), out);
}

void llmc::printSheet(const ContractSheet &sheet, llvm::raw_ostream &out) {
  const CompileReport &r = sheet.report;
  out << formatv("{0} for {1}: {2} weights, {3} KV cache, context {4}\n", r.name,
                 r.target, r.scheme, r.kvType, r.context);
  double bits = r.parameters ? 8.0 * double(r.weightsBytes) / double(r.parameters) : 0;
  out << formatv("  weights        {0} {1}, {2:f1} M parameters at {3:f2} bits\n",
                 bytesText(r.weightsBytes),
                 r.weightsInFile ? "in the .weights file" : "in the object",
                 double(r.parameters) / 1e6, bits);
  if (r.objectBytes)
    out << formatv("  object         {0}, of it {1} text tables\n",
                   bytesText(r.objectBytes), bytesText(r.textBytes));
  out << formatv("  KV cache       {0} per sequence\n",
                 bytesText(r.kvBytesPerSequence));
  out << formatv("  arena          {0}, and {1} per thread\n",
                 bytesText(r.arenaBytes), bytesText(r.privateBytes));
  out << formatv("  per token      {0} of weights read, {1:f1} M multiply-adds\n",
                 bytesText(r.bytesPerToken), double(r.macsPerToken) / 1e6);
  out << formatv("  barriers       {0} per layer in decode", r.barriersPerLayer);
  if (r.barriersPerLayerMin && r.barriersPerLayerMin != r.barriersPerLayer)
    out << formatv(", {0} where the KV heads divide among the threads",
                   r.barriersPerLayerMin);
  out << '\n';
  const char *label = "  kernels        ";
  for (const std::string &line : kernelLines(r)) {
    out << label << line << '\n';
    label = "                 ";
  }
  printPrediction(sheet, out);
}
