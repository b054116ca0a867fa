// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Shape and constant propagation over an onnx graph. In: @main of the `onnx`
// dialect. Out: for every value its shape, and where it depends on shapes,
// positions and constants alone, its elements. Sizes are symbolic (batch,
// sequence, past): the graph is evaluated at several points of them, and two
// expressions count as one when they agree at all points (identity testing, as
// Schwartz 1980 does with polynomials), so that shape arithmetic, masks and
// rotary angles are recognised by what they compute, not by how an exporter
// spells them. The attention mask is all ones and positions follow the past:
// llmc has no padding.
#ifndef LLMC_COMPILER_RAISE_PROBE_PROBE_H
#define LLMC_COMPILER_RAISE_PROBE_PROBE_H

#include "mlir/IR/Value.h"
#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SmallVector.h"
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mlir::func {
class FuncOp;
}

namespace llmc {

/// A tensor at one probe point.
struct ProbeTensor {
  bool known = false; // else nothing below holds
  mlir::Type type;    // element type
  llvm::SmallVector<int64_t, 4> shape;
  std::shared_ptr<const std::vector<double>> data; // null: not a constant

  int64_t elements() const; // -1 where the sizes are impossible
  int64_t rank() const { return int64_t(shape.size()); }
  /// The only element, or nullopt.
  std::optional<double> scalar() const;
};

/// Evaluates one node; unknown results where it cannot. ProbeOps.cpp.
llvm::SmallVector<ProbeTensor, 1>
evaluateNode(mlir::Operation *op, llvm::ArrayRef<const ProbeTensor *> inputs);

/// One dimension of a pattern for shapes.
struct Dim {
  enum Kind { Batch, Sequence, Past, Total, Rows, Number };
  Kind kind;
  int64_t number = 0;
  Dim(Kind kind) : kind(kind) {}
  Dim(int64_t number) : kind(Number), number(number) {}
};

/// What the arguments of @main are.
struct GraphInputs {
  mlir::Value inputIds, attentionMask, positionIds;
  llvm::SmallVector<mlir::Value> caches; // past keys and values
};
/// Finds them by name and rank; an argument that is none of them is an error
/// at the function.
std::optional<GraphInputs> findInputs(mlir::func::FuncOp main);

class Probes {
public:
  struct Point {
    int64_t batch, sequence, past;
    llvm::DenseMap<mlir::Value, ProbeTensor> values;
    int64_t sizeOf(const Dim &dim) const;
  };

  /// The point without a past, which has position 1, and one with a past.
  static constexpr size_t kFromZero = 3, kWithPast = 2;

  /// No probe reaches beyond the context, where one is stated (else 0).
  Probes(mlir::func::FuncOp main, const GraphInputs &inputs, int64_t context);

  llvm::ArrayRef<Point> points() const { return pointList; }
  /// One more, for what `v` depends on: its last row is that of position
  /// `last`, the only one where there is a past.
  Point pointOf(int64_t last, mlir::Value v) const;
  const ProbeTensor &at(size_t point, mlir::Value value) const;

  bool isKnown(mlir::Value value) const;
  /// The same at all probes but the last, which is far.
  bool isKnownBeforeLast(mlir::Value value) const;
  /// The rank, or -1.
  int64_t rank(mlir::Value value) const;
  /// Size of an axis (negative: from the end) that is one number everywhere.
  std::optional<int64_t> size(mlir::Value value, int64_t axis) const;
  bool hasShape(mlir::Value value, llvm::ArrayRef<Dim> dims) const;
  bool sameShape(mlir::Value a, mlir::Value b) const;
  /// The width of a value that is [rows, width] in memory: the sizes before
  /// the last axis multiply to batch * sequence.
  std::optional<int64_t> rowsWidth(mlir::Value value) const;
  /// The elements of a value that is the same constant everywhere.
  const std::vector<double> *constant(mlir::Value value) const;
  std::optional<double> scalar(mlir::Value value) const;

private:
  Point sizes(int64_t batch, int64_t sequence, int64_t past) const;
  void bindInputs(Point &point) const;

  GraphInputs inputs;
  std::vector<Point> pointList;
};

} // namespace llmc

#endif
