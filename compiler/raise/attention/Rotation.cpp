// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/raise/attention/Rotation.h"

#include "compiler/raise/attention/Heads.h"
#include "compiler/raise/probe/ProbeOps.h"
#include <cmath>
#include <complex>

using namespace mlir;

namespace llmc {

static bool isBlock(Operation *op) {
  return isa_and_nonnull<onnx::RotaryEmbeddingOp,
                         onnx::MicrosoftRotaryEmbeddingOp>(op);
}

//===----------------------------------------------------------------------===//
// Which nodes
//===----------------------------------------------------------------------===//

bool Rotation::collect(Value v) {
  v = raiser->skip(v);
  if (v == leaf || inner.contains(v) || constants.contains(v))
    return true;
  if (raiser->valueAt(Probes::kFromZero, v).data) {
    constants.insert(v);
    return true;
  }
  Operation *op = v.getDefiningOp();
  bool isRoot = v == root;
  bool computes = isa_and_nonnull<onnx::MulOp, onnx::AddOp, onnx::SubOp,
                                  onnx::NegOp, onnx::ConcatOp>(op);
  if (!isRoot && !computes && raiser->probes.sameShape(v, root)) {
    if (leaf)
      return false;
    leaf = v;
    return true;
  }
  if (isRoot && isBlock(op)) {
    inner.insert(v);
    leaf = raiser->skip(op->getOperand(0));
    for (Value operand : op->getOperands().drop_front())
      if (!isa<NoneType>(operand.getType()) && !collect(operand))
        return false;
    return true;
  }
  if ((!computes && !isMove(op)) || inner.size() == 64)
    return false;
  inner.insert(v);
  for (auto [i, operand] : llvm::enumerate(op->getOperands()))
    if ((i == 0 || computes) && !collect(operand))
      return false;
  return true;
}

/// The columns of the last axis that turn: the rest is passed on.
static int64_t rotaryOf(const Raiser &raiser, Value root, int64_t headDim) {
  Operation *op = root.getDefiningOp();
  if (isBlock(op)) {
    int64_t given = onnx::getInt(op, "rotary_embedding_dim", 0);
    return given > 0 ? given : headDim;
  }
  if (!isa<onnx::ConcatOp>(op) || op->getNumOperands() != 2 ||
      !isa_and_nonnull<onnx::SliceOp, onnx::SplitOp>(
          raiser.skip(op->getOperand(1)).getDefiningOp()))
    return headDim;
  return raiser.probes.size(op->getOperand(0), -1).value_or(0);
}

std::optional<Rotation> Rotation::find(const Raiser &raiser, Value v) {
  Rotation rotation(raiser, v);
  Operation *op = v.getDefiningOp();
  std::optional<int64_t> width = raiser.probes.size(v, -1);
  if (!op || !width)
    return std::nullopt;
  rotation.headDim = *width;
  int64_t heads = onnx::getInt(op, "num_heads", 0);
  if (isBlock(op) && raiser.probes.rank(v) == 3) {
    Value cos = op->getOperand(isa<onnx::RotaryEmbeddingOp>(op) ? 1 : 2);
    rotation.headDim = heads > 0 ? *width / heads
                                 : 2 * raiser.probes.size(cos, -1).value_or(0);
  }
  if (rotation.headDim <= 0 || *width % rotation.headDim != 0)
    return std::nullopt;
  rotation.rotary = rotaryOf(raiser, v, rotation.headDim);
  if (rotation.rotary <= 0 || rotation.rotary % 2 != 0 ||
      rotation.rotary > rotation.headDim || !rotation.collect(v) ||
      !rotation.leaf || rotation.constants.empty())
    return std::nullopt;
  return rotation;
}

//===----------------------------------------------------------------------===//
// What they compute
//===----------------------------------------------------------------------===//

ProbeTensor
Rotation::evaluate(size_t point, Value v,
                   llvm::DenseMap<Value, ProbeTensor> &values) const {
  v = raiser->skip(v);
  if (auto found = values.find(v); found != values.end())
    return found->second;
  if (!inner.contains(v))
    return raiser->valueAt(point, v);
  Operation *op = v.getDefiningOp();
  SmallVector<ProbeTensor> operands;
  for (Value operand : op->getOperands())
    operands.push_back(evaluate(point, operand, values));
  SmallVector<const ProbeTensor *> inputs;
  for (const ProbeTensor &operand : operands)
    inputs.push_back(&operand);
  ProbeTensor result =
      evaluateNode(op, inputs)[cast<OpResult>(v).getResultNumber()];
  values[v] = result;
  return result;
}

/// What stands at dimension `d` of row `row`: 1 and 0 in the first pair of both
/// kinds, so that position 0 gives the scale itself; else numbers in
/// [0.5, 1.5) without a pattern.
static double sampleAt(int64_t row, int64_t d, int64_t rotary) {
  if (d == 0)
    return 1;
  if (d == 1 || d == rotary / 2)
    return 0;
  uint64_t mixed = uint64_t(row * 8191 + d) * 2654435761u + 12345u;
  return 0.5 + double(mixed >> 8 & 0xffff) / 65536.0;
}

static std::pair<int64_t, int64_t> pairOf(int64_t i, int64_t rotary,
                                          bool interleaved) {
  return interleaved ? std::pair(2 * i, 2 * i + 1) : std::pair(i, i + rotary / 2);
}

/// Angles and scale of one row x -> y at position 1.
std::optional<RopeMatch> Rotation::measure(ArrayRef<double> x, ArrayRef<double> y,
                                           bool interleaved) const {
  RopeMatch match;
  match.interleaved = interleaved;
  match.headDim = headDim;
  for (int64_t i = 0; i < rotary / 2; ++i) {
    auto [a, b] = pairOf(i, rotary, interleaved);
    std::complex<double> turn = std::complex<double>(y[a], y[b]) /
                                std::complex<double>(x[a], x[b]);
    if (i == 0)
      match.scale = std::abs(turn);
    if (!(std::fabs(std::abs(turn) - match.scale) <= tolerance() * match.scale))
      return std::nullopt;
    match.frequencies.push_back(float(std::arg(turn)));
  }
  if (std::fabs(match.scale - 1) < tolerance())
    match.scale = 1;
  return match;
}

/// How far constants may be from what they stand for, by their type.
double Rotation::tolerance() const {
  double result = 1e-5;
  for (Value constant : constants) {
    Type type = raiser->probes.at(0, constant).type;
    if (type && type.isF16())
      result = std::max(result, 1e-3);
    if (type && type.isBF16())
      result = std::max(result, 8e-3);
  }
  return result;
}

/// Where the rows of x stand, one after the other in memory.
struct Rotation::Rows {
  const ProbeTensor &labels;
  int64_t width, headDim;
  const Probes::Point &point;

  int64_t count() const { return int64_t(labels.data->size()) / headDim; }
  int64_t columnAt(int64_t row, int64_t d) const {
    return int64_t((*labels.data)[row * headDim + d]) - 1;
  }
  int64_t positionAt(int64_t row) const {
    return point.past + columnAt(row, 0) / width % point.sequence;
  }
  /// The first column of the row's head modulo head_dim; -1 where it is none.
  int64_t beginAt(int64_t row) const {
    int64_t first = columnAt(row, 0);
    for (int64_t d = 1; d < headDim; ++d)
      if (columnAt(row, d) != first + d)
        return -1;
    return first < 0 ? -1 : first % width % headDim;
  }
};

std::optional<RopeMatch> Rotation::derive(const Rows &rows, ArrayRef<double> x,
                                          ArrayRef<double> y) const {
  std::optional<RopeMatch> match;
  std::optional<double> scale;
  for (int64_t row = 0; row < rows.count() && !(match && scale); ++row) {
    ArrayRef<double> from = x.slice(row * headDim, headDim),
                     to = y.slice(row * headDim, headDim);
    if (rows.positionAt(row) == 0)
      scale = to[0];
    if (rows.positionAt(row) != 1 || match)
      continue;
    match = measure(from, to, /*interleaved=*/false);
    if (!match)
      match = measure(from, to, /*interleaved=*/true);
    if (!match)
      return std::nullopt;
    match->begin = rows.beginAt(row);
  }
  if (!match)
    return std::nullopt;
  if (scale && match->scale != 1)
    match->scale = *scale;
  refine(*match);
  return match;
}

bool Rotation::isRotated(ArrayRef<double> x, ArrayRef<double> y,
                         int64_t position, const RopeMatch &match) const {
  double bound = 4 * tolerance() * match.scale;
  for (int64_t i = 0; i < rotary / 2; ++i) {
    auto [a, b] = pairOf(i, rotary, match.interleaved);
    double angle = float(position) * match.frequencies[i];
    std::complex<double> want =
        std::complex<double>(x[a], x[b]) * std::polar(match.scale, angle);
    if (!(std::fabs(y[a] - want.real()) <= bound &&
          std::fabs(y[b] - want.imag()) <= bound))
      return false;
  }
  return x.drop_front(rotary) == y.drop_front(rotary);
}

bool Rotation::agrees(size_t point, const ProbeTensor &labels, int64_t width,
                      std::optional<RopeMatch> &match) const {
  Rows rows{labels, width, headDim, raiser->probes.points()[point]};
  ProbeTensor x = makeTensor(Float32Type::get(root.getContext()), labels.shape);
  std::vector<double> numbers;
  for (int64_t row = 0; row < rows.count(); ++row)
    for (int64_t d = 0; d < headDim; ++d)
      numbers.push_back(sampleAt(row, d, rotary));
  setData(x, std::move(numbers));
  llvm::DenseMap<Value, ProbeTensor> values;
  values[leaf] = x;
  ProbeTensor y = evaluate(point, root, values);
  if (!y.data || y.shape != x.shape)
    return false;
  if (!match)
    match = derive(rows, *x.data, *y.data);
  if (!match)
    return false;
  for (int64_t row = 0; row < rows.count(); ++row)
    if (rows.beginAt(row) < 0 || rows.beginAt(row) != match->begin ||
        !isRotated(ArrayRef(*x.data).slice(row * headDim, headDim),
                   ArrayRef(*y.data).slice(row * headDim, headDim),
                   rows.positionAt(row), *match))
      return false;
  return true;
}

//===----------------------------------------------------------------------===//
// Frequencies to the last bit
//===----------------------------------------------------------------------===//

/// Replaces measured frequencies by those of `exact` that are near, in its
/// first half or at every second place.
static bool adopt(ArrayRef<float> exact, double tolerance, RopeMatch &match) {
  size_t half = match.frequencies.size();
  for (size_t step : {1, 2}) {
    if (exact.size() < step * (half - 1) + 1)
      continue;
    bool near = true;
    std::vector<float> chosen;
    for (size_t i = 0; near && i < half; ++i) {
      chosen.push_back(exact[step * i]);
      near = std::fabs(chosen.back() - match.frequencies[i]) <= 4 * tolerance;
    }
    if (near) {
      match.frequencies = std::move(chosen);
      return true;
    }
  }
  return false;
}

/// What `v` is the Op of, going up through scaling and moves.
template <typename Op> static Value argumentOf(const Raiser &raiser, Value v) {
  while (Operation *op = raiser.skip(v).getDefiningOp()) {
    if (isa<Op>(op))
      return op->getOperand(0);
    if (isa<onnx::MulOp>(op))
      v = raiser.otherIf(op, [&](Value side) {
        return raiser.probes.scalar(side).has_value();
      });
    else
      v = isMove(op) ? op->getOperand(0) : Value();
    if (!v)
      break;
  }
  return {};
}

/// The table that `v` is rows of, perhaps moved.
static Value tableOf(const Raiser &raiser, Value v) {
  v = raiser.skip(v);
  while (isMove(v.getDefiningOp()))
    v = raiser.skip(v.getDefiningOp()->getOperand(0));
  return raiser.probes.rank(v) == 2 ? v : Value();
}

void Rotation::refine(RopeMatch &match) const {
  const Probes::Point &point = raiser->probes.points()[Probes::kFromZero];
  for (Value constant : constants) {
    Value angles = argumentOf<onnx::CosOp>(*raiser, constant);
    if (!angles || point.past > 1 || point.sequence < 2)
      continue;
    ProbeTensor tensor = raiser->valueAt(Probes::kFromZero, angles);
    int64_t width = tensor.data && tensor.rank() ? tensor.shape.back() : 0;
    int64_t row = 1 - point.past;
    if (width == 0 || int64_t(tensor.data->size()) < (row + 1) * width)
      continue;
    std::vector<float> exact(tensor.data->begin() + row * width,
                             tensor.data->begin() + (row + 1) * width);
    if (adopt(exact, tolerance(), match))
      return;
  }
  for (Value cos : constants)
    for (Value sin : constants) {
      Value cosTable = tableOf(*raiser, cos), sinTable = tableOf(*raiser, sin);
      if (!cosTable || !sinTable || cosTable == sinTable)
        continue;
      auto table = matchRopeCaches(*raiser, cosTable, sinTable);
      if (table && adopt(table->frequencies, tolerance(), match)) {
        match.positions = table->positions;
        return;
      }
    }
}

//===----------------------------------------------------------------------===//
// Building
//===----------------------------------------------------------------------===//

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
  // After the embedding, which everything begins with.
  raiser.b.setInsertionPointAfter(&raiser.b.getInsertionBlock()->front());
  Value table = raiser.b.create<llm::RopeTableOp>(
      NameLoc::get(raiser.b.getStringAttr("rope")),
      raiser.rowsOf(2 * int64_t(match.frequencies.size())), raiser.positions,
      weight, raiser.b.getF64FloatAttr(match.scale));
  raiser.ropeTables.push_back({key, table});
  return table;
}

Value buildRope(Raiser &raiser, Value x, const RopeMatch &match) {
  if (match.positions)
    raiser.facts.context = match.positions;
  return raiser.b.create<llm::RopeOp>(x.getLoc(), x, ropeTable(raiser, match),
                                      raiser.b.getI64IntegerAttr(match.headDim));
}

} // namespace llmc
