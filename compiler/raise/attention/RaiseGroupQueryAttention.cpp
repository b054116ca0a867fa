// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// com.microsoft.GroupQueryAttention, as the ONNX Runtime GenAI builder emits it
// -> llm.rope, llm.kv_append and llm.attention.
#include "compiler/raise/attention/Heads.h"

#include <cmath>

using namespace mlir;

namespace llmc {

// The operator's inputs.
enum Input {
  Query, Key, Values, PastKey, PastValue, SequenceLengths, TotalLength, CosCache,
  SinCache, PositionIds, AttentionBias, HeadSink
};

/// True when `v` is `expected(point)` at every probe, for every sequence.
static bool isLength(const Raiser &raiser, Value v,
                     function_ref<int64_t(const Probes::Point &)> expected) {
  for (size_t i = 0; i < raiser.probes.points().size(); ++i) {
    const ProbeTensor &tensor = raiser.probes.at(i, v);
    if (!tensor.data)
      return false;
    for (double value : *tensor.data)
      if (value != double(expected(raiser.probes.points()[i])))
        return false;
  }
  return true;
}

/// The rotation that the node itself does; nullopt after an error.
static std::optional<RopeMatch> matchCaches(Raiser &raiser, Operation *op,
                                            int64_t headDim) {
  auto rope = matchRopeCaches(raiser, onnx::getInput(op, CosCache),
                              onnx::getInput(op, SinCache));
  if (!rope || int64_t(2 * rope->frequencies.size()) > headDim) {
    raiser.fail(op, "has no table of rotary angles, expected cos_cache and "
                    "sin_cache [positions, head_dim / 2]");
    return std::nullopt;
  }
  rope->headDim = headDim;
  rope->interleaved = onnx::getInt(op, "rotary_interleaved", 0) != 0;
  return rope;
}

/// Query, key and value: three inputs, or one with all their columns.
static bool matchOperands(Raiser &raiser, Operation *op, AttentionMatch &match) {
  int64_t heads = onnx::getInt(op, "num_heads", 0);
  int64_t kvHeads = onnx::getInt(op, "kv_num_heads", 0);
  bool packed = !onnx::getInput(op, Key);
  std::optional<int64_t> width = raiser.probes.rowsWidth(op->getOperand(Query));
  int64_t parts = heads + (packed ? 2 * kvHeads : 0);
  if (heads <= 0 || kvHeads <= 0 || !width || *width % parts != 0 ||
      heads % kvHeads != 0) {
    raiser.fail(op, "has heads that do not divide its query, expected num_heads "
                    "a multiple of kv_num_heads");
    return false;
  }
  int64_t headDim = *width / parts;
  Heads *sides[] = {&match.q, &match.k, &match.v};
  for (unsigned i = 0; i < 3; ++i) {
    int64_t count = i == 0 ? heads : kvHeads;
    if (packed) {
      int64_t before = i == 0 ? 0 : heads + (i - 1) * kvHeads;
      sides[i]->source = op->getOperand(Query);
      sides[i]->begin = before * headDim;
      sides[i]->heads = count;
      sides[i]->headDim = headDim;
      continue;
    }
    auto found = matchHeads(raiser, op->getOperand(i),
                            {HeadLayout::Joined, {}, count});
    if (!found || found->past) {
      raiser.fail(op, "has operands that are no heads, expected [batch, "
                      "sequence, heads * head_dim]");
      return false;
    }
    *sides[i] = *found;
  }
  if (onnx::getInt(op, "do_rotary", 0) != 0) {
    auto rope = matchCaches(raiser, op, headDim);
    if (!rope)
      return false;
    match.q.rope = match.k.rope = rope;
  }
  return true;
}

/// True when the node has no positions, or those of the rows.
static bool hasOwnPositions(const Raiser &raiser, Operation *op) {
  Value v = onnx::getInput(op, PositionIds);
  for (size_t i = 0; v && i < raiser.probes.points().size(); ++i) {
    const Probes::Point &point = raiser.probes.points()[i];
    const ProbeTensor &ids = raiser.probes.at(i, v);
    if (!ids.data)
      return true;
    for (size_t at = 0; at < ids.data->size(); ++at)
      if ((*ids.data)[at] != double(point.past + int64_t(at) % point.sequence))
        return true;
  }
  return false;
}

Value raiseGroupQueryAttention(Raiser &raiser, Value v) {
  auto op = v.getDefiningOp<onnx::MicrosoftGroupQueryAttentionOp>();
  if (!op || v != op->getResult(0))
    return {};
  auto last = [](const Probes::Point &p) { return p.past + p.sequence - 1; };
  auto total = [](const Probes::Point &p) { return p.past + p.sequence; };
  if (!isLength(raiser, op->getOperand(SequenceLengths), last) ||
      !isLength(raiser, op->getOperand(TotalLength), total))
    return raiser.fail(op, "has lengths of its own, expected seqlens_k and "
                           "total_sequence_length from the attention mask");
  if (hasOwnPositions(raiser, op))
    return raiser.fail(op, "has positions of its own, expected those that "
                           "follow the past");
  if (onnx::getInput(op, AttentionBias) || onnx::getInput(op, HeadSink) ||
      onnx::getInt(op, "smooth_softmax", 0) > 0)
    return raiser.fail(op, "has attention_bias, head_sink or smooth_softmax, "
                           "expected none");
  AttentionMatch match;
  if (!matchOperands(raiser, op, match))
    return {};
  double scale = onnx::getFloat(op, "scale", 0);
  match.scale = (scale ? scale : 1 / std::sqrt(double(match.q.headDim))) *
                match.q.scale * match.k.scale;
  match.window = std::max<int64_t>(onnx::getInt(op, "local_window_size", -1), 0);
  match.softcap = onnx::getFloat(op, "softcap", 0);
  return buildAttention(raiser, op, match);
}

} // namespace llmc
