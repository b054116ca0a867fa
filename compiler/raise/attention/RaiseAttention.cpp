// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// softmax(q . k^T * scale + mask) . v over past and present -> llm.kv_append
// and llm.attention on the static cache. The mask is taken as causal, perhaps
// within a window, when its elements are (Mask.h).
#include "compiler/raise/attention/Heads.h"

#include <cmath>

using namespace mlir;

namespace llmc {
namespace {

/// The scores that a softmax is of.
struct Scores {
  onnx::MatMulOp product;
  double scale = 1;
  std::optional<Mask> mask; // once it was met
};

/// The sizes before the last two of the broadcast product of two values.
SmallVector<int64_t> leadOf(const Raiser &raiser, Operation *product,
                            size_t point) {
  const ProbeTensor &result = raiser.probes.at(point, product->getResult(0));
  return SmallVector<int64_t>(ArrayRef<int64_t>(result.shape).drop_back(2));
}

std::optional<Heads> matchOperand(const Raiser &raiser, Operation *product,
                                  unsigned operand, HeadLayout::Kind kind) {
  auto lead = [&](size_t point) { return leadOf(raiser, product, point); };
  return matchHeads(raiser, product->getOperand(operand), {kind, lead, 0});
}

/// The softmax behind its guard against rows without any position, and behind
/// reshapes that leave its last two sizes.
Value unguarded(const Raiser &raiser, Value v) {
  v = raiser.skip(v);
  if (auto where = v.getDefiningOp<onnx::WhereOp>()) {
    auto isNaN = raiser.def<onnx::IsNaNOp>(where->getOperand(0));
    Value softmax = raiser.skip(where->getOperand(2));
    if (isNaN && raiser.skip(isNaN->getOperand(0)) == softmax)
      return softmax;
  }
  return v;
}

/// `v` before a reshape of what stands before [sequence, total].
Value beforeReshape(const Raiser &raiser, Value v) {
  Operation *op = v.getDefiningOp();
  if (!isa_and_nonnull<onnx::ReshapeOp, onnx::SqueezeOp, onnx::UnsqueezeOp>(op))
    return {};
  Value x = op->getOperand(0);
  for (size_t i = 0; i < raiser.probes.points().size(); ++i) {
    ArrayRef<int64_t> a = raiser.probes.at(i, v).shape,
                      b = raiser.probes.at(i, x).shape;
    if (a.size() < 2 || b.size() < 2 || a.take_back(2) != b.take_back(2))
      return {};
  }
  return raiser.skip(x);
}

/// The other operand of a Mul or Div by a number.
Value unscaled(const Raiser &raiser, Operation *op, double &scale) {
  if (isa<onnx::MulOp>(op))
    return raiser.otherIf(op, [&](Value side) {
      std::optional<double> number = raiser.probes.scalar(side);
      scale *= number.value_or(1);
      return number.has_value();
    });
  std::optional<double> number =
      isa<onnx::DivOp>(op) ? raiser.probes.scalar(op->getOperand(1))
                           : std::nullopt;
  if (!number)
    return {};
  scale /= *number;
  return op->getOperand(0);
}

/// The scores that `op` masks, by a sum or a choice, and the mask.
Value unmasked(const Raiser &raiser, Operation *op, std::optional<Mask> &mask) {
  if (isa<onnx::AddOp>(op))
    return raiser.otherIf(op, [&](Value side) {
      mask = Mask::match(raiser, side, /*mayBeOpen=*/false);
      return mask.has_value();
    });
  if (!isa<onnx::WhereOp>(op))
    return {};
  // Where(seen, scores, low), or Where(hidden, low, scores).
  for (bool isHidden : {false, true}) {
    std::optional<double> low =
        raiser.probes.scalar(op->getOperand(isHidden ? 1 : 2));
    if (low && *low <= Mask::kHidden)
      mask = Mask::match(raiser, op->getOperand(0), /*mayBeOpen=*/false, isHidden);
    if (mask)
      return op->getOperand(isHidden ? 2 : 1);
  }
  return {};
}

/// Down from the softmax through masks, scales and lower bounds, in any order.
std::optional<Scores> matchScores(const Raiser &raiser, Value v) {
  Scores scores;
  for (int steps = 0; steps < 8; ++steps) {
    v = raiser.skip(v);
    Operation *op = v.getDefiningOp();
    if (!op)
      return std::nullopt;
    if ((scores.product = dyn_cast<onnx::MatMulOp>(op)))
      break;
    Value next = unscaled(raiser, op, scores.scale);
    if (!next && !scores.mask)
      next = unmasked(raiser, op, scores.mask);
    if (!next && isa<onnx::MaxOp>(op) && op->getNumOperands() == 2)
      next = raiser.otherIf(op, [&](Value side) {
        std::optional<double> low = raiser.probes.scalar(side);
        return low && *low <= Mask::kHidden;
      });
    v = next ? next : beforeReshape(raiser, v);
    if (!v)
      return std::nullopt;
  }
  if (!scores.product || !scores.mask)
    return std::nullopt;
  return scores;
}

/// The softmax of the probabilities `v`, over the last axis.
onnx::SoftmaxOp matchSoftmax(const Raiser &raiser, Value v) {
  v = unguarded(raiser, v);
  if (Value before = beforeReshape(raiser, v))
    v = unguarded(raiser, before);
  auto softmax = v.getDefiningOp<onnx::SoftmaxOp>();
  int64_t axis = softmax ? onnx::getInt(softmax, "axis", -1) : 0;
  return softmax && (axis == -1 || axis == raiser.probes.rank(v) - 1)
             ? softmax
             : nullptr;
}

std::optional<AttentionMatch> matchAttention(const Raiser &raiser, Value v) {
  Value core = raiser.skip(v);
  while (isMove(core.getDefiningOp()))
    core = raiser.skip(core.getDefiningOp()->getOperand(0));
  auto product = core.getDefiningOp<onnx::MatMulOp>();
  auto softmax = product ? matchSoftmax(raiser, product->getOperand(0)) : nullptr;
  auto scores = softmax ? matchScores(raiser, softmax->getOperand(0))
                        : std::nullopt;
  if (!scores)
    return std::nullopt;
  auto q = matchOperand(raiser, scores->product, 0, HeadLayout::Plain);
  auto k = q ? matchOperand(raiser, scores->product, 1, HeadLayout::Turned)
             : std::nullopt;
  auto values = k ? matchOperand(raiser, product, 1, HeadLayout::Plain)
                  : std::nullopt;
  if (!values || !isJoined(raiser, v, core))
    return std::nullopt;
  AttentionMatch match{*q, *k, *values};
  match.scale = scores->scale * q->scale * k->scale;
  match.mask = scores->mask;
  return match;
}

} // namespace

bool fits(const Raiser &raiser, const AttentionMatch &match) {
  const Heads &q = match.q, &k = match.k, &v = match.v;
  bool cached = !raiser.inputs.caches.empty();
  return q.headDim == k.headDim && k.headDim == v.headDim && k.heads == v.heads &&
         q.readers == q.heads && k.readers == q.heads && v.readers == q.heads &&
         !q.past && bool(k.past) == cached && bool(v.past) == cached &&
         (!cached || k.past != v.past) && !v.rope && v.scale == 1 &&
         (q.rope && q.rope->interleaved) == (k.rope && k.rope->interleaved);
}

/// The rows of the heads, not yet rotated.
static Value buildHeads(Raiser &raiser, const Heads &heads) {
  std::optional<int64_t> width = raiser.probes.rowsWidth(heads.source);
  Slice slice;
  if (heads.heads * heads.headDim != *width)
    slice = {heads.begin, heads.heads * heads.headDim};
  if (heads.stride && heads.stride != heads.headDim) {
    slice.run = heads.headDim;
    slice.step = heads.stride;
  }
  if (heads.rope && heads.rope->interleaved)
    slice.pairs = heads.headDim;
  if (slice.isAll() && !slice.pairs)
    return raiser.rows(heads.source);
  Operation *node = raiser.skip(heads.source).getDefiningOp();
  if (Value value = raiseColumns(raiser, heads.source, slice);
      value || raiser.hasFailed())
    return value;
  if (slice.pairs || slice.step)
    return raiser.fail(node, slice.pairs
                                 ? "is rotated neighbour by neighbour, expected a "
                                   "linear there"
                                 : "has other columns between its heads, "
                                   "expected a linear there");
  return generateColumns(raiser, heads.source, slice, node);
}

Value buildAttention(Raiser &raiser, Operation *op,
                     const AttentionMatch &match) {
  Value q = buildHeads(raiser, match.q);
  Value k = q ? buildHeads(raiser, match.k) : Value();
  Value v = k ? buildHeads(raiser, match.v) : Value();
  if (!v)
    return {};
  if (match.q.rope)
    q = buildRope(raiser, q, *match.q.rope);
  if (match.k.rope)
    k = buildRope(raiser, k, *match.k.rope);
  OpBuilder &b = raiser.b;
  ModelFacts &facts = raiser.facts;
  facts.heads = match.q.heads;
  facts.kvHeads = match.k.heads;
  facts.headDim = match.q.headDim;
  IntegerAttr layer = b.getI64IntegerAttr(facts.layers++);
  raiser.cache = b.create<llm::KvAppendOp>(
      op->getLoc(), raiser.cache.getType(), raiser.cache, k, v,
      raiser.sequences, raiser.positions, layer);
  // Scales such as 1/sqrt(head_dim) come as f32, often as two roots.
  double exact = 1 / std::sqrt(double(facts.headDim));
  bool isExact = std::fabs(match.scale - exact) < 1e-6 * exact;
  auto attention = b.create<llm::AttentionOp>(
      op->getLoc(), raiser.rowsOf(facts.heads * facts.headDim), q, raiser.cache,
      raiser.sequences, raiser.positions, layer,
      b.getI64IntegerAttr(facts.heads), b.getI64IntegerAttr(facts.kvHeads),
      b.getI64IntegerAttr(facts.headDim),
      b.getF64FloatAttr(isExact ? exact : match.scale),
      b.getI64IntegerAttr(match.window), b.getF64FloatAttr(match.softcap));
  if (match.mask)
    raiser.masks.push_back({attention, *match.mask});
  return attention;
}

Value raiseAttention(Raiser &raiser, Value v) {
  std::optional<AttentionMatch> match = matchAttention(raiser, v);
  return match && fits(raiser, *match)
             ? buildAttention(raiser, v.getDefiningOp(), *match)
             : Value();
}

} // namespace llmc
