// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Before anything is matched: nodes that stand for a few simpler ones become
// those (the scales of a Gemm, ONNX Runtime's fused GELUs, the bias of a skip
// norm), in place, so that no matcher knows them; nodes that nothing reads go.
#ifndef LLMC_COMPILER_RAISE_DECOMPOSEONNX_H
#define LLMC_COMPILER_RAISE_DECOMPOSEONNX_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace llmc {

void decomposeOnnx(mlir::func::FuncOp main);

} // namespace llmc

#endif
