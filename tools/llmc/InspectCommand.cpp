// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `llmc inspect`: a model's configuration and tensors, or what a compiled
// object or program holds.
#include "Commands.h"
#include "ContractSheet.h"
#include "ModelObject.h"
#include "compiler/import/Import.h"
#include "dialects/llm/LlmDialect.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"
#include "mlir/IR/MLIRContext.h"
#include <map>
#include <memory>

using namespace llmc;
using llvm::formatv;
using llvm::json::Object;

/// One line per key, nested objects indented.
static void printFacts(const Object &facts, unsigned indent) {
  for (const auto &key : llvm::json::sortedElements(facts)) {
    std::string name = key->first.str();
    name.resize(std::max<size_t>(name.size() + 1, 24 - indent), ' ');
    llvm::outs().indent(indent) << name;
    if (const Object *nested = key->second.getAsObject()) {
      llvm::outs() << '\n';
      printFacts(*nested, indent + 2);
    } else if (auto text = key->second.getAsString()) {
      llvm::outs() << *text << '\n';
    } else if (const llvm::json::Array *list = key->second.getAsArray()) {
      llvm::outs() << list->size() << '\n';
      for (const llvm::json::Value &item : *list) {
        std::string line;
        if (auto text = item.getAsString())
          line = text->str();
        else
          line = formatv("{0}", item).str();
        llvm::outs().indent(indent + 2) << line << '\n';
      }
    } else {
      llvm::outs() << formatv("{0}", key->second) << '\n';
    }
  }
}

static void print(Object facts, bool json) {
  if (json)
    llvm::outs() << formatv("{0:2}", llvm::json::Value(std::move(facts)))
                 << '\n';
  else
    printFacts(facts, 0);
}

static Object configFacts(mlir::llm::ConfigAttr config) {
  return Object{{"vocab", config.getVocab()},
                {"hidden", config.getHidden()},
                {"layers", config.getLayers()},
                {"heads", config.getHeads()},
                {"kv_heads", config.getKvHeads()},
                {"head_dim", config.getHeadDim()},
                {"ffn", config.getFfn()},
                {"context", config.getContextLength()}};
}

static std::string typeText(mlir::Type type) {
  std::string text;
  llvm::raw_string_ostream(text) << type;
  return text;
}

static llvm::Error inspectModel(const std::string &model, bool json) {
  mlir::MLIRContext context;
  auto warn = [](llvm::StringRef text) {
    llvm::errs() << "llmc: warning: " << text << '\n';
  };
  auto module = llvm::sys::fs::is_directory(model)
                    ? importHuggingFace(context, model, warn)
                    : importOnnx(context, model, warn);
  if (!module)
    return module.takeError();
  Object facts{{"model", model}};
  if (auto config = (**module)->getAttrOfType<mlir::llm::ConfigAttr>(
          mlir::llm::kConfigAttr))
    facts["config"] = configFacts(config);
  llvm::json::Array tensors;
  int64_t parameters = 0;
  (*module)->walk([&](mlir::llm::WeightOp weight) {
    auto type = weight.getTensorType();
    std::string place;
    if (auto parts = weight.getParts())
      if (auto source = mlir::dyn_cast_or_null<mlir::llm::SourceAttr>(
              parts->empty() ? nullptr : (*parts)[0]))
        place = source.getFile().str();
    parameters += type.getNumElements();
    tensors.push_back(formatv("{0,-24}{1,-52}{2}", typeText(type),
                              weight.getSymName(), place)
                          .str());
  });
  std::map<std::string, int64_t> counts;
  (*module)->walk([&](mlir::Operation *op) {
    if (!mlir::isa<mlir::llm::WeightOp, mlir::ModuleOp>(op))
      ++counts[op->getName().getStringRef().str()];
  });
  Object ops;
  for (const auto &entry : counts)
    ops[entry.first] = entry.second;
  facts["operations"] = std::move(ops);
  facts["parameters"] = parameters;
  facts["tensors"] = std::move(tensors);
  print(std::move(facts), json);
  return llvm::Error::success();
}

static llvm::Error inspectObject(const std::string &file, bool json) {
  llvm::Expected<ModelObject> model = readModelObject(file);
  if (!model)
    return model.takeError();
  const llmc_config &c = model->config;
  llvm::json::Array variants;
  for (const ModelObject::Variant &variant : model->variants)
    variants.push_back(
        variant.target + ": needs " + isaFeatureNames(variant.isa) +
        (variant.sveBits ? formatv(", SVE of {0} bits", variant.sveBits).str()
                         : ""));
  static const char *kKv[] = {"f32", "f16", "int8"};
  Object facts{
      {"file", file},
      {"kind", model->isObject ? "object" : "program"},
      {"architecture", model->arch},
      {"name", model->name},
      {"symbol", model->symbol},
      {"scheme", model->scheme},
      {"targets", std::move(variants)},
      {"config",
       Object{{"vocab", c.vocab}, {"hidden", c.hidden}, {"layers", c.layers},
              {"heads", c.heads}, {"kv_heads", c.kv_heads},
              {"head_dim", c.head_dim}, {"ffn", c.ffn}, {"context", c.context},
              {"rows_max", c.rows_max},
              {"kv_type", c.kv_type >= 0 && c.kv_type < 3 ? kKv[c.kv_type] : "?"}}},
      {"bytes",
       Object{{"weights", model->weightsBytes}, {"text", model->textBytes},
              {"arena", model->arenaBytes}, {"per_thread", model->privateBytes},
              {"kv_per_sequence", model->kvBytesPerSequence}}},
      {"weights", model->weightsEmbedded ? "embedded" : model->weightsFile},
      {"weights_id", model->weightsId}};
  if (!model->infoJson.empty()) {
    auto info = llvm::json::parse(model->infoJson);
    if (!info)
      return info.takeError();
    facts["provenance"] = std::move(*info);
  }
  print(std::move(facts), json);
  return llvm::Error::success();
}

Command llmc::addInspectCommand(CLI::App &app) {
  CLI::App *sub = app.add_subcommand(
      "inspect", "what is inside a model, an object or a program");
  struct Arguments {
    std::string file;
    bool json = false, verify = false;
  };
  auto arguments = std::make_shared<Arguments>();
  sub->add_option("FILE", arguments->file,
                  "Hugging Face folder, model.onnx, X.o or linked program")
      ->required()
      ->type_name("");
  sub->add_flag("--json", arguments->json, "print JSON");
  sub->add_flag("--verify", arguments->verify,
                "read all compiled weights and check their hash");
  return {sub, [arguments]() -> llvm::Error {
            const std::string &file = arguments->file;
            if (llvm::sys::fs::is_directory(file) ||
                llvm::StringRef(file).ends_with(".onnx"))
              return inspectModel(file, arguments->json);
            if (arguments->verify)
              if (llvm::Error error = verifyWeights(file))
                return error;
            return inspectObject(file, arguments->json);
          }};
}
