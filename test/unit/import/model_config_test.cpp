// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/import/ModelConfig.h"
#include <gtest/gtest.h>

using namespace llmc;
using mlir::llm::Activation;

namespace {

Json base() {
  return Json{{"model_type", "llama"},    {"vocab_size", 37},
              {"hidden_size", 24},        {"intermediate_size", 41},
              {"num_hidden_layers", 2},   {"num_attention_heads", 6},
              {"num_key_value_heads", 3}, {"max_position_embeddings", 99},
              {"rms_norm_eps", 1e-5},     {"hidden_act", "silu"}};
}

/// base() with the keys of `change` replaced.
Json with(const char *change) {
  Json json = base();
  json.update(Json::parse(change));
  return json;
}

ModelConfig read(const Json &json) {
  auto config = parseModelConfig(json, "config.json");
  if (config)
    return *config;
  ADD_FAILURE() << llvm::toString(config.takeError());
  return {};
}

std::string errorOf(const Json &json) {
  auto config = parseModelConfig(json, "config.json");
  return config ? "accepted" : llvm::toString(config.takeError());
}

TEST(ModelConfig, ReadsSizes) {
  ModelConfig config = read(base());
  EXPECT_EQ(config.family, &kLlama);
  EXPECT_EQ(config.vocab, 37);
  EXPECT_EQ(config.hidden, 24);
  EXPECT_EQ(config.ffn, 41);
  EXPECT_EQ(config.layers, 2);
  EXPECT_EQ(config.heads, 6);
  EXPECT_EQ(config.kvHeads, 3);
  EXPECT_EQ(config.headDim, 4); // hidden / heads
  EXPECT_EQ(config.context, 99);
  EXPECT_EQ(config.epsilon, 1e-5);
  EXPECT_EQ(config.rope.theta, 10000);
  EXPECT_EQ(config.rope.scaling, RopeScaling::None);
  EXPECT_FALSE(config.tied || config.attentionBias || config.mlpBias);
}

TEST(ModelConfig, ReadsWhatIsLeftOut) {
  Json json = base();
  for (const char *key : {"num_key_value_heads", "max_position_embeddings",
                          "rms_norm_eps", "hidden_act"})
    json.erase(key);
  json["head_dim"] = nullptr;
  ModelConfig config = read(json);
  EXPECT_EQ(config.kvHeads, 6);
  EXPECT_EQ(config.headDim, 4);
  EXPECT_EQ(config.context, 4096);
  EXPECT_EQ(config.epsilon, 1e-6);
  EXPECT_EQ(config.activation, Activation::Silu);
}

TEST(ModelConfig, ReadsHeadDimApartFromHidden) {
  ModelConfig config = read(with(R"({"head_dim": 10, "hidden_size": 25})"));
  EXPECT_EQ(config.qWidth(), 60);
  EXPECT_EQ(config.kvWidth(), 30);
}

TEST(ModelConfig, ReadsBothRopeStyles) {
  const char *spellings[] = {
      R"({"rope_theta": 500.0, "rope_scaling": {"type": "linear", "factor": 2}})",
      R"({"rope_theta": 500.0, "rope_scaling": {"rope_type": "linear", "factor": 2.0}})",
      R"({"rope_parameters": {"rope_theta": 500, "rope_type": "linear", "factor": 2}})",
      R"({"rope_theta": 9.0, "rope_parameters": {"rope_theta": 500, "rope_type": "linear", "factor": 2}})"};
  for (const char *spelling : spellings) {
    ModelConfig config = read(with(spelling));
    EXPECT_EQ(config.rope.theta, 500) << spelling;
    EXPECT_EQ(config.rope.scaling, RopeScaling::Linear) << spelling;
    EXPECT_EQ(config.rope.factor, 2) << spelling;
  }
}

TEST(ModelConfig, GemmaIsTiedAndGated) {
  ModelConfig config =
      read(with(R"({"model_type": "gemma", "hidden_act": "gelu"})"));
  EXPECT_TRUE(config.tied);
  EXPECT_EQ(config.activation, Activation::GeluTanh);
}

TEST(ModelConfig, NamesKeyValueAndWhatIsAccepted) {
  const struct {
    const char *change, *error;
  } cases[] = {
      {R"({"model_type": "llamoid"})",
       R"(config.json: model_type is "llamoid", expected one of llama, gemma)"},
      {R"({"model_type": null})", "model_type is missing, expected one of"},
      {R"({"hidden_size": 0})",
       "hidden_size is 0, expected an integer from 1 to 1048576"},
      {R"({"hidden_size": -16})", "hidden_size is -16, expected"},
      {R"({"hidden_size": "sixteen"})", "hidden_size is \"sixteen\", expected"},
      {R"({"hidden_size": 2147483648})", "hidden_size is 2147483648, expected"},
      {R"({"vocab_size": 1099511627776})",
       "vocab_size is 1099511627776, expected an integer from 1 to 16777216"},
      {R"({"num_hidden_layers": -1})", "num_hidden_layers is -1, expected"},
      {R"({"num_hidden_layers": 4097})", "from 1 to 4096"},
      {R"({"num_attention_heads": 0})", "num_attention_heads is 0, expected"},
      {R"({"num_attention_heads": 9})",
       "num_attention_heads is 9, expected a divisor of 24, hidden_size"},
      {R"({"num_key_value_heads": 4})",
       "num_key_value_heads is 4, expected a divisor of 6"},
      {R"({"head_dim": 5})", "head_dim is 5, expected an even number"},
      {R"({"num_attention_heads": 24})",
       "head_dim is missing, expected an even number up to 4096, here it is 1"},
      {R"({"hidden_act": "banana"})",
       R"(hidden_act is "banana", expected silu, gelu, gelu_pytorch_tanh)"},
      {R"({"rms_norm_eps": -1e-6})", "rms_norm_eps is -1e-06, expected"},
      {R"({"rms_norm_eps": 1})", "expected a number from 0 to 1"},
      {R"({"tie_word_embeddings": 1})",
       "tie_word_embeddings is 1, expected true or false"},
      {R"({"rope_theta": 0})", "rope_theta is 0, expected a number above 0"},
      {R"({"rope_scaling": {"rope_type": "spiral", "factor": 2}})",
       R"(rope_scaling.rope_type is "spiral", expected default, linear or llama3)"},
      {R"({"rope_scaling": {"type": "linear"}})",
       "rope_scaling.factor is missing, expected a number"},
      {R"({"rope_scaling": {"rope_type": "llama3", "factor": 8}})",
       "rope_scaling.low_freq_factor is missing"},
      {R"({"rope_scaling": {"rope_type": "llama3", "factor": 8,
           "low_freq_factor": 4, "high_freq_factor": 4}})",
       "rope_scaling.high_freq_factor is 4, expected more than "
       "low_freq_factor"},
      {R"({"rope_scaling": {"rope_type": "llama3", "factor": 8,
           "low_freq_factor": 1, "high_freq_factor": 4}})",
       "rope_scaling.original_max_position_embeddings is missing"},
      {R"({"quantization_config": {"quant_method": "gptq"}})",
       "quantization_config is an object, expected none"},
      {R"({"partial_rotary_factor": 0.5})",
       "partial_rotary_factor is 0.5, expected 1"},
  };
  for (const auto &test : cases)
    EXPECT_PRED_FORMAT2(testing::IsSubstring, test.error,
                        errorOf(with(test.change)))
        << test.change;
}

// Each number field at its limits and beyond, with no crash and no overflow.
TEST(ModelConfig, RefusesEveryNumberBeyondItsLimits) {
  for (const char *key :
       {"vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers",
        "num_attention_heads", "num_key_value_heads", "head_dim",
        "max_position_embeddings"})
    for (Json value :
         {Json(0), Json(-1), Json(INT64_MIN), Json(INT64_MAX),
          Json(uint64_t(INT64_MAX) + 1), Json(UINT64_MAX), Json(0.5),
          Json(1e300), Json("7"), Json(true), Json(Json::array())}) {
      Json json = base();
      json[key] = value;
      EXPECT_PRED_FORMAT2(testing::IsSubstring,
                          std::string("config.json: ") + key + " is ",
                          errorOf(json))
          << key << " " << value;
    }
}

TEST(ModelConfig, RefusesWhatIsNoObject) {
  EXPECT_EQ(errorOf(Json::array()),
            "config.json: the file is a list, expected an object");
}

// The values that transformers 5.12.1 exports for theta 10000 and 500000 with
// head_dim 16, to the bit.
TEST(RopeConfig, InverseFrequenciesAreThoseOfTransformers) {
  RopeConfig plain;
  plain.theta = 10000;
  EXPECT_EQ(inverseFrequencies(plain, 16),
            (std::vector<float>{1.0f, 0.3162277638912201f, 0.10000000149011612f,
                                0.03162277862429619f, 0.009999999776482582f,
                                0.003162277862429619f, 0.0010000000474974513f,
                                0.0003162277862429619f}));
  RopeConfig llama3{RopeScaling::Llama3, 500000, 8, 1, 4, 64};
  EXPECT_EQ(
      inverseFrequencies(llama3, 16),
      (std::vector<float>{1.0f, 0.07940301299095154f, 0.004700753837823868f,
                          0.0009115831344388425f, 0.00017677668074611574f,
                          3.428102354519069e-05f, 6.647869668086059e-06f,
                          1.289173155782919e-06f}));
}

TEST(RopeConfig, LinearScalingDividesByTheFactor) {
  RopeConfig linear{RopeScaling::Linear, 10000, 4};
  EXPECT_EQ(inverseFrequencies(linear, 4),
            (std::vector<float>{0.25f, 0.0025f}));
}

} // namespace
