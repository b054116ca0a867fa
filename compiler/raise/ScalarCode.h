// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One element of an elementwise onnx node as arith and math on f32 scalars (i1
// for comparisons).
#ifndef LLMC_COMPILER_RAISE_SCALARCODE_H
#define LLMC_COMPILER_RAISE_SCALARCODE_H

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace llmc {

using ScalarEmitter = mlir::Value (*)(mlir::ImplicitLocOpBuilder &,
                                      mlir::ValueRange operands);
/// How code for one element of the node is made; null where it is not
/// elementwise on floats.
ScalarEmitter scalarEmitter(mlir::Operation *op);
mlir::Value scalarConstant(mlir::ImplicitLocOpBuilder &b, double value);

} // namespace llmc

#endif
