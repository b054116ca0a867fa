// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// x * cos + rotate_half(x) * sin -> llm.rope with one llm.rope_table. The
// frequencies are read from what the graph computes at position 1; the table is
// taken only when cos and sin agree with them at every probed position.
#include "compiler/raise/Raiser.h"

#include <cmath>

using namespace mlir;

namespace llmc {

/// x when `v` is concat(-x[half:], x[:half]) over the last axis of `width`.
static Value rotatedHalf(const Raiser &raiser, Value v, int64_t width) {
  auto concat = raiser.def<onnx::ConcatOp>(v);
  int64_t axis = concat ? onnx::getInt(concat, "axis", 0) : 0;
  if (!concat || concat->getNumOperands() != 2 ||
      (axis != -1 && axis != raiser.probes.rank(v) - 1))
    return {};
  auto neg = raiser.def<onnx::NegOp>(concat->getOperand(0));
  if (!neg)
    return {};
  auto half = [&](Value part, bool upper) -> Value {
    part = raiser.skip(part);
    Operation *op = part.getDefiningOp();
    if (!op || raiser.probes.size(part, -1) != width / 2)
      return {};
    if (isa<onnx::SplitOp>(op)) // into two
      return op->getNumResults() == 2 && part == op->getResult(upper)
                 ? op->getOperand(0)
                 : Value();
    if (!isa<onnx::SliceOp>(op))
      return {};
    std::optional<double> start = raiser.probes.scalar(op->getOperand(1));
    if (!start || (*start != (upper ? width / 2 : 0) &&
                   *start != (upper ? -width / 2 : -width)))
      return {};
    return op->getOperand(0);
  };
  Value upper = half(neg->getOperand(0), true);
  Value lower = half(concat->getOperand(1), false);
  if (!upper || !lower || raiser.skip(upper) != raiser.skip(lower))
    return {};
  return raiser.skip(upper);
}

/// What `v` is a function of, going up through scaling and shapes to an `Op`.
template <typename Op> static Value argumentOf(const Raiser &raiser, Value v) {
  while (Operation *op = v.getDefiningOp()) {
    if (isa<Op>(op))
      return op->getOperand(0);
    if (isa<onnx::MulOp>(op)) {
      Value other = raiser.otherIf(op, [&](Value side) {
        return raiser.probes.scalar(side).has_value();
      });
      if (!other)
        return {};
      v = other;
    } else if (isa<onnx::CastOp, onnx::IdentityOp, onnx::UnsqueezeOp,
                   onnx::SqueezeOp, onnx::ReshapeOp, onnx::ConcatOp,
                   onnx::TransposeOp, onnx::GatherOp, onnx::ExpandOp,
                   onnx::SliceOp>(op)) {
      v = op->getOperand(0);
    } else {
      return {};
    }
  }
  return {};
}

/// The row of `tensor`, [.., positions, width], whose position is `position`.
static const double *rowOf(const ProbeTensor &tensor,
                           const Probes::Point &point, int64_t position) {
  int64_t index = position - point.past, width = tensor.shape.back();
  if (!tensor.data || index < 0 || index >= point.sequence ||
      tensor.elements() < point.sequence * width)
    return nullptr;
  return tensor.data->data() + index * width;
}

/// The frequencies behind cos and sin of `half` angles, from position 1.
static std::vector<float> frequenciesOf(const Raiser &raiser, Value cos,
                                        Value sin, int64_t half) {
  Value angles = argumentOf<onnx::CosOp>(raiser, cos);
  for (size_t i = 0; i < raiser.probes.points().size(); ++i) {
    const Probes::Point &point = raiser.probes.points()[i];
    std::vector<float> frequencies;
    if (angles)
      if (const double *row = rowOf(raiser.probes.at(i, angles), point, 1))
        return {row, row + half};
    const double *c = rowOf(raiser.probes.at(i, cos), point, 1);
    const double *s = rowOf(raiser.probes.at(i, sin), point, 1);
    if (!c || !s || angles)
      continue;
    for (int64_t k = 0; k < half; ++k)
      frequencies.push_back(float(std::atan2(s[k], c[k])));
    return frequencies;
  }
  return {};
}

/// True when cos and sin, [.., sequence, width], are those of position *
/// frequency, times `scale`, at every probe.
static bool isTable(const Raiser &raiser, Value cos, Value sin,
                    ArrayRef<float> frequencies, double scale) {
  size_t half = frequencies.size();
  for (size_t i = 0; i < raiser.probes.points().size(); ++i) {
    const Probes::Point &point = raiser.probes.points()[i];
    const ProbeTensor &c = raiser.probes.at(i, cos), &s = raiser.probes.at(i, sin);
    if (!c.data || !s.data || c.shape != s.shape || c.shape.empty() ||
        (c.shape.back() != int64_t(half) && c.shape.back() != int64_t(2 * half)))
      return false;
    // Rows repeat for every sequence of the batch.
    size_t width = c.shape.back(), rows = c.data->size() / width;
    if (rows % point.sequence != 0)
      return false;
    for (size_t at = 0; at < c.data->size(); ++at) {
      int64_t position = point.past + int64_t(at / width) % point.sequence;
      float angle = float(position) * frequencies[at % width % half];
      if (std::fabs((*c.data)[at] - scale * std::cos(angle)) > 1e-5 * scale ||
          std::fabs((*s.data)[at] - scale * std::sin(angle)) > 1e-5 * scale)
        return false;
    }
  }
  return true;
}

std::optional<RopeMatch> matchRope(const Raiser &raiser, Value v) {
  auto add = raiser.def<onnx::AddOp>(v);
  std::optional<int64_t> width = raiser.probes.size(v, -1);
  if (!add || !width || *width % 2 != 0)
    return std::nullopt;
  for (unsigned i = 0; i < 2; ++i) {
    auto straight = raiser.def<onnx::MulOp>(add->getOperand(i));
    auto turned = raiser.def<onnx::MulOp>(add->getOperand(1 - i));
    if (!straight || !turned)
      continue;
    RopeMatch match;
    Value cos, sin = raiser.otherIf(turned, [&](Value side) {
      match.x = rotatedHalf(raiser, side, *width);
      return bool(match.x);
    });
    if (sin)
      cos = raiser.otherIf(straight, [&](Value side) {
        return raiser.skip(side) == match.x;
      });
    if (!cos || raiser.probes.size(cos, -1) != *width)
      continue;
    match.frequencies = frequenciesOf(raiser, cos, sin, *width / 2);
    // The attention factor: cos of position 0.
    size_t last = raiser.probes.points().size() - 1;
    if (const double *row = rowOf(raiser.probes.at(last, cos),
                                  raiser.probes.points()[last], 0))
      match.scale = std::fabs(row[0] - 1) < 1e-6 ? 1 : row[0];
    if (!match.frequencies.empty() &&
        isTable(raiser, cos, sin, match.frequencies, match.scale))
      return match;
  }
  return std::nullopt;
}

/// The table of these frequencies, one for the whole graph.
static Value ropeTable(Raiser &raiser, const RopeMatch &match) {
  std::vector<float> key = match.frequencies;
  key.push_back(float(match.scale));
  for (auto &[frequencies, table] : raiser.ropeTables)
    if (frequencies == key)
      return table;
  OpBuilder::InsertionGuard guard(raiser.b);
  FlatSymbolRefAttr weight =
      raiser.values("rope.inverse_frequencies", match.frequencies);
  raiser.b.setInsertionPointToStart(raiser.b.getInsertionBlock());
  Value table = raiser.b.create<llm::RopeTableOp>(
      NameLoc::get(raiser.b.getStringAttr("rope")),
      raiser.rowsOf(2 * int64_t(match.frequencies.size())), raiser.positions,
      weight, raiser.b.getF64FloatAttr(match.scale));
  raiser.ropeTables.push_back({key, table});
  return table;
}

Value buildRope(Raiser &raiser, Value x, const RopeMatch &match) {
  return raiser.b.create<llm::RopeOp>(
      x.getLoc(), x, ropeTable(raiser, match),
      raiser.b.getI64IntegerAttr(2 * int64_t(match.frequencies.size())));
}

} // namespace llmc
