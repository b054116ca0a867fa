// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Facts.h"
#include "compiler/plan/Plan.h"
#include "compiler/quantize/QuantRules.h"
#include "compiler/target/KernelRegistry.h"
#include "dialects/llm/LlmDialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/JSON.h"

using namespace mlir;

namespace llmc {

std::string baseScheme(llvm::ArrayRef<QuantRule> rules) {
  for (const QuantRule &rule : llvm::reverse(rules))
    if (rule.pattern.empty())
      return formatQuantRule(rule);
  return "int4";
}

std::string ownSchemes(ModuleOp module) {
  std::vector<std::string> texts;
  for (auto weight : module.getOps<llm::WeightOp>()) {
    llm::QuantAttr quant = weight.getQuantAttr();
    if (!quant || !quant.isBlocks() || !weight.getPackedAttr())
      continue;
    std::string text = formatQuantRule(
        {"", llm::stringifyScheme(quant.getScheme()).str(), quant.getGroup(),
         quant.getAsymmetric()});
    if (!llvm::is_contained(texts, text))
      texts.push_back(text);
  }
  return llvm::join(texts, "+");
}

std::string schemeText(llvm::ArrayRef<QuantRule> rules, llvm::StringRef own) {
  std::string text = own.empty() ? baseScheme(rules) : own.str();
  for (const QuantRule &rule : rules)
    if (!rule.pattern.empty())
      text += "," + formatQuantRule(rule);
  return text;
}

namespace {

/// "64 x 192" of a linear (k x n), else the width of the result.
std::string shapeOf(Operation *op) {
  auto width = [](Value value) {
    return std::to_string(
        cast<RankedTensorType>(value.getType()).getShape().back());
  };
  if (auto linear = dyn_cast<llm::LinearOp>(op))
    return width(linear.getX()) + " x " + width(linear.getResult());
  for (Value result : llvm::reverse(op->getResults()))
    if (isa<RankedTensorType>(result.getType()))
      return width(result);
  return "";
}

/// Rows of the table that the target refused in favour of `symbol`.
std::string refusedRows(StringRef symbol, const Target &target) {
  const KernelRow *row = findKernel(symbol);
  std::string why;
  if (row)
    selectKernel({row->op, row->graph, row->out, row->lhs, row->rhs,
                  row->variant},
                 target, &why);
  return llvm::join(llvm::split(StringRef(why).trim(), '\n'), "; ");
}

void addKernel(StringRef graph, Operation *op, const Target &target,
               CompileReport &report) {
  CompileReport::Kernel kernel;
  auto generated = dyn_cast<llm::GeneratedOp>(op);
  auto symbol = op->getAttrOfType<StringAttr>("kernel");
  if (!generated && !symbol)
    return;
  kernel.graph = graph.str();
  kernel.op = op->getName().stripDialect().str();
  kernel.symbol = generated ? generated.getCallee().str() : symbol.str();
  kernel.shape = shapeOf(op);
  kernel.generated = bool(generated);
  kernel.count = 1;
  for (CompileReport::Kernel &other : report.kernels)
    if (other.graph == kernel.graph && other.op == kernel.op &&
        other.symbol == kernel.symbol && other.shape == kernel.shape) {
      ++other.count;
      return;
    }
  if (symbol)
    kernel.reason = refusedRows(kernel.symbol, target);
  report.kernels.push_back(std::move(kernel));
}

/// Joins steps of one kernel and shape; reasons come from `packed`.
void addStep(const PlannedGraph &graph, const PlannedStep &step,
             ArrayRef<CompileReport::Kernel> packed, CompileReport &report) {
  for (CompileReport::Kernel &other : report.kernels)
    if (other.graph == graph.name && other.op == step.op &&
        other.symbol == step.symbol && other.shape == step.shape) {
      ++other.count;
      return;
    }
  CompileReport::Kernel kernel;
  kernel.graph = graph.name;
  kernel.op = step.op;
  kernel.symbol = step.symbol;
  kernel.shape = step.shape;
  kernel.count = 1;
  kernel.generated = step.op == "generated";
  for (const CompileReport::Kernel &before : packed)
    if (before.symbol == step.symbol)
      kernel.reason = before.reason;
  report.kernels.push_back(std::move(kernel));
}

void reportConfig(ModuleOp module, CompileReport &report) {
  auto c = module->getAttrOfType<llm::ConfigAttr>(llm::kConfigAttr);
  if (!c)
    return;
  report.vocab = c.getVocab();
  report.hidden = c.getHidden();
  report.layers = c.getLayers();
  report.heads = c.getHeads();
  report.kvHeads = c.getKvHeads();
  report.headDim = c.getHeadDim();
  report.ffn = c.getFfn();
}
} // namespace

void reportPacked(ModuleOp module, const Target &target,
                  CompileReport &report) {
  for (auto graph : module.getOps<func::FuncOp>())
    if (!graph->hasAttr("llm.generated"))
      graph.walk([&](Operation *op) {
        addKernel(graph.getSymName(), op, target, report);
      });
}

void reportPlanned(ModuleOp module, CompileReport &report) {
  auto number = [&](StringRef key) -> int64_t {
    auto value = module->getAttrOfType<IntegerAttr>(key);
    return value ? value.getInt() : 0;
  };
  report.context = number("exec.context");
  report.rowsMax = number("exec.rows");
  report.kvBytesPerSequence = number("exec.kv_bytes");
  if (auto kv = module->getAttrOfType<StringAttr>("exec.kv_type"))
    report.kvType = kv.str();
  reportConfig(module, report);
  for (auto weight : module.getOps<llm::WeightOp>())
    if (weight.getParts())
      report.parameters += weight.getTensorType().getNumElements();
  auto packed = std::move(report.kernels);
  report.kernels.clear();
  for (auto program : module.getOps<exec::ProgramOp>()) {
    report.arenaBytes =
        std::max<int64_t>(report.arenaBytes, program.getArenaBytes());
    report.privateBytes =
        std::max<int64_t>(report.privateBytes, program.getPrivateBytes());
    report.graphs.push_back(describePlan(program));
    for (const PlannedStep &step : report.graphs.back().steps)
      if (step.op != "barrier")
        addStep(report.graphs.back(), step, packed, report);
    if (program.getSymName() == "decode") {
      for (const PlannedStep &step : report.graphs.back().steps) {
        report.bytesPerToken += step.bytes;
        if (step.op == "linear")
          report.macsPerToken += int64_t(step.work);
      }
      BarrierCount barriers = barriersPerLayer(program);
      report.barriersPerLayer = barriers.most;
      report.barriersPerLayerMin = barriers.least;
    }
  }
}

static std::string textOf(llvm::json::Object object) {
  return llvm::formatv("{0}", llvm::json::Value(std::move(object))).str();
}

std::string infoJson(CompileReport &r) {
  llvm::json::Object config{
      {"vocab", r.vocab},     {"hidden", r.hidden},    {"layers", r.layers},
      {"heads", r.heads},     {"kv_heads", r.kvHeads}, {"head_dim", r.headDim},
      {"ffn", r.ffn},         {"context", r.context},  {"rows_max", r.rowsMax},
      {"kv_type", r.kvType}};
  r.configJson = textOf(llvm::json::Object(config));
  llvm::json::Array kernels;
  for (const CompileReport::Kernel &kernel : r.kernels)
    kernels.push_back(llvm::json::Object{{"graph", kernel.graph},
                                         {"op", kernel.op},
                                         {"symbol", kernel.symbol},
                                         {"shape", kernel.shape},
                                         {"count", kernel.count},
                                         {"generated", kernel.generated}});
  llvm::json::Object info{{"compiler", "llmc"},
                          {"name", r.name},
                          {"target", r.target},
                          {"scheme", r.scheme},
                          {"parameters", r.parameters},
                          {"weights_bytes", r.weightsBytes},
                          {"arena_bytes", r.arenaBytes},
                          {"private_bytes", r.privateBytes},
                          {"kv_bytes_per_sequence", r.kvBytesPerSequence},
                          {"text_bytes", r.textBytes},
                          {"bytes_per_token", r.bytesPerToken},
                          {"macs_per_token", r.macsPerToken},
                          {"barriers_per_layer", r.barriersPerLayer},
                          {"config", std::move(config)},
                          {"kernels", std::move(kernels)}};
  return textOf(std::move(info));
}

void printKernels(const CompileReport &report, llvm::raw_ostream &os) {
  for (const CompileReport::Kernel &kernel : report.kernels) {
    os << llvm::left_justify(kernel.graph, 8)
       << llvm::left_justify(kernel.op, 17)
       << llvm::left_justify(kernel.shape, 14) << 'x'
       << llvm::left_justify(std::to_string(kernel.count), 4) << kernel.symbol
       << (kernel.generated ? " (generated)" : "") << '\n';
    if (!kernel.reason.empty())
      os << "        " << kernel.reason << '\n';
  }
}

} // namespace llmc
