// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Single elements of values that are too large to be computed whole, such as a
// mask of context * context. In: a probe point, where all sizes are known and
// all small values too. Out: the elements at some offsets, which are pulled
// through the nodes that make the value (elementwise ones and moves) out of
// constants, those in files too.
#ifndef LLMC_COMPILER_RAISE_PROBE_PROBEELEMENTS_H
#define LLMC_COMPILER_RAISE_PROBE_PROBEELEMENTS_H

#include "compiler/raise/probe/Probe.h"

namespace mlir::onnx {
class InitializerOp;
}

namespace llmc {

class ProbeElements {
public:
  using Offsets = std::vector<int64_t>;
  using Elements = std::shared_ptr<const std::vector<double>>;

  explicit ProbeElements(const Probes::Point &point) : point(point) {}

  /// The elements of `v` at offsets in row-major order; null where they cannot
  /// be told. What was pulled is kept for further questions.
  Elements at(mlir::Value v, const Offsets &offsets);

  /// All elements of a value that is not too large.
  Elements all(mlir::Value v);

private:
  Elements compute(mlir::Value v, const Offsets &offsets);
  Elements elementwise(mlir::Operation *op, const ProbeTensor &result,
                       const Offsets &offsets);
  Elements moved(mlir::Operation *op, unsigned result, const Offsets &offsets);
  const ProbeTensor &tensorOf(mlir::Value v) const;

  const Probes::Point &point;
  llvm::DenseMap<mlir::Value, std::vector<std::pair<Offsets, Elements>>> pulled;
  int64_t depth = 0, steps = 0;
};

/// Elements of an initializer in a file, at offsets in row-major order; null where
/// they can't be read.
ProbeElements::Elements elementsInFile(mlir::onnx::InitializerOp initializer,
                                       const ProbeElements::Offsets &offsets);

} // namespace llmc

#endif
