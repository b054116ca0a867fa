// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The passes of the specialize phase.
#ifndef LLMC_COMPILER_SPECIALIZE_PASSES
#define LLMC_COMPILER_SPECIALIZE_PASSES

include "mlir/Pass/PassBase.td"

def SpecializeRows : Pass<"llmc-specialize-rows", "::mlir::ModuleOp"> {
  let summary = "@main becomes @decode of one row and @prefill of any number";
  let description = [{
    In @decode every dimension is a constant: one row, whose logits may be
    wanted. In @prefill rows and logit rows are dynamic, both at most the
    plan's rows.

    ```mlir
    func.func @main(%t: tensor<?xi32>) -> tensor<?x8xf32> {...}
    // becomes
    func.func @decode(%t: tensor<1xi32>) -> tensor<1x8xf32> {...}
    func.func @prefill(%t: tensor<?xi32>) -> tensor<?x8xf32> {...}
    ```
  }];
}

#endif
