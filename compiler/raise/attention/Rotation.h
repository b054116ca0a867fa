// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Rotary embeddings in any spelling. In: a value and the one value of its shape
// that it is computed from with constants of the position. Out: frequencies,
// when the graph turns numbers put in for x as a rotation by position *
// frequency does, half against half or neighbour against neighbour.
#ifndef LLMC_COMPILER_RAISE_ATTENTION_ROTATION_H
#define LLMC_COMPILER_RAISE_ATTENTION_ROTATION_H

#include "compiler/raise/Raiser.h"
#include "llvm/ADT/SetVector.h"

namespace llmc {

class Rotation {
public:
  /// The nodes of a rotation that makes `v`; nullopt where they are others.
  static std::optional<Rotation> find(const Raiser &raiser, mlir::Value v);

  mlir::Value result() const { return root; }
  mlir::Value x() const { return leaf; }

  /// True when x, whose elements come from rows of `width` as `labels` tell
  /// (1 + row * width + column), is rotated at this probe as `match` says; the
  /// first probe, which must have position 1, fills it.
  bool agrees(size_t point, const ProbeTensor &labels, int64_t width,
              std::optional<RopeMatch> &match) const;

private:
  Rotation(const Raiser &raiser, mlir::Value root)
      : raiser(&raiser), root(root) {}
  bool collect(mlir::Value v);
  ProbeTensor evaluate(size_t point, mlir::Value v,
                       llvm::DenseMap<mlir::Value, ProbeTensor> &values) const;
  struct Rows;
  std::optional<RopeMatch> derive(const Rows &rows, llvm::ArrayRef<double> x,
                                  llvm::ArrayRef<double> y) const;
  bool isRotated(llvm::ArrayRef<double> x, llvm::ArrayRef<double> y,
                 int64_t position, const RopeMatch &match) const;
  std::optional<RopeMatch> measure(llvm::ArrayRef<double> x,
                                   llvm::ArrayRef<double> y,
                                   bool interleaved) const;
  void refine(RopeMatch &match) const;
  double tolerance() const;

  const Raiser *raiser;
  mlir::Value root, leaf;
  int64_t headDim = 0, rotary = 0;
  llvm::SmallSetVector<mlir::Value, 16> inner;
  llvm::SmallSetVector<mlir::Value, 4> constants; // cos and sin, or their tables
};

} // namespace llmc

#endif
