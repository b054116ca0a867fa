// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The passes of the raise phase.
#ifndef LLMC_COMPILER_RAISE_PASSES
#define LLMC_COMPILER_RAISE_PASSES

include "mlir/Pass/PassBase.td"

def RaiseOnnx : Pass<"llmc-raise-onnx", "::mlir::ModuleOp"> {
  let summary = "an onnx graph over batch and sequence becomes an llm graph over rows";
  let description = [{
    Covers the graph from its logits with building blocks of the llm dialect.
    Past keys and values become the static cache, masks and positions the rows'
    own; trees of elementwise nodes that no pattern takes become functions that
    `llm.generated` calls. A node that can be neither raised nor generated is an
    error that names it. A module that holds no onnx graph stays as it is.

    ```mlir
    %h = onnx.Gather(%table, %ids) {axis = 0 : i64} : (...) -> !onnx.any
    %l = onnx.MatMul(%h, %w) : (...) -> !onnx.any
    // becomes
    %h = llm.embedding %tokens, @table : tensor<?xi32> -> tensor<?x8xf32>
    %l = llm.linear %h, @w : tensor<?x8xf32> -> tensor<?x16xf32>
    ```
  }];
  let dependentDialects = ["::mlir::llm::LlmDialect", "::mlir::arith::ArithDialect",
    "::mlir::func::FuncDialect", "::mlir::linalg::LinalgDialect", "::mlir::math::MathDialect",
    "::mlir::tensor::TensorDialect"];
}

#endif
