// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// softmax(q . k^T * scale + mask) . v over past and present -> llm.kv_append
// and llm.attention on the static cache. The mask is taken as causal when its
// values are, at every probe.
#include "compiler/raise/Raiser.h"

#include <cmath>

using namespace mlir;

namespace llmc {
namespace {

/// Heads of activations: [rows, heads * head_dim], perhaps rotated.
struct Heads {
  Value source;
  int64_t heads = 0, headDim = 0;
  std::optional<RopeMatch> rope;
};

struct AttentionMatch {
  Heads q, k, v;
  double scale = 1;
};

/// Divides out a constant factor: `v` = result * scale.
Value unscaled(const Raiser &raiser, Value v, double &scale) {
  v = raiser.skip(v);
  Operation *op = v.getDefiningOp();
  if (auto mul = dyn_cast_or_null<onnx::MulOp>(op)) {
    double factor = 1;
    Value other = raiser.otherIf(mul, [&](Value side) {
      std::optional<double> number = raiser.probes.scalar(side);
      factor = number.value_or(1);
      return number.has_value();
    });
    if (other) {
      scale *= factor;
      return raiser.skip(other);
    }
  }
  if (auto div = dyn_cast_or_null<onnx::DivOp>(op))
    if (std::optional<double> number = raiser.probes.scalar(div->getOperand(1))) {
      scale /= *number;
      return raiser.skip(div->getOperand(0));
    }
  return v;
}

/// `v` is [batch, heads, sequence, head_dim], or with `last` [batch, sequence,
/// heads, head_dim].
std::optional<Heads> matchHeads(const Raiser &raiser, Value v, bool last) {
  v = raiser.skip(v);
  std::optional<int64_t> heads = raiser.probes.size(v, last ? 2 : 1);
  std::optional<int64_t> headDim = raiser.probes.size(v, 3);
  if (!heads || !headDim ||
      !raiser.probes.hasShape(
          v, last ? ArrayRef<Dim>{Dim::Batch, Dim::Sequence, *heads, *headDim}
                  : ArrayRef<Dim>{Dim::Batch, *heads, Dim::Sequence, *headDim}))
    return std::nullopt;
  if (std::optional<RopeMatch> rope = matchRope(raiser, v)) {
    std::optional<Heads> inner = matchHeads(raiser, rope->x, last);
    if (!inner || inner->rope)
      return std::nullopt;
    inner->rope = std::move(rope);
    return inner;
  }
  if (auto transpose = v.getDefiningOp<onnx::TransposeOp>()) {
    auto perm = onnx::getInts(transpose, "perm");
    if (!perm || *perm != ArrayRef<int64_t>{0, 2, 1, 3})
      return std::nullopt;
    return matchHeads(raiser, transpose->getOperand(0), !last);
  }
  if (last && isa_and_nonnull<onnx::ReshapeOp>(v.getDefiningOp())) {
    Value source = v.getDefiningOp()->getOperand(0);
    if (raiser.probes.rowsWidth(source) == *heads * *headDim)
      return Heads{source, *heads, *headDim, std::nullopt};
  }
  return std::nullopt;
}

/// The value before its heads were repeated for groups of query heads:
/// [b, kv, t, d] -> [b, kv, 1, t, d] -> [b, kv, n, t, d] -> [b, kv * n, t, d].
Value unrepeated(const Raiser &raiser, Value v) {
  v = raiser.skip(v);
  auto reshape = v.getDefiningOp<onnx::ReshapeOp>();
  Operation *expand =
      reshape ? raiser.skip(reshape->getOperand(0)).getDefiningOp() : nullptr;
  if (!isa_and_nonnull<onnx::ExpandOp, onnx::TileOp>(expand))
    return v;
  Value wide = expand->getResult(0), narrow = expand->getOperand(0);
  auto unsqueeze = raiser.def<onnx::UnsqueezeOp>(narrow);
  if (!unsqueeze)
    return v;
  Value inner = unsqueeze->getOperand(0);
  std::optional<int64_t> kv = raiser.probes.size(inner, 1),
                         repeat = raiser.probes.size(wide, 2),
                         dim = raiser.probes.size(inner, 3);
  if (!kv || !repeat || !dim ||
      !raiser.probes.hasShape(inner, {Dim::Batch, *kv, Dim::Total, *dim}) ||
      !raiser.probes.hasShape(narrow, {Dim::Batch, *kv, 1, Dim::Total, *dim}) ||
      !raiser.probes.hasShape(wide,
                              {Dim::Batch, *kv, *repeat, Dim::Total, *dim}) ||
      !raiser.probes.hasShape(v, {Dim::Batch, *kv * *repeat, Dim::Total, *dim}))
    return v;
  return raiser.skip(inner);
}

/// The rows that `v`, [batch, heads, total, head_dim], adds to a past input.
std::optional<Heads> matchCached(const Raiser &raiser, Value v) {
  v = unrepeated(raiser, v);
  if (raiser.inputs.caches.empty())
    return matchHeads(raiser, v, /*last=*/false);
  auto concat = v.getDefiningOp<onnx::ConcatOp>();
  int64_t axis = concat ? onnx::getInt(concat, "axis", 0) : 0;
  if (!concat || concat->getNumOperands() != 2 || (axis != 2 && axis != -2) ||
      !llvm::is_contained(raiser.inputs.caches,
                          raiser.skip(concat->getOperand(0))))
    return std::nullopt;
  std::optional<Heads> heads =
      matchHeads(raiser, concat->getOperand(1), /*last=*/false);
  if (!heads ||
      !raiser.probes.hasShape(concat->getOperand(0), {Dim::Batch, heads->heads,
                                                      Dim::Past, heads->headDim}))
    return std::nullopt;
  return heads;
}

/// True when `v` is 0 where a position sees another and very negative
/// elsewhere, [batch or 1, heads or 1, sequence, total].
bool isCausalMask(const Raiser &raiser, Value v) {
  for (size_t i = 0; i < raiser.probes.points().size(); ++i) {
    const Probes::Point &point = raiser.probes.points()[i];
    const ProbeTensor &mask = raiser.probes.at(i, v);
    int64_t total = point.past + point.sequence;
    if (!mask.data || mask.rank() < 2 || mask.shape.back() != total ||
        mask.shape[mask.rank() - 2] != point.sequence)
      return false;
    for (size_t at = 0; at < mask.data->size(); ++at) {
      int64_t key = int64_t(at) % total;
      int64_t query = point.past + int64_t(at) / total % point.sequence;
      double value = (*mask.data)[at];
      if (key <= query ? value != 0 : value > -1e4)
        return false;
    }
  }
  return true;
}

/// The softmax behind its guard against rows without any position.
Value unguarded(const Raiser &raiser, Value v) {
  auto where = raiser.def<onnx::WhereOp>(v);
  if (!where)
    return raiser.skip(v);
  auto isNaN = raiser.def<onnx::IsNaNOp>(where->getOperand(0));
  Value softmax = raiser.skip(where->getOperand(2));
  if (isNaN && raiser.skip(isNaN->getOperand(0)) == softmax)
    return softmax;
  return raiser.skip(v);
}

/// q, k and the scale of the scores [batch, heads, sequence, total].
bool matchScores(const Raiser &raiser, Value v, AttentionMatch &match) {
  auto add = raiser.def<onnx::AddOp>(v);
  if (!add)
    return false;
  Value scores = raiser.otherIf(
      add, [&](Value side) { return isCausalMask(raiser, side); });
  if (!scores)
    return false;
  auto product = unscaled(raiser, scores, match.scale)
                     .getDefiningOp<onnx::MatMulOp>();
  if (!product)
    return false;
  Value turned = unscaled(raiser, product->getOperand(1), match.scale);
  auto transpose = turned.getDefiningOp<onnx::TransposeOp>();
  auto perm = transpose ? onnx::getInts(transpose, "perm") : std::nullopt;
  if (!perm || *perm != ArrayRef<int64_t>{0, 1, 3, 2})
    return false;
  auto q = matchHeads(raiser,
                      unscaled(raiser, product->getOperand(0), match.scale),
                      /*last=*/false);
  auto k = matchCached(raiser,
                       unscaled(raiser, transpose->getOperand(0), match.scale));
  if (!q || !k)
    return false;
  match.q = std::move(*q);
  match.k = std::move(*k);
  return true;
}

std::optional<AttentionMatch> matchAttention(const Raiser &raiser, Value v) {
  // [b, s, heads * d] from [b, s, heads, d] from [b, heads, s, d].
  auto reshape = v.getDefiningOp<onnx::ReshapeOp>();
  auto transpose =
      reshape ? raiser.def<onnx::TransposeOp>(reshape->getOperand(0)) : nullptr;
  auto perm = transpose ? onnx::getInts(transpose, "perm") : std::nullopt;
  if (!perm || *perm != ArrayRef<int64_t>{0, 2, 1, 3})
    return std::nullopt;
  auto product = raiser.def<onnx::MatMulOp>(transpose->getOperand(0));
  auto softmax = product ? unguarded(raiser, product->getOperand(0))
                               .getDefiningOp<onnx::SoftmaxOp>()
                         : nullptr;
  if (!softmax)
    return std::nullopt;
  int64_t axis = onnx::getInt(softmax, "axis", -1);
  AttentionMatch match;
  std::optional<Heads> values = matchCached(raiser, product->getOperand(1));
  if ((axis != -1 && axis != 3) || !values ||
      !matchScores(raiser, softmax->getOperand(0), match))
    return std::nullopt;
  match.v = std::move(*values);
  const Heads &q = match.q, &k = match.k;
  if (q.headDim != k.headDim || k.headDim != match.v.headDim ||
      k.heads != match.v.heads || q.heads % k.heads != 0 || match.v.rope ||
      raiser.probes.rowsWidth(v) != q.heads * q.headDim)
    return std::nullopt;
  return match;
}

Value buildHeads(Raiser &raiser, const Heads &heads) {
  Value value = raiser.rows(heads.source);
  return value && heads.rope ? buildRope(raiser, value, *heads.rope) : value;
}

} // namespace

Value buildAttention(Raiser &raiser, Location loc, Value q, Value k, Value v,
                     const AttentionShape &shape) {
  OpBuilder &b = raiser.b;
  ModelFacts &facts = raiser.facts;
  facts.heads = shape.heads;
  facts.kvHeads = shape.kvHeads;
  facts.headDim = shape.headDim;
  IntegerAttr layer = b.getI64IntegerAttr(facts.layers++);
  raiser.cache = b.create<llm::KvAppendOp>(
      loc, raiser.cache.getType(), raiser.cache, k, v, raiser.sequences,
      raiser.positions, layer);
  // Scales such as 1/sqrt(head_dim) come as f32, often as two roots.
  double exact = 1 / std::sqrt(double(shape.headDim));
  bool isExact = std::fabs(shape.scale - exact) < 1e-6 * exact;
  return b.create<llm::AttentionOp>(
      loc, raiser.rowsOf(shape.heads * shape.headDim), q, raiser.cache,
      raiser.sequences, raiser.positions, layer,
      b.getI64IntegerAttr(shape.heads), b.getI64IntegerAttr(shape.kvHeads),
      b.getI64IntegerAttr(shape.headDim),
      b.getF64FloatAttr(isExact ? exact : shape.scale),
      b.getI64IntegerAttr(shape.window), b.getF64FloatAttr(shape.softcap));
}

Value raiseAttention(Raiser &raiser, Value v) {
  std::optional<AttentionMatch> match = matchAttention(raiser, v);
  if (!match)
    return {};
  Value q = raiser.rows(match->q.source);
  Value k = q ? raiser.rows(match->k.source) : Value();
  Value values = k ? raiser.rows(match->v.source) : Value();
  if (!values)
    return {};
  q = buildHeads(raiser, match->q);
  k = buildHeads(raiser, match->k);
  return buildAttention(
      raiser, v.getLoc(), q, k, values,
      {match->q.heads, match->k.heads, match->q.headDim, match->scale});
}

} // namespace llmc
