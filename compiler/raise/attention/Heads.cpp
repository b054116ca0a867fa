// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/raise/attention/Heads.h"

#include "compiler/raise/probe/ProbeOps.h"

using namespace mlir;

namespace llmc {

bool isMove(Operation *op) {
  return isa_and_nonnull<
      onnx::IdentityOp, onnx::ReshapeOp, onnx::FlattenOp, onnx::SqueezeOp,
      onnx::UnsqueezeOp, onnx::TransposeOp, onnx::ExpandOp, onnx::TileOp,
      onnx::ConcatOp, onnx::SplitOp, onnx::SliceOp, onnx::GatherOp>(op);
}

namespace {

/// The probes that operands are followed at.
constexpr size_t kTraced[] = {Probes::kFromZero, Probes::kWithPast};

/// Follows an operand down to its rows at one probe after the other.
class Trace {
public:
  /// `stop`: the rows, where they are known beforehand.
  explicit Trace(const Raiser &raiser, Value stop = {})
      : raiser(raiser), source(stop), isStopKnown(bool(stop)) {}

  /// The number of the element of the source at each element of `v`, from 1;
  /// minus that of the element of the past, from -1. Null where `v` is no move.
  const ProbeTensor *follow(Value v, size_t point) {
    if (point != current)
      labels.clear();
    current = point;
    return labelsOf(v);
  }

  const Raiser &raiser;
  Value source, past;
  double scale = 1;
  std::optional<Rotation> rotation;
  std::optional<RopeMatch> rope;

private:
  const ProbeTensor *labelsOf(Value v);
  ProbeTensor moved(Operation *op, unsigned result);
  ProbeTensor compute(Value v);
  ProbeTensor numbered(Value v, int64_t step);
  ProbeTensor rotated(Value v);
  ProbeTensor joined(Value v);
  bool isRows(Value v) const;
  Value unscaled(Value v);

  bool isStopKnown, isJoining = false;
  size_t current = 0;
  llvm::DenseMap<Value, ProbeTensor> labels;
};

const ProbeTensor *Trace::labelsOf(Value v) {
  v = raiser.skip(v);
  auto found = labels.find(v);
  if (found == labels.end())
    found = labels.try_emplace(v, compute(v)).first;
  return found->second.data ? &found->second : nullptr;
}

/// Elements 1, 2, .. or -1, -2, ..
ProbeTensor Trace::numbered(Value v, int64_t step) {
  const ProbeTensor &at = raiser.probes.at(current, v);
  if (!at.known)
    return {};
  ProbeTensor result =
      makeTensor(IntegerType::get(v.getContext(), 64), at.shape);
  if (!allData({}, result.elements()))
    return {};
  std::vector<double> data(result.elements());
  for (size_t i = 0; i < data.size(); ++i)
    data[i] = double(step) * double(i + 1);
  setData(result, std::move(data));
  return result;
}

/// [batch, sequence, width] or [rows, width].
bool Trace::isRows(Value v) const {
  std::optional<int64_t> width = raiser.probes.rowsWidth(v);
  return width &&
         (raiser.probes.hasShape(v, {Dim::Batch, Dim::Sequence, *width}) ||
          raiser.probes.hasShape(v, {Dim::Rows, *width}));
}

/// Divides out a constant factor; null where there is none.
Value Trace::unscaled(Value v) {
  Operation *op = v.getDefiningOp();
  double factor = 1;
  Value other;
  if (isa_and_nonnull<onnx::MulOp>(op))
    other = raiser.otherIf(op, [&](Value side) {
      std::optional<double> number = raiser.probes.scalar(side);
      factor = number.value_or(1);
      return number.has_value();
    });
  if (isa_and_nonnull<onnx::DivOp>(op))
    if (auto number = raiser.probes.scalar(op->getOperand(1))) {
      factor = 1 / *number;
      other = op->getOperand(0);
    }
  if (other && current == kTraced[0]) // once, not at every probe
    scale *= factor;
  return other;
}

ProbeTensor Trace::moved(Operation *op, unsigned result) {
  SmallVector<const ProbeTensor *> inputs;
  for (auto [i, operand] : llvm::enumerate(op->getOperands())) {
    bool isData = i == 0 || isa<onnx::ConcatOp>(op);
    inputs.push_back(isData ? labelsOf(operand)
                            : &raiser.probes.at(current, operand));
    if (!inputs.back())
      return {};
  }
  // Where labelsOf grew the map, earlier ones have moved.
  for (auto [i, operand] : llvm::enumerate(op->getOperands()))
    if (i == 0 || isa<onnx::ConcatOp>(op))
      inputs[i] = labelsOf(operand);
  return evaluateNode(op, inputs)[result];
}

ProbeTensor Trace::rotated(Value v) {
  // One at most; what does not agree may be a part of another.
  bool isFirst = !rope;
  std::optional<Rotation> found = isFirst ? Rotation::find(raiser, v) : rotation;
  if (!found || found->result() != v)
    return {};
  const ProbeTensor *x = labelsOf(found->x());
  std::optional<int64_t> width =
      source ? raiser.probes.rowsWidth(source) : std::nullopt;
  std::optional<RopeMatch> match = rope;
  if (!x || !width || isFirst != !rope ||
      !found->agrees(current, *x, *width, match))
    return {};
  rotation = std::move(found);
  rope = std::move(match);
  return *x;
}

/// Rows that are the heads of others, joined.
ProbeTensor Trace::joined(Value v) {
  Operation *op = v.getDefiningOp();
  if (isJoining || !isMove(op) || isRows(op->getOperand(0)))
    return {};
  Trace before = *this;
  isJoining = true;
  ProbeTensor result = moved(op, cast<OpResult>(v).getResultNumber());
  isJoining = false;
  if (result.data)
    return result;
  source = before.source;
  past = before.past;
  scale = before.scale;
  rotation = std::move(before.rotation);
  rope = std::move(before.rope);
  labels = std::move(before.labels);
  return {};
}

ProbeTensor Trace::compute(Value v) {
  if (isStopKnown && v == source)
    return numbered(v, 1);
  if (llvm::is_contained(raiser.inputs.caches, v)) {
    if (past && past != v)
      return {};
    past = v;
    return numbered(v, -1);
  }
  Operation *op = v.getDefiningOp();
  if (!op)
    return {};
  if (Value other = isStopKnown ? Value() : unscaled(v)) {
    const ProbeTensor *same = labelsOf(other);
    return same ? *same : ProbeTensor();
  }
  // A rotation of rows whose heads are joined is none of the rows' own.
  bool isBlock =
      isa<onnx::RotaryEmbeddingOp, onnx::MicrosoftRotaryEmbeddingOp>(op);
  if (!isStopKnown && !isBlock && isRows(v)) {
    if (ProbeTensor result = joined(v); result.data)
      return result;
    if (source && source != v)
      return {};
    source = v;
    return numbered(v, 1);
  }
  if (isMove(op))
    if (ProbeTensor result = moved(op, cast<OpResult>(v).getResultNumber());
        result.data)
      return result;
  return isStopKnown ? ProbeTensor() : rotated(v);
}

/// The label of position `n`, dimension `d` of head `l` (batches first).
double labelAt(const ProbeTensor &labels, const HeadLayout &layout,
               ArrayRef<int64_t> lead, int64_t l, int64_t n, int64_t d) {
  if (layout.kind == HeadLayout::Joined) {
    int64_t batch = l / layout.heads, head = l % layout.heads;
    int64_t headDim = labels.shape[2] / layout.heads;
    return elementAt(labels, {batch, n, head * headDim + d});
  }
  if (layout.kind == HeadLayout::Packed)
    return elementAt(labels, {l / layout.heads, n, l % layout.heads, layout.part, d});
  SmallVector<int64_t, 6> index(lead.size());
  for (size_t axis = lead.size(); axis-- > 0; l /= lead[axis])
    index[axis] = l % lead[axis];
  bool turned = layout.kind == HeadLayout::Turned;
  index.push_back(turned ? d : n);
  index.push_back(turned ? n : d);
  return elementAt(labels, index);
}

/// True when a label is that of the past at (batch, head, n, d), in one of the
/// two layouts of caches.
bool isPast(double label, const ProbeTensor &cache, int64_t batch, int64_t head,
            int64_t n, int64_t d) {
  for (bool headFirst : {true, false}) {
    int64_t i = headFirst ? head : n, j = headFirst ? n : head;
    int64_t at = ((batch * cache.shape[1] + i) * cache.shape[2] + j) *
                     cache.shape[3] + d;
    if (label == -double(at + 1))
      return true;
  }
  return false;
}

/// The sizes of an operand at a probe.
struct Sizes {
  SmallVector<int64_t> lead; // multiply to `count`
  int64_t count, positions, headDim;
};

/// Nullopt where the labels are no heads of this layout.
std::optional<Sizes> sizesOf(const ProbeTensor &labels, const HeadLayout &layout,
                             const Probes::Point &point, size_t index) {
  Sizes sizes{{point.batch, layout.heads}, 1, 0, 0};
  int64_t rank = labels.rank();
  if (layout.kind == HeadLayout::Packed) {
    if (rank != 5 || labels.shape[2] != layout.heads ||
        layout.part >= labels.shape[3])
      return std::nullopt;
    sizes.positions = labels.shape[1];
    sizes.headDim = labels.shape[4];
  } else if (layout.kind == HeadLayout::Joined) {
    if (rank != 3 || labels.shape[2] % layout.heads != 0)
      return std::nullopt;
    sizes.positions = labels.shape[1];
    sizes.headDim = labels.shape[2] / layout.heads;
  } else {
    if (rank < 2)
      return std::nullopt;
    sizes.lead = layout.lead(index);
    sizes.positions = labels.shape[rank - 2];
    sizes.headDim = labels.shape[rank - 1];
    if (layout.kind == HeadLayout::Turned)
      std::swap(sizes.positions, sizes.headDim);
  }
  for (int64_t size : sizes.lead)
    sizes.count *= size;
  if (sizes.count == 0 || sizes.headDim == 0 || sizes.count % point.batch != 0)
    return std::nullopt;
  return sizes;
}

/// Checks the labels at one probe; the first one fills `heads`.
bool checkLabels(const Trace &trace, const ProbeTensor &labels,
                 const HeadLayout &layout, size_t index, Heads &heads) {
  const Probes &probes = trace.raiser.probes;
  const Probes::Point &point = probes.points()[index];
  std::optional<Sizes> sizes = sizesOf(labels, layout, point, index);
  int64_t past = trace.past ? point.past : 0;
  if (!trace.source || !sizes || sizes->positions != past + point.sequence)
    return false;
  auto at = [&](int64_t l, int64_t n, int64_t d) {
    return labelAt(labels, layout, sizes->lead, l, n, d);
  };
  Heads found;
  found.headDim = sizes->headDim;
  found.readers = sizes->count / point.batch;
  found.begin = int64_t(at(0, past, 0)) - 1;
  // How many readers share the first head, and where the next one begins.
  int64_t shared = 1;
  while (shared < found.readers && at(shared, past, 0) == at(0, past, 0))
    ++shared;
  int64_t next = shared < found.readers ? int64_t(at(shared, past, 0)) - 1
                                        : found.begin + found.headDim;
  found.heads = found.readers / shared;
  found.stride = next - found.begin;
  int64_t width = *probes.rowsWidth(trace.source);
  if (found.begin < 0 || found.readers % shared != 0 ||
      found.stride < found.headDim ||
      found.begin + (found.heads - 1) * found.stride + found.headDim > width)
    return false;
  if (heads.heads && (found.begin != heads.begin || found.heads != heads.heads ||
                      found.stride != heads.stride ||
                      found.headDim != heads.headDim ||
                      found.readers != heads.readers))
    return false;
  for (int64_t l = 0; l < sizes->count; ++l) {
    int64_t batch = l / found.readers, head = l % found.readers / shared;
    for (int64_t n = 0; n < sizes->positions; ++n)
      for (int64_t d = 0; d < found.headDim; ++d) {
        double label = at(l, n, d);
        int64_t row = batch * point.sequence + n - past;
        if (n < past
                ? !isPast(label, probes.at(index, trace.past), batch, head, n, d)
                : label != double(row * width + found.begin + head * found.stride +
                                  d + 1))
          return false;
      }
  }
  heads = found;
  return true;
}

} // namespace

std::optional<Heads> matchHeads(const Raiser &raiser, Value v,
                                const HeadLayout &layout) {
  Trace trace(raiser);
  Heads heads;
  for (size_t point : kTraced) {
    const ProbeTensor *labels = trace.follow(v, point);
    if (!labels || !checkLabels(trace, *labels, layout, point, heads))
      return std::nullopt;
  }
  heads.source = trace.source;
  heads.past = trace.past;
  heads.scale = trace.scale;
  heads.rope = std::move(trace.rope);
  if (heads.rope && (heads.rope->headDim != heads.headDim ||
                     heads.rope->begin != heads.begin % heads.headDim))
    return std::nullopt;
  return heads;
}

bool isJoined(const Raiser &raiser, Value v, Value from) {
  std::optional<int64_t> headDim = raiser.probes.size(from, -1);
  std::optional<int64_t> width = raiser.probes.rowsWidth(v);
  if (!headDim || !width || *headDim == 0 || *width % *headDim != 0)
    return false;
  int64_t heads = *width / *headDim;
  Trace trace(raiser, raiser.skip(from));
  for (size_t i : kTraced) {
    const Probes::Point &point = raiser.probes.points()[i];
    const ProbeTensor *labels = trace.follow(v, i);
    if (!labels)
      return false;
    for (size_t at = 0; at < labels->data->size(); ++at) {
      int64_t d = int64_t(at) % *headDim, head = int64_t(at) / *headDim % heads;
      int64_t row = int64_t(at) / *width;
      int64_t batch = row / point.sequence, n = row % point.sequence;
      int64_t want = ((batch * heads + head) * point.sequence + n) * *headDim + d;
      if ((*labels->data)[at] != double(want + 1))
        return false;
    }
  }
  return true;
}

} // namespace llmc
