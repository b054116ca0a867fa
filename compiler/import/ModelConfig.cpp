// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/import/ModelConfig.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include <cmath>

using namespace llvm;
using mlir::llm::Activation;

namespace llmc {
namespace {

// Far above every model there is, and low enough that no product of the two
// sizes of a weight overflows.
constexpr int64_t kMaxVocab = 1 << 24;
constexpr int64_t kMaxWidth = 1 << 20; // hidden_size, intermediate_size
constexpr int64_t kMaxLayers = 4096;
constexpr int64_t kMaxHeads = 1 << 14;
constexpr int64_t kMaxHeadDim = 1 << 12;
constexpr int64_t kMaxContext = (int64_t(1) << 31) - 1;

/// Assigns what `value` holds to `out`, or returns its error.
template <typename T> Error assign(Expected<T> value, T &out) {
  if (!value)
    return value.takeError();
  out = std::move(*value);
  return Error::success();
}

Error readPositive(const JsonObject &object, StringRef key, double &out) {
  if (Error error = assign(object.number(key), out))
    return error;
  return out > 0 ? Error::success() : object.error(key, "a number above 0");
}

Error readFamily(const JsonObject &json, ModelConfig &config) {
  Expected<std::string> type = json.string("model_type");
  config.family = type ? findFamily(*type) : nullptr;
  if (config.family)
    return Error::success();
  consumeError(type.takeError());
  return json.error("model_type",
                    "one of " + join(map_range(families(),
                                               [](const Family *family) {
                                                 return family->modelType;
                                               }),
                                     ", "));
}

Error readHeads(const JsonObject &json, ModelConfig &config) {
  if (Error error = assign(json.integer("num_attention_heads", 1, kMaxHeads),
                           config.heads))
    return error;
  if (Error error = assign(
          json.integerOr("num_key_value_heads", config.heads, 1, kMaxHeads),
          config.kvHeads))
    return error;
  if (config.heads % config.kvHeads != 0)
    return json.error("num_key_value_heads", "a divisor of " +
                                                 Twine(config.heads) +
                                                 ", num_attention_heads");
  if (!json.has("head_dim") && config.hidden % config.heads != 0)
    return json.error("num_attention_heads",
                      "a divisor of " + Twine(config.hidden) +
                          ", hidden_size, where head_dim is absent");
  if (Error error =
          assign(json.integerOr("head_dim", config.hidden / config.heads, 1,
                                kMaxHeadDim),
                 config.headDim))
    return error;
  if (config.headDim % 2 != 0 || config.headDim > kMaxHeadDim)
    return json.error("head_dim", "an even number up to " + Twine(kMaxHeadDim) +
                                      ", here it is " + Twine(config.headDim));
  return Error::success();
}

Error readSizes(const JsonObject &json, ModelConfig &config) {
  const struct {
    StringRef key;
    int64_t max;
    int64_t &out;
  } sizes[] = {{"vocab_size", kMaxVocab, config.vocab},
               {"hidden_size", kMaxWidth, config.hidden},
               {"intermediate_size", kMaxWidth, config.ffn},
               {"num_hidden_layers", kMaxLayers, config.layers}};
  for (const auto &size : sizes)
    if (Error error = assign(json.integer(size.key, 1, size.max), size.out))
      return error;
  if (Error error = assign(
          json.integerOr("max_position_embeddings", 4096, 1, kMaxContext),
          config.context))
    return error;
  return readHeads(json, config);
}

Error readActivation(const JsonObject &json, ModelConfig &config) {
  if (config.family->activation) {
    config.activation = *config.family->activation;
    return Error::success();
  }
  std::string name;
  if (Error error = assign(json.stringOr("hidden_act", "silu"), name))
    return error;
  auto known = StringSwitch<std::optional<Activation>>(name)
                   .Cases("silu", "swish", Activation::Silu)
                   .Cases("gelu_pytorch_tanh", "gelu_new", Activation::GeluTanh)
                   .Case("gelu", Activation::Gelu)
                   .Case("relu", Activation::Relu)
                   .Default(std::nullopt);
  if (!known)
    return json.error("hidden_act", "silu, gelu, gelu_pytorch_tanh or relu");
  config.activation = *known;
  return Error::success();
}

Error readFlags(const JsonObject &json, ModelConfig &config) {
  const Family &family = *config.family;
  config.tied = family.alwaysTied;
  if (!family.alwaysTied)
    if (Error error =
            assign(json.booleanOr("tie_word_embeddings", false), config.tied))
      return error;
  if (Error error =
          assign(json.booleanOr("attention_bias", false), config.attentionBias))
    return error;
  if (family.hasMlpBias)
    if (Error error = assign(json.booleanOr("mlp_bias", false), config.mlpBias))
      return error;
  if (Error error =
          assign(json.numberOr("rms_norm_eps", family.epsilon), config.epsilon))
    return error;
  if (!(config.epsilon >= 0 && config.epsilon < 1))
    return json.error("rms_norm_eps", "a number from 0 to 1");
  return Error::success();
}

Error readLlama3(const JsonObject &scaling, RopeConfig &rope) {
  if (Error error =
          readPositive(scaling, "low_freq_factor", rope.lowFreqFactor))
    return error;
  if (Error error =
          readPositive(scaling, "high_freq_factor", rope.highFreqFactor))
    return error;
  if (rope.highFreqFactor <= rope.lowFreqFactor)
    return scaling.error("high_freq_factor", "more than low_freq_factor");
  return assign(
      scaling.integer("original_max_position_embeddings", 1, kMaxContext),
      rope.originalContext);
}

/// `scaling` is rope_scaling or rope_parameters.
Error readScaling(const JsonObject &scaling, RopeConfig &rope) {
  StringRef key = scaling.has("rope_type") ? "rope_type" : "type";
  std::string type;
  if (Error error = assign(scaling.stringOr(key, "default"), type))
    return error;
  auto known = StringSwitch<std::optional<RopeScaling>>(type)
                   .Case("default", RopeScaling::None)
                   .Case("linear", RopeScaling::Linear)
                   .Case("llama3", RopeScaling::Llama3)
                   .Default(std::nullopt);
  if (!known)
    return scaling.error(key, "default, linear or llama3");
  rope.scaling = *known;
  if (rope.scaling == RopeScaling::None)
    return Error::success();
  if (Error error = readPositive(scaling, "factor", rope.factor))
    return error;
  return rope.scaling == RopeScaling::Llama3 ? readLlama3(scaling, rope)
                                             : Error::success();
}

/// Old configurations have rope_theta and rope_scaling, new ones have
/// rope_parameters with all in it; where several speak, rope_scaling wins, as
/// in transformers.
Error readRope(const JsonObject &json, ModelConfig &config) {
  config.rope.theta = config.family->ropeTheta;
  if (json.has("rope_theta"))
    if (Error error = readPositive(json, "rope_theta", config.rope.theta))
      return error;
  for (StringRef key : {"rope_parameters", "rope_scaling"}) {
    if (!json.has(key))
      continue;
    Expected<JsonObject> scaling = json.object(key);
    if (!scaling)
      return scaling.takeError();
    if (scaling->has("rope_theta"))
      if (Error error = readPositive(*scaling, "rope_theta", config.rope.theta))
        return error;
    if (Error error = readScaling(*scaling, config.rope))
      return error;
  }
  return Error::success();
}

/// What would change the computation and is not known here.
Error refuseUnsupported(const JsonObject &json) {
  if (json.has("quantization_config"))
    return json.error("quantization_config",
                      "none: quantized checkpoints are not yet available");
  double rotary = 1;
  if (Error error = assign(json.numberOr("partial_rotary_factor", 1), rotary))
    return error;
  if (rotary != 1)
    return json.error("partial_rotary_factor", "1");
  return Error::success();
}

} // namespace

Expected<ModelConfig> parseModelConfig(const Json &value, StringRef path) {
  Expected<JsonObject> json = JsonObject::get(value, path);
  if (!json)
    return json.takeError();
  ModelConfig config;
  config.file = path.str();
  if (Error error = readFamily(*json, config))
    return std::move(error);
  for (auto *read : {readSizes, readActivation, readFlags, readRope})
    if (Error error = read(*json, config))
      return std::move(error);
  if (Error error = refuseUnsupported(*json))
    return std::move(error);
  return config;
}

Expected<ModelConfig> readModelConfig(StringRef path) {
  Expected<Json> json = readJsonFile(path);
  if (!json)
    return json.takeError();
  return parseModelConfig(*json, path);
}

/// Llama 3.1's scaling of one inverse frequency, in float32.
static float scaleLlama3(float frequency, const RopeConfig &rope) {
  float context = float(rope.originalContext);
  float low = float(rope.lowFreqFactor);
  float wavelength = float(2 * M_PI) / frequency;
  if (wavelength > float(rope.originalContext / rope.lowFreqFactor))
    return frequency / float(rope.factor);
  if (wavelength < float(rope.originalContext / rope.highFreqFactor))
    return frequency;
  float smooth = (context / wavelength - low) /
                 float(rope.highFreqFactor - rope.lowFreqFactor);
  // Two statements, so that no compiler joins them into a multiply-add.
  float slowed = (1.0f - smooth) * frequency / float(rope.factor);
  float kept = smooth * frequency;
  return slowed + kept;
}

std::vector<float> inverseFrequencies(const RopeConfig &rope, int64_t headDim) {
  std::vector<float> frequencies;
  for (int64_t i = 0; i < headDim; i += 2) {
    float exponent = float(i) / float(headDim);
    float power = float(std::pow(double(float(rope.theta)), double(exponent)));
    float frequency = 1.0f / power;
    if (rope.scaling == RopeScaling::Linear)
      frequency /= float(rope.factor);
    if (rope.scaling == RopeScaling::Llama3)
      frequency = scaleLlama3(frequency, rope);
    frequencies.push_back(frequency);
  }
  return frequencies;
}

} // namespace llmc
