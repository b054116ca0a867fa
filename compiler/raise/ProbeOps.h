// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the Probe*Ops.cpp share: tensors of known shape and
// their elements in row-major order.
#ifndef LLMC_COMPILER_RAISE_PROBEOPS_H
#define LLMC_COMPILER_RAISE_PROBEOPS_H

#include "compiler/raise/Probe.h"
#include "llvm/ADT/STLFunctionalExtras.h"

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
/// The element that `index` of a broadcast shape reads.
double elementAt(const ProbeTensor &tensor, llvm::ArrayRef<int64_t> index);

/// Operators that make shapes, move elements, reduce or multiply matrices;
/// empty where the result is not known.
llvm::SmallVector<ProbeTensor, 1>
evaluateShapeOperator(mlir::Operation *op,
                      llvm::ArrayRef<const ProbeTensor *> inputs);

/// Reductions, matrix products and whole blocks. ProbeProducts.cpp.
llvm::SmallVector<ProbeTensor, 1>
evaluateProduct(mlir::Operation *op,
                llvm::ArrayRef<const ProbeTensor *> inputs);

} // namespace llmc

#endif
