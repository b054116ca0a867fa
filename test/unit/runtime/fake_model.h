// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A hand-written model: the "KV cache" keeps the tokens of each sequence and
// the logits of a row are a hash of the tokens up to its position, each thread
// computing a part of the vocabulary after a barrier. So logits tell whether
// rows, positions, sequences, slots and barriers were right.
#ifndef LLMC_TEST_FAKE_MODEL_H
#define LLMC_TEST_FAKE_MODEL_H

#include "llmc/runtime.h"

#include <vector>

struct FakeModel {
  static constexpr int32_t kVocab = 37, kContext = 50, kRowsMax = 8;

  llmc_config config = {};
  llmc_variant variant = {};
  std::vector<uint8_t> weights = std::vector<uint8_t>(64, 7);
  llmc_model model = {};

  FakeModel();
  FakeModel(const FakeModel &) = delete;
};

/// The logits that a sequence of `tokens` ends with.
std::vector<float> fakeLogits(const std::vector<int32_t> &tokens);

/// What the graphs saw since the last call: steps, and rows of the largest.
struct FakeTrace {
  int64_t decodes, prefills, largest;
};
FakeTrace takeFakeTrace();

/// Called by thread 0 inside every prefill step when set.
extern void (*fakePrefillHook)();

#endif
