// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/model.h"

#include <stdio.h>
#include <string.h>

namespace llmc::rt {

static llmc_status bad(const char *what, int64_t value) {
  return fail(LLMC_BAD_MODEL, "model descriptor: %s is %lld", what,
              (long long)value);
}

static llmc_status checkConfig(const llmc_config &config) {
  const struct {
    const char *name;
    int32_t value;
  } positive[] = {
      {"vocab", config.vocab},       {"hidden", config.hidden},
      {"layers", config.layers},     {"heads", config.heads},
      {"kv_heads", config.kv_heads}, {"head_dim", config.head_dim},
      {"ffn", config.ffn},           {"context", config.context},
      {"rows_max", config.rows_max},
  };
  for (const auto &field : positive)
    if (field.value < 1)
      return bad(field.name, field.value);
  if (config.kv_type != LLMC_KV_F32 && config.kv_type != LLMC_KV_F16 &&
      config.kv_type != LLMC_KV_I8)
    return bad("kv_type", config.kv_type);
  if (config.bos < -1 || config.bos >= config.vocab)
    return bad("bos", config.bos);
  if (config.n_eos < 0 || config.n_eos > LLMC_MAX_EOS)
    return bad("n_eos", config.n_eos);
  for (int32_t i = 0; i < config.n_eos; ++i)
    if (config.eos[i] < 0 || config.eos[i] >= config.vocab)
      return bad("eos", config.eos[i]);
  return LLMC_OK;
}

// The KV cache holds K and V of every layer; int8 has scales besides.
static llmc_status checkKvBytes(const llmc_model &model) {
  const llmc_config &config = *model.config;
  const int64_t sizes[] = {4, 2, 1};
  const int32_t factors[] = {config.layers, config.kv_heads, config.context,
                             config.head_dim};
  int64_t bytes = 2 * sizes[config.kv_type];
  for (int64_t factor : factors)
    if (__builtin_mul_overflow(bytes, factor, &bytes))
      return fail(LLMC_BAD_MODEL, "model descriptor: the KV cache of %d tokens "
                                  "has no size in 64 bits", config.context);
  if (model.kv_bytes_per_sequence < bytes)
    return bad("kv_bytes_per_sequence", model.kv_bytes_per_sequence);
  return LLMC_OK;
}

llmc_status checkModel(const llmc_model *model) {
  if (!model)
    return fail(LLMC_INVALID_ARGUMENT, "the model is a null pointer");
  if (model->magic != LLMC_MAGIC)
    return fail(LLMC_BAD_MODEL, "not a model descriptor: its magic is %08x",
                model->magic);
  if (model->abi_version != LLMC_ABI_VERSION)
    return fail(LLMC_BAD_MODEL,
                "the model has ABI version %u, this runtime reads %u",
                model->abi_version, LLMC_ABI_VERSION);
  if (!model->name || !model->scheme || !model->config || !model->variants)
    return fail(LLMC_BAD_MODEL, "model descriptor: name, scheme, config or "
                                "variants is a null pointer");
  if (llmc_status status = checkConfig(*model->config))
    return status;
  if (model->n_variants < 1 || model->n_variants > 64)
    return bad("n_variants", model->n_variants);
  for (int64_t i = 0; i < model->n_variants; ++i) {
    const llmc_variant &variant = model->variants[i];
    if (!variant.target || !variant.decode || !variant.prefill)
      return fail(LLMC_BAD_MODEL,
                  "model descriptor: variant %lld has a null pointer",
                  (long long)i);
  }
  if (model->arena_bytes < 0)
    return bad("arena_bytes", model->arena_bytes);
  if (model->private_bytes < 0)
    return bad("private_bytes", model->private_bytes);
  if (llmc_status status = checkKvBytes(*model))
    return status;
  if (model->weights_bytes < 1)
    return bad("weights_bytes", model->weights_bytes);
  if (!model->weights == !model->weights_file)
    return fail(LLMC_BAD_MODEL, "model descriptor: the weights must be either "
                                "embedded or in a file");
  if (model->weights_file &&
      (!*model->weights_file || strchr(model->weights_file, '/')))
    return fail(LLMC_BAD_MODEL,
                "model descriptor: weights_file '%s' is not a plain file name",
                model->weights_file);
  if (model->text_bytes < 0 || !model->text != !model->text_bytes)
    return bad("text_bytes", model->text_bytes);
  return LLMC_OK;
}

static bool runs(const llmc_variant &variant, const CpuFeatures &cpu) {
  return !(variant.isa & ~cpu.isa) &&
         (!variant.sve_bits || variant.sve_bits == cpu.sve_bits);
}

llmc_status chooseVariant(const llmc_model *model, const CpuFeatures &cpu,
                          const llmc_variant **variant) {
  *variant = nullptr;
  for (int64_t i = 0; i < model->n_variants; ++i)
    if (runs(model->variants[i], cpu)) {
      *variant = &model->variants[i];
      return LLMC_OK;
    }
  const llmc_variant &last = model->variants[model->n_variants - 1];
  if (uint64_t missing = last.isa & ~cpu.isa) {
    char names[128];
    isaNames(missing, names, sizeof(names));
    return fail(LLMC_UNSUPPORTED_CPU,
                "model '%s' is compiled for %s; this CPU lacks %s",
                model->name, last.target, names);
  }
  return fail(LLMC_UNSUPPORTED_CPU,
              "model '%s' is compiled for %s with SVE vectors of %d bits; "
              "this CPU has %d",
              model->name, last.target, last.sve_bits, cpu.sve_bits);
}

} // namespace llmc::rt
