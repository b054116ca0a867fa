// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the Probe*Ops.cpp share: tensors of known shape and
// their elements in row-major order.
#ifndef LLMC_COMPILER_RAISE_PROBE_PROBEOPS_H
#define LLMC_COMPILER_RAISE_PROBE_PROBEOPS_H

#include "compiler/raise/probe/Probe.h"
#include "dialects/onnx/OnnxDialect.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include <functional>

namespace llmc {

/// `value` as the element type holds it.
double roundTo(mlir::Type type, double value);
ProbeTensor makeTensor(mlir::Type type, llvm::ArrayRef<int64_t> shape);
/// Sets the elements, rounded to the tensor's type.
void setData(ProbeTensor &tensor, std::vector<double> data);
/// True when all elements are known and `elements` results are not too many.
bool allData(llvm::ArrayRef<const ProbeTensor *> inputs, int64_t elements);
/// Widens `into` by the shape `a`; false where they do not broadcast.
bool broadcast(llvm::ArrayRef<int64_t> a, llvm::SmallVectorImpl<int64_t> &into);
/// Visits every index of `shape` in row-major order.
void forEachIndex(llvm::ArrayRef<int64_t> shape,
                  llvm::function_ref<void(llvm::ArrayRef<int64_t>)> visit);
/// Visits `first` + index * strides for every index of `shape` in row-major
/// order.
template <typename Visit>
void forEachOffset(llvm::ArrayRef<int64_t> shape, int64_t first,
                   llvm::ArrayRef<int64_t> strides, Visit visit) {
  if (shape.empty())
    return visit(first);
  for (int64_t i = 0; i < shape.front(); ++i)
    forEachOffset(shape.drop_front(), first + i * strides.front(),
                  strides.drop_front(), visit);
}
/// The element that `index` of a broadcast shape reads.
double elementAt(const ProbeTensor &tensor, llvm::ArrayRef<int64_t> index);

/// A node and its known inputs.
struct ProbeNode {
  mlir::Operation *op;
  llvm::ArrayRef<const ProbeTensor *> inputs;

  const ProbeTensor &x() const { return *inputs[0]; }
  bool has(unsigned index) const {
    return bool(mlir::onnx::getInput(op, index)) && inputs[index]->known;
  }
  /// The elements of input `index` as integers, or nullopt.
  std::optional<llvm::SmallVector<int64_t>> integers(unsigned index) const {
    if (!has(index) || !inputs[index]->data)
      return std::nullopt;
    llvm::SmallVector<int64_t> values;
    for (double value : *inputs[index]->data)
      values.push_back(value >= 9e18    ? INT64_MAX
                       : value <= -9e18 ? INT64_MIN
                                        : int64_t(value));
    return values;
  }
  /// The only element of input `index` as an integer, or nullopt.
  std::optional<int64_t> integer(unsigned index) const {
    auto values = integers(index);
    if (!values || values->size() != 1)
      return std::nullopt;
    return values->front();
  }
  /// An attribute of older opsets, an input of newer ones.
  std::optional<llvm::SmallVector<int64_t>> list(llvm::StringRef name,
                                           unsigned index) const {
    if (auto values = mlir::onnx::getInts(op, name))
      return llvm::SmallVector<int64_t>(*values);
    return integers(index);
  }
  std::optional<int64_t> axis(int64_t fallback, int64_t rank) const {
    int64_t axis = mlir::onnx::getInt(op, "axis", fallback);
    axis += axis < 0 ? rank : 0;
    if (axis < 0 || axis > rank)
      return std::nullopt;
    return axis;
  }
};

/// Operators that make or change shapes, and all below; empty where the result
/// is not known.
llvm::SmallVector<ProbeTensor, 1>
evaluateShapeOperator(mlir::Operation *op,
                      llvm::ArrayRef<const ProbeTensor *> inputs);

/// Where an element of a result comes from.
struct Source {
  enum { Zero = -1, Unknown = -2 };
  int input; // or one of the above
  int64_t offset;
};
/// A result whose elements are those of the first `inputs` inputs elsewhere.
struct Move {
  ProbeTensor result; // its type and shape
  unsigned inputs = 1;
  /// Where `from` is null: the offsets `first` + index * strides of input 0.
  int64_t first = 0;
  llvm::SmallVector<int64_t> strides = {};
  /// Of an index, and of the `depth` elements of input 1 from `where` on.
  std::function<Source(llvm::ArrayRef<int64_t>, llvm::ArrayRef<double>)> from = {};
  unsigned depth = 0;
  std::function<int64_t(llvm::ArrayRef<int64_t>)> where = {};
};
using Moves = llvm::SmallVector<Move, 1>;
/// One for each result; none where the node is another one. ProbeMoves.cpp.
Moves movesOf(mlir::Operation *op, llvm::ArrayRef<const ProbeTensor *> inputs);
/// True where each element of the result is computed from the inputs' elements
/// at the same, broadcast index.
bool isElementwise(mlir::Operation *op);

/// Operators that move elements. ProbeMoves.cpp.
llvm::SmallVector<ProbeTensor, 1>
evaluateMove(mlir::Operation *op, llvm::ArrayRef<const ProbeTensor *> inputs);
/// Reductions and matrix products. ProbeProducts.cpp.
llvm::SmallVector<ProbeTensor, 1>
evaluateProduct(mlir::Operation *op,
                llvm::ArrayRef<const ProbeTensor *> inputs);
/// Attention and RotaryEmbedding. ProbeBlocks.cpp.
llvm::SmallVector<ProbeTensor, 1>
evaluateBlock(mlir::Operation *op, llvm::ArrayRef<const ProbeTensor *> inputs);

} // namespace llmc

#endif
