// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "fake_model.h"

#include <algorithm>

static FakeTrace trace;
void (*fakePrefillHook)() = nullptr;

FakeTrace takeFakeTrace() {
  FakeTrace result = trace;
  trace = {};
  return result;
}

static float fakeLogit(const int32_t *tokens, int64_t count, int64_t id) {
  uint32_t hash = uint32_t(id) * 2654435761u;
  for (int64_t i = 0; i < count; ++i)
    hash = (hash ^ uint32_t(tokens[i])) * 16777619u + uint32_t(i);
  return float(hash % 1000) / 100;
}

std::vector<float> fakeLogits(const std::vector<int32_t> &tokens) {
  std::vector<float> logits;
  for (int64_t id = 0; id < FakeModel::kVocab; ++id)
    logits.push_back(fakeLogit(tokens.data(), int64_t(tokens.size()), id));
  return logits;
}

static int32_t *slot(const llmc_step *step, int64_t sequence) {
  return reinterpret_cast<int32_t *>(step->kv) +
         2 * FakeModel::kContext * sequence;
}

static void runFake(const llmc_step *step, int32_t thread, int32_t threads) {
  for (int64_t r = thread; r < step->rows; r += threads)
    slot(step, step->sequences[r])[step->positions[r]] = step->tokens[r];
  step->private_arena[step->private_stride * thread] = uint8_t(thread);
  llmc_barrier_wait(step->barrier, thread);
  for (int64_t i = 0; i < step->n_logit_rows; ++i) {
    int32_t row = step->logit_rows[i];
    for (int64_t id = thread; id < FakeModel::kVocab; id += threads)
      step->logits[i * FakeModel::kVocab + id] =
          fakeLogit(slot(step, step->sequences[row]), step->positions[row] + 1,
                    id);
  }
}

static void decode(const llmc_step *step, int32_t thread, int32_t threads) {
  if (thread == 0)
    ++trace.decodes;
  runFake(step, thread, threads);
}

static void prefill(const llmc_step *step, int32_t thread, int32_t threads) {
  if (thread == 0) {
    ++trace.prefills;
    trace.largest = std::max(trace.largest, step->rows);
    if (fakePrefillHook)
      fakePrefillHook();
  }
  runFake(step, thread, threads);
}

FakeModel::FakeModel() {
  config.vocab = kVocab;
  config.hidden = config.layers = config.heads = config.kv_heads =
      config.head_dim = config.ffn = 1;
  config.context = kContext;
  config.rows_max = kRowsMax;
  config.kv_type = LLMC_KV_F32;
  config.bos = 1;
  config.n_eos = 1;
  config.eos[0] = 2;
  variant.target = "fake";
  variant.decode = decode;
  variant.prefill = prefill;
  model.magic = LLMC_MAGIC;
  model.abi_version = LLMC_ABI_VERSION;
  model.name = "fake_model";
  model.scheme = "f32";
  model.config = &config;
  model.variants = &variant;
  model.n_variants = 1;
  model.arena_bytes = 100;
  model.private_bytes = 10;
  model.kv_bytes_per_sequence = 2 * 4 * kContext;
  model.weights = weights.data();
  model.weights_bytes = int64_t(weights.size());
  model.info_json = "{}";
}
