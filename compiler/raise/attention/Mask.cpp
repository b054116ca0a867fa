// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/raise/attention/Mask.h"

#include "compiler/raise/Raiser.h"
#include "compiler/raise/probe/ProbeElements.h"

using namespace mlir;

namespace llmc {

/// Notes an element of `rows`: 0 or true is seen, a very negative number or
/// false is not; false for anything else, and for what comes later but is seen.
bool Mask::look(const ProbeTensor &rows, int64_t key, int64_t query,
                double element, bool mayBeOpen) {
  bool isChoice = rows.type.isInteger(1);
  bool seen = isChoice ? (element != 0) != isHidden : element == 0;
  if (!isChoice && !seen && !(element <= kHidden))
    return false;
  int64_t distance = query - key;
  if (distance < 0)
    return !seen || mayBeOpen;
  if (seen)
    furthestSeen = std::max(furthestSeen, distance);
  else
    nearestHidden = std::min(nearestHidden, distance);
  return true;
}

/// True for [.., sequence, total].
static bool isMask(const ProbeTensor &tensor, const Probes::Point &point) {
  return tensor.known && tensor.rank() >= 2 &&
         tensor.shape.back() == point.past + point.sequence &&
         tensor.shape[tensor.rank() - 2] == point.sequence;
}

std::optional<Mask> Mask::match(const Raiser &raiser, Value v, bool mayBeOpen,
                                bool isHidden) {
  Mask mask(v, isHidden);
  for (size_t i = 0; i < raiser.probes.points().size(); ++i) {
    const Probes::Point &point = raiser.probes.points()[i];
    const ProbeTensor &rows = raiser.probes.at(i, v);
    int64_t total = point.past + point.sequence;
    if (!isMask(rows, point))
      return std::nullopt;
    ProbeElements::Elements elements = ProbeElements(point).all(v);
    if (!elements)
      return std::nullopt;
    for (size_t at = 0; at < elements->size(); ++at)
      if (!mask.look(rows, int64_t(at) % total,
                     point.past + int64_t(at) / total % point.sequence,
                     (*elements)[at], mayBeOpen))
        return std::nullopt;
  }
  return mask.isWindow() ? std::optional(mask) : std::nullopt;
}

/// Notes the row of position `last`; false where it cannot be told.
bool Mask::lookAt(const Raiser &raiser, int64_t last) {
  constexpr int64_t kMostHeads = 1024, kAtOnce = 4096;
  Probes::Point point = raiser.probes.pointOf(last, value);
  const ProbeTensor &rows = point.values[value];
  if (!isMask(rows, point))
    return false;
  int64_t total = rows.shape.back(), sequence = point.sequence;
  int64_t heads = rows.elements() / total / sequence;
  if (heads > kMostHeads)
    return false;
  for (int64_t begin = 0; begin < total; begin += kAtOnce) {
    ProbeElements elements(point);
    int64_t end = std::min(total, begin + kAtOnce);
    for (int64_t head = 0; head < heads; ++head) {
      ProbeElements::Offsets offsets;
      for (int64_t key = begin; key < end; ++key)
        offsets.push_back((head * sequence + sequence - 1) * total + key);
      auto row = elements.at(value, offsets);
      if (!row)
        return false;
      for (int64_t key = begin; key < end; ++key)
        if (!look(rows, key, total - 1, (*row)[key - begin], false))
          return false;
    }
  }
  return true;
}

bool Mask::follow(Raiser &raiser, int64_t context) {
  Operation *op = value.getDefiningOp();
  // A window moves on with its position, a block of positions does not.
  for (int64_t last = context - 1; last >= std::max<int64_t>(context - 2, 0);
       --last) {
    if (!lookAt(raiser, last)) {
      raiser.fail(op, "is a mask that cannot be followed to position " +
                          Twine(last) +
                          ", expected elementwise nodes and moves of positions "
                          "and shapes, or a smaller --context");
      return false;
    }
    if (!isWindow()) {
      raiser.fail(op, "is a mask that hides something else at position " +
                          Twine(last) +
                          ", expected a causal mask, perhaps with a window, or "
                          "a smaller --context");
      return false;
    }
  }
  return true;
}

LogicalResult settleWindows(Raiser &raiser, int64_t context) {
  llvm::DenseMap<std::pair<Value, unsigned>, int64_t> windows;
  for (auto &[attention, mask] : raiser.masks) {
    auto [window, isNew] = windows.try_emplace(mask.key(), 0);
    if (isNew && !mask.follow(raiser, context))
      return failure();
    if (isNew && mask.window() < context)
      window->second = mask.window();
    attention.setWindow(window->second);
  }
  return success();
}

} // namespace llmc
