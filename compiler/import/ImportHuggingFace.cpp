// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A Hugging Face folder to the `llm` dialect: first every weight that the
// configuration asks for is found and checked, then the graph is built, which
// can no longer fail.
#include "compiler/import/Checkpoint.h"
#include "compiler/import/Import.h"
#include "compiler/import/ModelConfig.h"
#include "dialects/llm/LlmDialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/Path.h"
#include <cmath>
#include <set>

using namespace llvm;
using namespace mlir;

namespace llmc {
namespace {

constexpr StringLiteral kInverseFrequencies = "rope.inverse_frequencies";

/// `pattern` with the layer's number for {}.
std::string numbered(StringRef pattern, int64_t layer) {
  auto [before, after] = pattern.split("{}");
  if (before.size() == pattern.size())
    return pattern.str();
  return (before + Twine(layer) + after).str();
}

/// A weight that the configuration asks for.
struct WantedWeight {
  std::string name;
  SmallVector<int64_t, 2> shape;
  StringRef keys; ///< of config.json, that give the shape
  double addend = 0;
};

/// All weights of the model, in the order in which it reads them.
class WantedWeights {
public:
  explicit WantedWeights(const ModelConfig &config) : config(config) {
    const FamilyNames &names = config.family->names;
    add(names.embedding, {config.vocab, config.hidden},
        "vocab_size, hidden_size");
    for (layer = 0; layer < config.layers; ++layer)
      addLayer(names);
    addNorm(names.finalNorm);
    if (!config.tied)
      add(names.head, {config.vocab, config.hidden}, "vocab_size, hidden_size");
  }

  std::vector<WantedWeight> list;

private:
  void addLayer(const FamilyNames &names) {
    constexpr StringLiteral q = "num_attention_heads * head_dim, hidden_size";
    constexpr StringLiteral kv = "num_key_value_heads * head_dim, hidden_size";
    constexpr StringLiteral o = "hidden_size, num_attention_heads * head_dim";
    addNorm(names.attentionNorm);
    addLinear(names.q, config.qWidth(), config.hidden, config.attentionBias, q);
    addLinear(names.k, config.kvWidth(), config.hidden, config.attentionBias,
              kv);
    addLinear(names.v, config.kvWidth(), config.hidden, config.attentionBias,
              kv);
    addLinear(names.o, config.hidden, config.qWidth(), config.attentionBias, o);
    addNorm(names.mlpNorm);
    constexpr StringLiteral up = "intermediate_size, hidden_size";
    addLinear(names.gate, config.ffn, config.hidden, config.mlpBias, up);
    addLinear(names.up, config.ffn, config.hidden, config.mlpBias, up);
    addLinear(names.down, config.hidden, config.ffn, config.mlpBias,
              "hidden_size, intermediate_size");
  }
  void add(StringRef module, ArrayRef<int64_t> shape, StringRef keys,
           StringRef suffix = ".weight", double addend = 0) {
    list.push_back({numbered(module, layer) + suffix.str(),
                    SmallVector<int64_t, 2>(shape), keys, addend});
  }
  void addNorm(StringRef module) {
    add(module, {config.hidden}, "hidden_size", ".weight",
        config.family->normAddend);
  }
  void addLinear(StringRef module, int64_t n, int64_t k, bool bias,
                 StringRef keys) {
    add(module, {n, k}, keys);
    if (bias)
      add(module, {n}, keys.split(',').first, ".bias");
  }

  const ModelConfig &config;
  int64_t layer = 0;
};

class Importer {
public:
  Importer(MLIRContext &context, const ModelConfig &config,
           const Checkpoint &checkpoint)
      : config(config), names(config.family->names), checkpoint(checkpoint),
        builder(&context), cacheType(llm::KvCacheType::get(&context)) {}

  /// Creates the module with one llm.weight per wanted weight.
  Error importWeights(WarningHandler warn);
  /// Adds @main. All weights are there.
  OwningOpRef<ModuleOp> buildGraph() &&;

private:
  Error importWeight(const WantedWeight &wanted);
  void warnOfOthers(const std::vector<WantedWeight> &wanted,
                    WarningHandler warn) const;
  void addInverseFrequencies();

  // The state of @main while it is built.
  struct Rows {
    Value tokens, sequences, positions, logitRows, cache, ropeTable;
  };
  func::FuncOp createMain(Rows &rows);
  Value buildLayer(int64_t layer, Value x, Rows &rows);
  Value buildAttention(int64_t layer, Value x, Rows &rows);
  Value buildMlp(int64_t layer, Value x);
  Value linear(StringRef module, int64_t layer, Value x, int64_t n, bool bias);
  Value norm(StringRef module, int64_t layer, Value x);

  /// [rows, width] of f32.
  RankedTensorType rowsOf(int64_t width) {
    return RankedTensorType::get({ShapedType::kDynamic, width},
                                 builder.getF32Type());
  }
  Location at(const Twine &name) {
    return NameLoc::get(builder.getStringAttr(name));
  }
  FlatSymbolRefAttr symbol(const Twine &name) {
    return FlatSymbolRefAttr::get(builder.getStringAttr(name));
  }

  const ModelConfig &config;
  const FamilyNames &names;
  const Checkpoint &checkpoint;
  OpBuilder builder;
  Type cacheType;
  OwningOpRef<ModuleOp> module;
};

Error Importer::importWeights(WarningHandler warn) {
  module = ModuleOp::create(at(checkpoint.folder));
  builder.setInsertionPointToEnd(module->getBody());
  std::vector<WantedWeight> wanted = WantedWeights(config).list;
  for (const WantedWeight &weight : wanted)
    if (Error error = importWeight(weight))
      return error;
  addInverseFrequencies();
  warnOfOthers(wanted, warn);
  return Error::success();
}

Error Importer::importWeight(const WantedWeight &wanted) {
  const CheckpointTensor *found = checkpoint.find(wanted.name);
  if (!found)
    return createStringError(inconvertibleErrorCode(),
                             checkpoint.source + ": tensor " + wanted.name +
                                 " is missing, expected " +
                                 describeShape(wanted.shape) + " (" +
                                 wanted.keys + " of config.json)");
  SmallString<256> path(checkpoint.folder);
  sys::path::append(path, found->file);
  const SafetensorsTensor &tensor = found->tensor;
  auto fail = [&](const Twine &message) {
    return createStringError(inconvertibleErrorCode(), path + ": tensor " +
                                                           wanted.name +
                                                           " has " + message);
  };
  Type type = llvm::StringSwitch<Type>(tensor.dtype)
                  .Case("F32", builder.getF32Type())
                  .Case("F16", builder.getF16Type())
                  .Case("BF16", builder.getBF16Type())
                  .Default(nullptr);
  if (!type)
    return fail("dtype " + tensor.dtype + ", expected F32, F16 or BF16");
  if (tensor.shape != wanted.shape)
    return fail("shape " + describeShape(tensor.shape) + ", expected " +
                describeShape(wanted.shape) + " (" + wanted.keys +
                " of config.json)");
  int64_t columns = wanted.shape.back();
  auto source = llm::SourceAttr::get(
      builder.getContext(), found->file, int64_t(tensor.offset), type,
      wanted.shape.size() == 1 ? 1 : wanted.shape.front(), columns, columns, 1,
      wanted.addend);
  // A sum with the addend need not fit the type of the file.
  Type element = wanted.addend == 0 ? type : builder.getF32Type();
  builder.create<llm::WeightOp>(at(wanted.name), wanted.name,
                                RankedTensorType::get(wanted.shape, element),
                                builder.getArrayAttr(source),
                                /*chunks=*/nullptr, /*value=*/nullptr,
                                /*quant=*/nullptr, /*packed=*/nullptr);
  return Error::success();
}

void Importer::addInverseFrequencies() {
  std::vector<float> values = inverseFrequencies(config.rope, config.headDim);
  auto type =
      RankedTensorType::get({int64_t(values.size())}, builder.getF32Type());
  builder.create<llm::WeightOp>(
      at(kInverseFrequencies), kInverseFrequencies, type, /*parts=*/nullptr,
      /*chunks=*/nullptr, builder.getDenseF32ArrayAttr(values),
      /*quant=*/nullptr, /*packed=*/nullptr);
}

void Importer::warnOfOthers(const std::vector<WantedWeight> &wanted,
                            WarningHandler warn) const {
  std::set<std::string, std::less<>> known;
  for (const WantedWeight &weight : wanted)
    known.insert(weight.name);
  known.insert((names.head + ".weight").str()); // saved with tied models too
  std::string others;
  size_t count = 0;
  for (const auto &[name, tensor] : checkpoint.tensors) {
    if (known.count(name) > 0 || isIgnoredTensor(name))
      continue;
    if (++count <= 3)
      others += (count == 1 ? ": " : ", ") + printableName(name);
  }
  if (count > 0)
    warn(checkpoint.source + ": " + std::to_string(count) + " tensor" +
         (count == 1 ? "" : "s") +
         " left out that config.json has no place for" + others +
         (count > 3 ? ", ..." : ""));
}

OwningOpRef<ModuleOp> Importer::buildGraph() && {
  MLIRContext *context = builder.getContext();
  auto headWeight = (config.tied ? names.embedding : names.head) + ".weight";
  auto embedding =
      SymbolTable::lookupSymbolIn(*module, (names.embedding + ".weight").str());
  (*module)->setAttr(llm::kConfigAttr,
                     llm::ConfigAttr::get(context, config.vocab, config.hidden,
                                          config.layers, config.heads,
                                          config.kvHeads, config.headDim,
                                          config.ffn, config.context));
  (*module)->setAttr("llm.family",
                     builder.getStringAttr(config.family->modelType));
  (*module)->setAttr(
      "llm.source_dtype",
      TypeAttr::get(
          cast<llm::WeightOp>(embedding).getTensorType().getElementType()));

  Rows rows;
  func::FuncOp main = createMain(rows);
  double scale =
      config.family->scaleEmbedding ? std::sqrt(double(config.hidden)) : 1.0;
  Value x = builder.create<llm::EmbeddingOp>(
      at(names.embedding), rowsOf(config.hidden), rows.tokens,
      symbol(names.embedding + ".weight"), builder.getF64FloatAttr(scale));
  rows.ropeTable = builder.create<llm::RopeTableOp>(
      at("rope"), rowsOf(config.headDim), rows.positions,
      symbol(kInverseFrequencies), builder.getF64FloatAttr(1.0));
  for (int64_t layer = 0; layer < config.layers; ++layer)
    x = buildLayer(layer, x, rows);
  x = norm(names.finalNorm, 0, x);
  x = builder.create<llm::SelectRowsOp>(at("logit_rows"), rowsOf(config.hidden),
                                        x, rows.logitRows);
  Value logits = builder.create<llm::LinearOp>(
      at(names.head), rowsOf(config.vocab), x, symbol(headWeight),
      /*bias=*/nullptr);
  builder.create<func::ReturnOp>(main.getLoc(), ValueRange{logits, rows.cache});
  return std::move(module);
}

func::FuncOp Importer::createMain(Rows &rows) {
  auto ids =
      RankedTensorType::get({ShapedType::kDynamic}, builder.getI32Type());
  auto type = builder.getFunctionType({ids, ids, ids, ids, cacheType},
                                      {rowsOf(config.vocab), cacheType});
  auto main = builder.create<func::FuncOp>(at("main"), "main", type);
  Block *body = main.addEntryBlock();
  builder.setInsertionPointToEnd(body);
  rows.tokens = body->getArgument(0);
  rows.sequences = body->getArgument(1);
  rows.positions = body->getArgument(2);
  rows.logitRows = body->getArgument(3);
  rows.cache = body->getArgument(4);
  return main;
}

Value Importer::buildLayer(int64_t layer, Value x, Rows &rows) {
  Value attention =
      buildAttention(layer, norm(names.attentionNorm, layer, x), rows);
  x = builder.create<llm::AddOp>(at(numbered(names.o, layer)), x, attention);
  Value mlp = buildMlp(layer, norm(names.mlpNorm, layer, x));
  return builder.create<llm::AddOp>(at(numbered(names.down, layer)), x, mlp);
}

Value Importer::buildAttention(int64_t layer, Value x, Rows &rows) {
  bool bias = config.attentionBias;
  Value q = linear(names.q, layer, x, config.qWidth(), bias);
  Value k = linear(names.k, layer, x, config.kvWidth(), bias);
  Value v = linear(names.v, layer, x, config.kvWidth(), bias);
  IntegerAttr headDim = builder.getI64IntegerAttr(config.headDim);
  q = builder.create<llm::RopeOp>(q.getLoc(), q, rows.ropeTable, headDim);
  k = builder.create<llm::RopeOp>(k.getLoc(), k, rows.ropeTable, headDim);
  Location loc = at("layer " + Twine(layer) + " attention");
  IntegerAttr number = builder.getI64IntegerAttr(layer);
  rows.cache = builder.create<llm::KvAppendOp>(
      loc, cacheType, rows.cache, k, v, rows.sequences, rows.positions, number);
  Value result = builder.create<llm::AttentionOp>(
      loc, rowsOf(config.qWidth()), q, rows.cache, rows.sequences,
      rows.positions, number, builder.getI64IntegerAttr(config.heads),
      builder.getI64IntegerAttr(config.kvHeads), headDim,
      builder.getF64FloatAttr(1.0 / std::sqrt(double(config.headDim))),
      /*window=*/builder.getI64IntegerAttr(0),
      /*softcap=*/builder.getF64FloatAttr(0.0));
  return linear(names.o, layer, result, config.hidden, bias);
}

Value Importer::buildMlp(int64_t layer, Value x) {
  Value gate = linear(names.gate, layer, x, config.ffn, config.mlpBias);
  Value up = linear(names.up, layer, x, config.ffn, config.mlpBias);
  Value gated = builder.create<llm::GatedActivationOp>(
      gate.getLoc(), gate.getType(), gate, up, config.activation);
  return linear(names.down, layer, gated, config.hidden, config.mlpBias);
}

Value Importer::linear(StringRef module, int64_t layer, Value x, int64_t n,
                       bool bias) {
  std::string name = numbered(module, layer);
  return builder.create<llm::LinearOp>(at(name), rowsOf(n), x,
                                       symbol(name + ".weight"),
                                       bias ? symbol(name + ".bias") : nullptr);
}

Value Importer::norm(StringRef module, int64_t layer, Value x) {
  std::string name = numbered(module, layer);
  return builder.create<llm::RmsNormOp>(
      at(name), x.getType(), x, /*select=*/Value(), symbol(name + ".weight"),
      builder.getF64FloatAttr(config.epsilon));
}

} // namespace

Expected<OwningOpRef<ModuleOp>>
importHuggingFace(MLIRContext &context, StringRef folder, WarningHandler warn) {
  context.loadDialect<func::FuncDialect, llm::LlmDialect>();
  SmallString<256> configPath(folder);
  sys::path::append(configPath, "config.json");
  Expected<ModelConfig> config = readModelConfig(configPath);
  if (!config)
    return config.takeError();
  Expected<Checkpoint> checkpoint = openCheckpoint(folder);
  if (!checkpoint)
    return checkpoint.takeError();
  Importer importer(context, *config, *checkpoint);
  if (Error error = importer.importWeights(warn))
    return std::move(error);
  return std::move(importer).buildGraph();
}

} // namespace llmc
