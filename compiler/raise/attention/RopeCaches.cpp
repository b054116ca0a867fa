// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Rotary frequencies from tables of cos and sin, as exporters store them for
// every position. A row far down fixes a frequency best, but only once the
// angle is known to within half a turn: so from row 1 on by doubling.
#include "compiler/raise/Raiser.h"

#include <cmath>

using namespace mlir;

namespace llmc {

/// The frequency of column `i` of two tables [rows, half].
static double frequencyOf(ArrayRef<float> cos, ArrayRef<float> sin,
                          int64_t rows, int64_t half, int64_t i) {
  constexpr double kTurn = 6.283185307179586476925;
  double frequency = 0;
  for (int64_t row = 1; row < rows; row *= 2) {
    double part = std::atan2(double(sin[row * half + i]),
                             double(cos[row * half + i]));
    double turns = std::round((frequency * double(row) - part) / kTurn);
    frequency = (part + turns * kTurn) / double(row);
  }
  return frequency;
}

/// How far a table's numbers may be from what they stand for.
static double precisionOf(Type type) {
  return type.isF16() ? 1e-3 : type.isBF16() ? 8e-3 : 1e-5;
}

static std::optional<RopeMatch> readCaches(const Raiser &raiser, Value cosValue,
                                           Value sinValue) {
  if (!cosValue || !sinValue || raiser.probes.rank(cosValue) != 2)
    return std::nullopt;
  std::optional<std::vector<float>> cos = raiser.elements(cosValue),
                                    sin = raiser.elements(sinValue);
  std::optional<int64_t> rows = raiser.probes.size(cosValue, 0),
                         half = raiser.probes.size(cosValue, 1);
  if (!cos || !sin || !rows || !half || *rows < 2 || cos->size() != sin->size() ||
      int64_t(cos->size()) != *rows * *half)
    return std::nullopt;
  RopeMatch match;
  match.positions = *rows;
  match.scale = (*cos)[0];
  double precision = precisionOf(raiser.probes.at(0, cosValue).type);
  if (match.scale == 0) // a table of sin
    return std::nullopt;
  if (std::fabs(match.scale - 1) < precision)
    match.scale = 1;
  for (int64_t i = 0; i < *half; ++i)
    match.frequencies.push_back(float(frequencyOf(*cos, *sin, *rows, *half, i)));
  // All rows must agree, but for the rounding of the angle.
  for (int64_t at = 0; at < *rows * *half; ++at) {
    double angle = double(at / *half) * match.frequencies[at % *half];
    double bound = (precision + 2e-7 * std::fabs(angle)) * std::fabs(match.scale);
    if (std::fabs((*cos)[at] - match.scale * std::cos(angle)) > bound ||
        std::fabs((*sin)[at] - match.scale * std::sin(angle)) > bound)
      return std::nullopt;
  }
  return match;
}

std::optional<RopeMatch> matchRopeCaches(const Raiser &raiser, Value cos, Value sin) {
  // Every layer reads the same tables.
  auto [found, isNew] = raiser.ropeCaches.try_emplace({cos, sin});
  if (isNew)
    found->second = readCaches(raiser, cos, sin);
  return found->second;
}

} // namespace llmc
