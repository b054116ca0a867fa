// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/import/Import.h"
#include "dialects/llm/LlmDialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/Verifier.h"
#include <cmath>
#include <gtest/gtest.h>

using namespace llmc;
using namespace mlir;

namespace {

const std::string kModels = LLMC_SOURCE_DIR "/test/models/";

struct Imported {
  explicit Imported(const std::string &folder) {
    auto result = importHuggingFace(
        context, kModels + folder,
        [this](llvm::StringRef text) { warnings.push_back(text.str()); });
    if (result)
      module = std::move(*result);
    else
      error = llvm::toString(result.takeError());
  }
  template <typename Op> std::vector<Op> all() {
    std::vector<Op> found;
    module->walk([&](Op op) { found.push_back(op); });
    return found;
  }
  llm::WeightOp weight(llvm::StringRef name) {
    return SymbolTable(*module).lookup<llm::WeightOp>(name);
  }

  MLIRContext context;
  OwningOpRef<ModuleOp> module;
  std::vector<std::string> warnings;
  std::string error;
};

TEST(ImportHuggingFace, GoodModelsImportWithoutWarning) {
  for (const char *folder :
       {"llama2-mha", "llama3-gqa", "llama-odd", "gemma-2b-like", "bad/st-ok",
        "bad/st-dtype-mixed", "bad/st-extra-known", "bad/tok-ok"}) {
    Imported imported(folder);
    ASSERT_TRUE(bool(imported.module)) << imported.error;
    EXPECT_TRUE(succeeded(verify(*imported.module))) << folder;
    EXPECT_TRUE(imported.warnings.empty()) << folder;
  }
}

TEST(ImportHuggingFace, WeightsReferToCheckedBytes) {
  Imported imported("llama2-mha");
  auto gate = imported.weight("model.layers.1.mlp.gate_proj.weight");
  ASSERT_TRUE(bool(gate));
  auto source = cast<llm::SourceAttr>((*gate.getParts())[0]);
  EXPECT_EQ(source.getFile(), "model.safetensors");
  EXPECT_TRUE(source.getType().isF16());
  EXPECT_EQ(source.getRows(), 176);
  EXPECT_EQ(source.getColumns(), 64);
  EXPECT_EQ(source.getRowStride(), 64);
  EXPECT_EQ(source.getColumnStride(), 1);
  EXPECT_GT(source.getOffset(), 8);
  auto norm = imported.weight("model.norm.weight");
  EXPECT_EQ(norm.getTensorType().getShape(), llvm::ArrayRef<int64_t>{64});
  EXPECT_EQ(norm.getRows(), 1);
}

TEST(ImportHuggingFace, GraphHasTheOperationsOfEveryLayer) {
  Imported imported("llama3-gqa");
  EXPECT_EQ(imported.all<func::FuncOp>().size(), 1u);
  EXPECT_EQ(imported.all<llm::RopeTableOp>().size(), 1u);
  EXPECT_EQ(imported.all<llm::LinearOp>().size(), 7u * 3 + 1);
  EXPECT_EQ(imported.all<llm::RmsNormOp>().size(), 2u * 3 + 1);
  EXPECT_EQ(imported.all<llm::AddOp>().size(), 2u * 3);
  auto attentions = imported.all<llm::AttentionOp>();
  ASSERT_EQ(attentions.size(), 3u);
  EXPECT_EQ(attentions[2].getLayer(), 2u);
  EXPECT_EQ(attentions[2].getHeads(), 8u);
  EXPECT_EQ(attentions[2].getKvHeads(), 2u);
  EXPECT_EQ(attentions[2].getScale().convertToDouble(), 0.25);
  auto config =
      (*imported.module)->getAttrOfType<llm::ConfigAttr>(llm::kConfigAttr);
  ASSERT_TRUE(bool(config));
  EXPECT_EQ(config.getVocab(), 768);
  EXPECT_EQ(config.getContextLength(), 512);
}

TEST(ImportHuggingFace, TiedHeadIsTheEmbedding) {
  Imported tied("llama3-gqa"), untied("llama2-mha");
  EXPECT_EQ(tied.all<llm::LinearOp>().back().getWeight(),
            "model.embed_tokens.weight");
  EXPECT_FALSE(bool(tied.weight("lm_head.weight")));
  EXPECT_EQ(untied.all<llm::LinearOp>().back().getWeight(), "lm_head.weight");
}

TEST(ImportHuggingFace, GemmaAddsOneToItsNorms) {
  Imported imported("gemma-2b-like");
  auto norm = imported.weight("model.layers.1.input_layernorm.weight");
  ASSERT_TRUE(bool(norm));
  EXPECT_EQ(cast<llm::SourceAttr>((*norm.getParts())[0]).getAddend(), 1.0);
  // bf16 cannot hold 1 + w.
  EXPECT_TRUE(norm.getTensorType().getElementType().isF32());
  EXPECT_DOUBLE_EQ(
      imported.all<llm::EmbeddingOp>()[0].getScale().convertToDouble(),
      std::sqrt(96.0));
  EXPECT_EQ(imported.all<llm::GatedActivationOp>()[0].getKind(),
            llm::Activation::GeluTanh);
}

TEST(ImportHuggingFace, BiasesWhereTheConfigurationSaysSo) {
  Imported with("llama-odd"), without("llama2-mha");
  int biases = 0;
  for (llm::LinearOp linear : with.all<llm::LinearOp>())
    biases += linear.getBias().has_value();
  EXPECT_EQ(biases, 2 * 7);
  for (llm::LinearOp linear : without.all<llm::LinearOp>())
    EXPECT_FALSE(linear.getBias().has_value());
}

TEST(ImportHuggingFace, DamagedModelsAreNamed) {
  const struct {
    const char *folder, *error;
  } cases[] = {
      {"st-truncated-data", "model.safetensors: tensor "},
      {"st-truncated-header", "model.safetensors: header of "},
      {"st-empty", "model.safetensors: 0 bytes, expected an 8-byte header"},
      {"st-header-huge", "model.safetensors: header of 9223372036854775807 "},
      {"st-header-past-end", "model.safetensors: header of "},
      {"st-header-not-json", "model.safetensors: header: line 1, column "},
      {"st-overlap",
       "tensor model.layers.0.input_layernorm.weight: its data overlaps that"},
      {"st-offsets-reversed", "tensor model.embed_tokens.weight: data_offsets"},
      {"st-offset-past-end", "tensor model.norm.weight: data_offsets"},
      {"st-size-mismatch", "tensor model.embed_tokens.weight: shape "},
      {"st-shape-overflow", "needs an impossible number of bytes"},
      {"st-dtype-unknown", ".dtype is \"F13\", expected one of BOOL"},
      {"st-dtype-integer", "v_proj.weight has dtype I16, expected F32, F16 or"},
      {"st-shape-wrong",
       "down_proj.weight has shape [32, 12], expected [16, 24] (hidden_size, "
       "intermediate_size of config.json)"},
      {"st-missing-tensor",
       "model.safetensors: tensor model.layers.0.self_attn.o_proj.weight is "
       "missing, expected [16, 16]"},
      {"idx-missing-shard", "model-00002-of-00002.safetensors: No such file"},
      {"idx-path-escape",
       "model.safetensors.index.json: weight_map of tensor model.norm.weight"},
      {"idx-tensor-not-in-shard",
       "tensor model.layers.0.self_attn.ghost.weight is missing"},
      {"cfg-hidden-zero", "config.json: hidden_size is 0, expected"},
      {"cfg-hidden-negative", "config.json: hidden_size is -16, expected"},
      {"cfg-heads-not-dividing", "config.json: num_key_value_heads is 2"},
      {"cfg-kv-not-dividing", "config.json: num_key_value_heads is"},
      {"cfg-heads-zero", "config.json: num_attention_heads is 0"},
      {"cfg-layers-negative", "config.json: num_hidden_layers is -1"},
      {"cfg-layers-too-many", "tensor model.layers.1."},
      {"cfg-huge", "config.json: vocab_size is 1099511627776"},
      {"cfg-string-number", "config.json: hidden_size is \"sixteen\""},
      {"cfg-vocab-mismatch", "model.embed_tokens.weight has shape [36, 16]"},
      {"cfg-unknown-model", "config.json: model_type is \"llamoid\""},
      {"cfg-unknown-act", "config.json: hidden_act is \"banana\""},
      {"cfg-unknown-rope", "config.json: rope_scaling.rope_type is \"spiral\""},
      {"cfg-rope-incomplete", "config.json: rope_scaling.factor is missing"},
      {"cfg-not-json", "config.json: line "},
      {"cfg-empty", "config.json: line 1, column 1"},
      {"no-such-folder", "config.json: No such file"},
  };
  for (const auto &test : cases) {
    Imported imported(std::string("bad/") + test.folder);
    EXPECT_PRED_FORMAT2(testing::IsSubstring, test.error, imported.error)
        << test.folder;
    EXPECT_PRED_FORMAT2(testing::IsSubstring, std::string("bad/") + test.folder,
                        imported.error);
    EXPECT_EQ(imported.error.find('\n'), std::string::npos);
  }
}

TEST(ImportHuggingFace, UnknownTensorsGiveOneWarning) {
  Imported imported("bad/st-extra-unknown");
  ASSERT_TRUE(bool(imported.module)) << imported.error;
  ASSERT_EQ(imported.warnings.size(), 1u);
  EXPECT_PRED_FORMAT2(testing::IsSubstring,
                      "model.safetensors: 1 tensor left out that config.json "
                      "has no place for: model.layers.7.mlp.up_proj.weight",
                      imported.warnings[0]);
}

} // namespace
