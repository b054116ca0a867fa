// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Attention of opset 23 and com.microsoft.MultiHeadAttention -> llm.kv_append
// and llm.attention. Where a node is not what llmc's attention computes, the
// error says what is.
#include "compiler/raise/attention/Heads.h"

#include <cmath>

using namespace mlir;

namespace llmc {
namespace {

/// Where the operators have their inputs; -1: they have none.
struct Inputs {
  int mask, pastKey, pastValue;
};
constexpr Inputs kAttention = {3, 4, 5}, kMultiHead = {5, 6, 7};

/// An operand [batch, sequence, heads * head_dim], of rank 4 [batch, heads,
/// sequence, head_dim], or `part` of [batch, sequence, heads, parts, head_dim].
std::optional<Heads> matchOperand(const Raiser &raiser, Value v, int64_t heads,
                                  int64_t part) {
  auto lead = [&](size_t point) {
    return SmallVector<int64_t>{raiser.probes.at(point, v).shape[0],
                                raiser.probes.at(point, v).shape[1]};
  };
  if (raiser.probes.rank(v) == 4 && part == 0)
    return matchHeads(raiser, v, {HeadLayout::Plain, lead, 0});
  if (heads <= 0)
    return std::nullopt;
  if (raiser.probes.rank(v) == 5) {
    // Parts of different rows, put together for this node.
    auto concat = raiser.def<onnx::ConcatOp>(v);
    int64_t axis = concat ? onnx::getInt(concat, "axis", 0) : 0;
    auto isOne = [&](Value one) { return raiser.probes.size(one, 3) == 1; };
    if ((axis == 3 || axis == -2) && part < int64_t(concat->getNumOperands()) &&
        llvm::all_of(concat->getOperands(), isOne)) {
      v = concat->getOperand(part);
      part = 0;
    }
    return matchHeads(raiser, v, {HeadLayout::Packed, {}, heads, part});
  }
  if (raiser.probes.rank(v) != 3 || part > 0)
    return std::nullopt;
  return matchHeads(raiser, v, {HeadLayout::Joined, {}, heads});
}

/// The cache input behind an operand; `ok` is false where it is another value.
Value pastOf(const Raiser &raiser, Operation *op, int index, bool &ok) {
  Value v = onnx::getInput(op, unsigned(index));
  Value past = v ? raiser.skip(v) : Value();
  ok &= bool(past) == !raiser.inputs.caches.empty() &&
        (!past || llvm::is_contained(raiser.inputs.caches, past));
  return past;
}

/// What llmc's attention does not compute; empty where it does.
StringRef extraOf(Operation *op) {
  if (onnx::getFloat(op, "softcap", 0) != 0)
    return "softcap";
  if (isa<onnx::AttentionOp>(op))
    return "";
  if (onnx::getInput(op, 3))
    return "a bias of joined inputs";
  if (onnx::getInput(op, 4))
    return "key_padding_mask";
  return onnx::getInput(op, 8) || onnx::getInput(op, 9) ? "a shared past" : "";
}

} // namespace

Value raiseAttentionBlock(Raiser &raiser, Value v) {
  Value core = raiser.skip(v);
  if (isMove(core.getDefiningOp()) && raiser.probes.rowsWidth(v))
    while (isMove(core.getDefiningOp())) // heads of rank 4 are joined after it
      core = raiser.skip(core.getDefiningOp()->getOperand(0));
  Operation *op = core.getDefiningOp();
  if (!isa_and_nonnull<onnx::AttentionOp, onnx::MicrosoftMultiHeadAttentionOp>(
          op) ||
      core != op->getResult(0) ||
      (raiser.probes.rank(core) == 3 && core != raiser.skip(v)))
    return {};
  bool isMultiHead = isa<onnx::MicrosoftMultiHeadAttentionOp>(op);
  const Inputs &at = isMultiHead ? kMultiHead : kAttention;
  if (StringRef extra = extraOf(op); !extra.empty())
    return raiser.fail(op, "has " + extra + ", expected none");
  bool causal = onnx::getInt(op, "is_causal", 0) == 1 ||
                onnx::getInt(op, "unidirectional", 0) == 1;
  Value hides = onnx::getInput(op, unsigned(at.mask));
  std::optional<Mask> mask =
      hides ? Mask::match(raiser, hides, /*mayBeOpen=*/causal) : std::nullopt;
  if (hides ? !mask : !causal)
    return raiser.fail(op, "is not causal, expected is_causal or a mask that "
                           "hides what comes later");
  int64_t heads = onnx::getInt(op, isMultiHead ? "num_heads" : "q_num_heads", 0);
  int64_t kvHeads = isMultiHead ? heads : onnx::getInt(op, "kv_num_heads", 0);
  // An input that is missing is in the one before it.
  Value inputs[3] = {op->getOperand(0), onnx::getInput(op, 1),
                     onnx::getInput(op, 2)};
  int64_t parts[3] = {0, 0, 0};
  for (int i : {1, 2})
    if (!inputs[i]) {
      inputs[i] = inputs[i - 1];
      parts[i] = parts[i - 1] + 1;
    }
  auto q = matchOperand(raiser, inputs[0], heads, parts[0]);
  auto k = matchOperand(raiser, inputs[1], kvHeads, parts[1]);
  auto values = matchOperand(raiser, inputs[2], kvHeads, parts[2]);
  if (!q || !k || !values || k->past || values->past)
    return raiser.fail(op, "has operands that are no heads, expected "
                           "[batch, sequence, heads * head_dim], [batch, heads, "
                           "sequence, head_dim] or [batch, sequence, heads, 3, "
                           "head_dim]");
  AttentionMatch match{*q, *k, *values};
  match.mask = mask;
  bool ok = true;
  match.k.past = pastOf(raiser, op, at.pastKey, ok);
  match.v.past = pastOf(raiser, op, at.pastValue, ok);
  match.k.readers = match.v.readers = match.q.heads; // the node repeats them
  double scale = onnx::getFloat(op, "scale", 0);
  match.scale = (scale ? scale : 1 / std::sqrt(double(q->headDim))) * q->scale *
                k->scale;
  if (!ok || match.q.heads % match.k.heads != 0 || !fits(raiser, match))
    return raiser.fail(op, "has operands that do not fit together, expected one "
                           "head_dim and the graph's past key and value");
  if (raiser.probes.rank(core) == 4 && !isJoined(raiser, v, core))
    return {};
  return buildAttention(raiser, op, match);
}

} // namespace llmc
