// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What an attention mask hides. In: the value that is added to the scores or
// chooses among them. Out: that it is causal, and its window, by its elements:
// at every probe while the graph is matched, and in the last rows of the
// context once that is known, so that no window is overlooked.
#ifndef LLMC_COMPILER_RAISE_ATTENTION_MASK_H
#define LLMC_COMPILER_RAISE_ATTENTION_MASK_H

#include "compiler/raise/probe/Probe.h"

namespace llmc {
class Raiser;

class Mask {
public:
  /// What is not seen adds at most so much to a score.
  static constexpr double kHidden = -1e4;

  /// The mask `v`, [.., sequence, total], which lets every position see itself
  /// and so many before it, by 0 or true, and none after it; with `mayBeOpen` it
  /// may. With `isHidden` true hides. Nullopt where it is no such mask.
  static std::optional<Mask> match(const Raiser &raiser, mlir::Value v,
                                   bool mayBeOpen, bool isHidden = false);
  /// Looks at the last rows of the context; false after an error.
  bool follow(Raiser &raiser, int64_t context);
  /// How many positions are seen, 0: all of them.
  int64_t window() const {
    return nearestHidden == INT64_MAX ? 0 : nearestHidden;
  }
  std::pair<mlir::Value, unsigned> key() const { return {value, isHidden}; }

private:
  Mask(mlir::Value value, bool isHidden) : value(value), isHidden(isHidden) {}
  bool look(const ProbeTensor &rows, int64_t key, int64_t query, double element,
            bool mayBeOpen);
  bool lookAt(const Raiser &raiser, int64_t last);
  bool isWindow() const {
    return furthestSeen < nearestHidden && nearestHidden != 0;
  }

  mlir::Value value;
  bool isHidden;
  int64_t nearestHidden = INT64_MAX, furthestSeen = 0; // distances
};

/// Gives the attentions that were built their masks' windows within the
/// context; fails after an error.
mlir::LogicalResult settleWindows(Raiser &raiser, int64_t context);

} // namespace llmc

#endif
