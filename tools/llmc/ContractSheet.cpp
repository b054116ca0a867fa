// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ContractSheet.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"
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

static void printPrediction(const ContractSheet &sheet, llvm::raw_ostream &out) {
  if (!sheet.machine) {
    out << "  modelled       name a --machine for predicted speed and cost\n";
    return;
  }
  if (!sheet.prediction) {
    out << "  modelled       none: no kernel rates for " << sheet.report.scheme
        << " on " << sheet.machine->target << '\n';
    return;
  }
  const Prediction &p = *sheet.prediction;
  out << formatv("  modelled       {0}: {1:f1} tokens/s ({2} bound), first "
                 "token of {3} after {4:f1} ms\n",
                 sheet.machine->name, p.tokensPerSecond, p.bound,
                 p.promptTokens, 1e3 * p.firstTokenSeconds);
  if (p.dollarsPerMillion > 0)
    out << formatv("                 ${0} per million generated tokens, one "
                   "sequence at a time\n",
                   llvm::format("%.3g", p.dollarsPerMillion));
  else
    out << "                 no price known for this machine\n";
  for (const std::string &assumption : p.assumptions)
    out << "                 assumes " << assumption << '\n';
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

static llvm::json::Object predictionJson(const ContractSheet &sheet) {
  const Prediction &p = *sheet.prediction;
  llvm::json::Array assumptions;
  for (const std::string &assumption : p.assumptions)
    assumptions.push_back(assumption);
  llvm::json::Object out{
      {"machine", sheet.machine->name},
      {"tokens_per_second", p.tokensPerSecond},
      {"prompt_tokens_per_second", p.promptPerSecond},
      {"first_token_seconds", p.firstTokenSeconds},
      {"prompt_tokens", p.promptTokens},
      {"context_tokens", p.contextTokens},
      {"bound", p.bound},
      {"decode_seconds", llvm::json::Object{{"memory", p.decodeMemory},
                                            {"compute", p.decodeCompute},
                                            {"barriers", p.decodeBarriers}}},
      {"prefill_seconds", llvm::json::Object{{"memory", p.prefillMemory},
                                             {"compute", p.prefillCompute},
                                             {"barriers", p.prefillBarriers}}},
      {"assumptions", std::move(assumptions)}};
  if (p.dollarsPerMillion > 0)
    out["dollars_per_million_tokens"] = p.dollarsPerMillion;
  return out;
}

static llvm::json::Value sheetJson(const ContractSheet &sheet) {
  const CompileReport &r = sheet.report;
  llvm::json::Array kernels;
  for (const CompileReport::Kernel &k : r.kernels)
    kernels.push_back(llvm::json::Object{{"graph", k.graph},
                                         {"op", k.op},
                                         {"symbol", k.symbol},
                                         {"count", k.count},
                                         {"shape", k.shape},
                                         {"reason", k.reason},
                                         {"generated", k.generated}});
  llvm::json::Array warnings;
  for (const std::string &warning : r.warnings)
    warnings.push_back(warning);
  llvm::json::Object out{{"name", r.name},
                         {"target", r.target},
                         {"scheme", r.scheme},
                         {"kv_type", r.kvType},
                         {"parameters", r.parameters},
                         {"weights_bytes", r.weightsBytes},
                         {"weights_in_file", r.weightsInFile},
                         {"object_bytes", r.objectBytes},
                         {"text_bytes", r.textBytes},
                         {"arena_bytes", r.arenaBytes},
                         {"private_bytes_per_thread", r.privateBytes},
                         {"kv_bytes_per_sequence", r.kvBytesPerSequence},
                         {"bytes_per_token", r.bytesPerToken},
                         {"macs_per_token", r.macsPerToken},
                         {"context", r.context},
                         {"rows_max", r.rowsMax},
                         {"barriers_per_layer", r.barriersPerLayer},
                         {"barriers_per_layer_min", r.barriersPerLayerMin},
                         {"kernels", std::move(kernels)},
                         {"warnings", std::move(warnings)}};
  if (sheet.prediction)
    out["modelled"] = predictionJson(sheet);
  return out;
}

static std::string escape(llvm::StringRef text) {
  std::string out;
  for (char c : text)
    out += c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '&' ? "&amp;"
                                                            : std::string(1, c);
  return out;
}

/// One horizontal bar per part, its length the share of the largest.
static void bars(llvm::raw_ostream &out, llvm::StringRef title,
                 llvm::ArrayRef<std::pair<std::string, double>> parts,
                 llvm::function_ref<std::string(double)> text) {
  double largest = 0;
  for (const auto &part : parts)
    largest = std::max(largest, part.second);
  out << "<h2>" << escape(title) << "</h2><table>\n";
  for (const auto &part : parts)
    out << formatv("<tr><td>{0}<td>{1}<td><div style=\"width:{2:f1}em\"></div>\n",
                   escape(part.first), text(part.second),
                   largest > 0 ? 30 * part.second / largest : 0);
  out << "</table>\n";
}

static void writeHtml(const ContractSheet &sheet, llvm::raw_ostream &out) {
  const CompileReport &r = sheet.report;
  out << "<!doctype html><meta charset=\"utf-8\"><title>" << escape(r.name)
      << "</title>\n<style>body{font:16px sans-serif;margin:2em auto;max-width:"
         "60em}td{padding:.1em .8em .1em 0}div{background:#2a6f97;height:1em}"
         "</style>\n<h1>"
      << escape(r.name) << "</h1><pre>";
  std::string text;
  llvm::raw_string_ostream stream(text);
  printSheet(sheet, stream);
  out << escape(text) << "</pre>\n";
  bars(out, "Memory",
       {{"weights", double(r.weightsBytes)},
        {"KV cache", double(r.kvBytesPerSequence)},
        {"arena", double(r.arenaBytes)},
        {"per thread", double(r.privateBytes)}},
       [](double v) { return bytesText(int64_t(v)); });
  if (!sheet.prediction)
    return;
  const Prediction &p = *sheet.prediction;
  auto micros = [](double v) { return formatv("{0:f1} us", v * 1e6).str(); };
  bars(out, "Decode, one token (modelled)",
       {{"memory", p.decodeMemory},
        {"compute", p.decodeCompute},
        {"barriers", p.decodeBarriers}},
       micros);
  bars(out, formatv("Prefill of {0} (modelled)", p.promptTokens).str(),
       {{"memory", p.prefillMemory},
        {"compute", p.prefillCompute},
        {"barriers", p.prefillBarriers}},
       micros);
}

llvm::Error llmc::writeReport(const ContractSheet &sheet,
                              const std::string &file) {
  return llvm::writeToOutput(file, [&](llvm::raw_ostream &out) {
    if (llvm::StringRef(file).ends_with(".json"))
      out << formatv("{0:2}", sheetJson(sheet)) << '\n';
    else
      writeHtml(sheet, out);
    return llvm::Error::success();
  });
}
