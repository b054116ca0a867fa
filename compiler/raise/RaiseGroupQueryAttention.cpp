// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// com.microsoft.GroupQueryAttention, as the ONNX Runtime GenAI builder emits it
// -> llm.rope, llm.kv_append and llm.attention.
#include "compiler/raise/Raiser.h"

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
  for (unsigned input : {PositionIds, AttentionBias, HeadSink})
    if (onnx::getInput(op, input))
      return raiser.fail(op, "has position_ids, attention_bias or head_sink, "
                             "expected none");
  if (onnx::getInt(op, "rotary_interleaved", 0) != 0 ||
      onnx::getInt(op, "smooth_softmax", 0) > 0)
    return raiser.fail(op, "has rotary_interleaved or smooth_softmax, expected "
                           "neither");
  AttentionShape shape{};
  shape.heads = onnx::getInt(op, "num_heads", 0);
  shape.kvHeads = onnx::getInt(op, "kv_num_heads", 0);
  bool packed = !onnx::getInput(op, Key);
  std::optional<int64_t> width = raiser.probes.rowsWidth(op->getOperand(Query));
  int64_t parts = shape.heads + (packed ? 2 * shape.kvHeads : 0);
  if (shape.heads <= 0 || shape.kvHeads <= 0 || !width || *width % parts != 0 ||
      shape.heads % shape.kvHeads != 0)
    return raiser.fail(op, "has heads that do not divide its query, expected "
                           "num_heads a multiple of kv_num_heads");
  shape.headDim = *width / parts;
  shape.scale = onnx::getFloat(op, "scale", 0);
  if (shape.scale == 0)
    shape.scale = 1 / std::sqrt(double(shape.headDim));
  shape.window = std::max<int64_t>(onnx::getInt(op, "local_window_size", -1), 0);
  shape.softcap = onnx::getFloat(op, "softcap", 0);

  std::optional<RopeMatch> rope;
  if (onnx::getInt(op, "do_rotary", 0) != 0) {
    rope = matchRopeCaches(raiser, onnx::getInput(op, CosCache),
                           onnx::getInput(op, SinCache));
    if (!rope || int64_t(2 * rope->frequencies.size()) != shape.headDim)
      return raiser.fail(op, "has no table of rotary angles, expected cos_cache "
                             "and sin_cache [positions, head_dim / 2]");
  }
  if (rope)
    raiser.facts.context = rope->positions;
  int64_t q = shape.heads * shape.headDim, kv = shape.kvHeads * shape.headDim;
  Value query, key, value;
  if (packed) {
    Value joined = op->getOperand(Query);
    query = raiseColumns(raiser, joined, {0, q});
    key = query ? raiseColumns(raiser, joined, {q, kv}) : Value();
    value = key ? raiseColumns(raiser, joined, {q + kv, kv}) : Value();
  } else {
    query = raiser.rows(op->getOperand(Query));
    key = query ? raiser.rows(op->getOperand(Key)) : Value();
    value = key ? raiser.rows(op->getOperand(Values)) : Value();
  }
  if (!value)
    return raiser.fail(op, "reads a joined query that is no linear");
  if (rope) {
    query = buildRope(raiser, query, *rope);
    key = buildRope(raiser, key, *rope);
  }
  return buildAttention(raiser, op->getLoc(), query, key, value, shape);
}

} // namespace llmc
