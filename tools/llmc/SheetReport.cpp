// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// --report: the contract sheet as JSON, or as one HTML page without scripts.
#include "ContractSheet.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"

using namespace llmc;
using llvm::formatv;

static llvm::json::Object costJson(const GraphCost &cost) {
  llvm::json::Array ops;
  for (const OpCost &op : cost.ops)
    ops.push_back(llvm::json::Object{{"op", op.op},
                                     {"shape", op.shape},
                                     {"count", op.count},
                                     {"cycles", op.cycles},
                                     {"bytes", op.bytes},
                                     {"compute_seconds", op.compute},
                                     {"memory_seconds", op.memory},
                                     {"bound", op.bound}});
  return llvm::json::Object{{"rows", cost.rows},
                            {"positions", cost.positions},
                            {"seconds", cost.seconds},
                            {"compute_seconds", cost.compute},
                            {"memory_seconds", cost.memory},
                            {"barrier_seconds", cost.barriers},
                            {"barriers", cost.barrierCount},
                            {"not_linear_share", cost.otherShare()},
                            {"ops", std::move(ops)}};
}

static llvm::json::Object predictionJson(const ContractSheet &sheet) {
  const Prediction &p = *sheet.prediction;
  llvm::json::Array assumptions, prompts;
  for (const std::string &assumption : p.assumptions)
    assumptions.push_back(assumption);
  for (const Prediction::Prompt &prompt : p.prompts)
    prompts.push_back(
        llvm::json::Object{{"tokens", prompt.tokens},
                           {"first_token_seconds", prompt.seconds}});
  llvm::json::Object out{
      {"machine", sheet.machine->name},
      {"tokens_per_second", p.tokensPerSecond},
      {"tokens_per_second_busy_neighbours", p.sharedTokensPerSecond},
      {"bound", p.bound},
      {"prompts", std::move(prompts)},
      {"decode", costJson(p.decode)},
      {"prefill", costJson(p.prefill)},
      {"assumptions", std::move(assumptions)}};
  if (p.dollarsPerMillion > 0)
    out["dollars_per_million_tokens"] = p.dollarsPerMillion;
  return out;
}

/// A persistent buffer lives in all of a graph's epochs.
static int64_t lastEpoch(const PlannedGraph &graph, const PlannedBuffer &buffer) {
  return std::min(buffer.last, graph.epochs);
}

static llvm::json::Object arenaJson(const CompileReport &report) {
  llvm::json::Object graphs;
  for (const PlannedGraph &graph : report.graphs) {
    llvm::json::Array buffers;
    for (const PlannedBuffer &b : graph.buffers)
      if (b.shared)
        buffers.push_back(
            llvm::json::Object{{"name", b.name},
                               {"offset", b.offset},
                               {"bytes", b.bytes},
                               {"first_epoch", b.first},
                               {"last_epoch", lastEpoch(graph, b)}});
    graphs[graph.name] = llvm::json::Object{{"bytes", graph.arenaBytes},
                                            {"epochs", graph.epochs + 1},
                                            {"buffers", std::move(buffers)}};
  }
  return graphs;
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
                         {"arena", arenaJson(r)},
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

/// A rectangle per buffer of the shared arena: epochs to the right, addresses
/// down; what it is stands in its tooltip.
static void drawArena(const PlannedGraph &graph, llvm::raw_ostream &out) {
  const double width = 900, height = 260;
  double x = width / double(graph.epochs + 1);
  double y = graph.arenaBytes ? height / double(graph.arenaBytes) : 0;
  out << formatv("<h2>Arena of {0}: {1}, {2} epochs</h2>\n<svg width=\"{3}\" "
                 "height=\"{4}\">\n",
                 graph.name, bytesText(graph.arenaBytes), graph.epochs + 1, width,
                 height);
  for (const PlannedBuffer &b : graph.buffers)
    if (b.shared && b.first >= 0)
      out << formatv(
          "<rect x=\"{0:f1}\" y=\"{1:f1}\" width=\"{2:f1}\" "
          "height=\"{3:f1}\"><title>{4}: {5} at {6}, epochs {7} to {8}</title>"
          "</rect>\n",
          x * double(b.first), y * double(b.offset),
          x * double(lastEpoch(graph, b) - b.first + 1), y * double(b.bytes),
          escape(b.name), bytesText(b.bytes), b.offset, b.first,
          lastEpoch(graph, b));
  out << "</svg>\n";
}

/// The roofline as time: for each op what its kernel needs and what its bytes
/// need; the longer one bounds it.
static void drawRoofline(const GraphCost &cost, llvm::StringRef title,
                         llvm::raw_ostream &out) {
  double longest = 0;
  for (const OpCost &op : cost.ops)
    longest = std::max({longest, op.compute, op.memory});
  out << "<h2>" << escape(title) << " (modelled)</h2><table>\n";
  for (const OpCost &op : cost.ops)
    out << formatv(
        "<tr><td>{0}<td>{1} x {2:f1} us<td>{3:f1}%<td>{4}<td><div class=\"c\" "
        "style=\"width:{5:f2}em\"></div><div style=\"width:{6:f2}em\"></div>\n",
        escape(op.op + " " + op.shape), op.count,
        1e6 * op.seconds / double(op.count), 100 * op.seconds / cost.seconds,
        escape(op.bound), 30 * op.compute / longest, 30 * op.memory / longest);
  out << formatv("<tr><td>barriers<td>{0} x {1:f1} us<td>{2:f1}%\n</table>\n",
                 cost.barrierCount,
                 cost.barrierCount
                     ? 1e6 * cost.barriers / double(cost.barrierCount)
                     : 0,
                 100 * cost.barriers / cost.seconds);
}

static void writeHtml(const ContractSheet &sheet, llvm::raw_ostream &out) {
  const CompileReport &r = sheet.report;
  out << "<!doctype html><meta charset=\"utf-8\"><title>" << escape(r.name)
      << "</title>\n<style>body{font:16px sans-serif;margin:2em auto;max-width:"
         "60em}pre{overflow-x:auto}td{padding:.1em .8em .1em 0;white-space:nowrap}"
         "div{background:#2a6f97;height:.5em}"
         ".c{background:#c9733c}rect{fill:#2a6f97;fill-opacity:.6;stroke:#fff;"
         "stroke-width:.5}svg{background:#eee}</style>\n<h1>"
      << escape(r.name) << "</h1><pre>";
  std::string text;
  llvm::raw_string_ostream stream(text);
  printSheet(sheet, stream);
  out << escape(text) << "</pre>\n";
  if (sheet.prediction) {
    out << "<p>Upper bars: the kernels' cycles; lower bars: bytes from memory."
           "</p>\n";
    drawRoofline(sheet.prediction->decode, "A decoded token", out);
    drawRoofline(sheet.prediction->prefill, "The longest prompt", out);
  }
  for (const PlannedGraph &graph : r.graphs)
    drawArena(graph, out);
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
