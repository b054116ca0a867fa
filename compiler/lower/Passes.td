// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The passes of the lower phase: `exec` becomes the LLVM dialect.
#ifndef LLMC_COMPILER_LOWER_PASSES
#define LLMC_COMPILER_LOWER_PASSES

include "mlir/Pass/PassBase.td"

def ExecToLlvm : Pass<"llmc-exec-to-llvm", "::mlir::ModuleOp"> {
  let summary = "programs become functions that call kernels";
  let description = [{
    An `exec.program @p` becomes `llvm.func internal @<name>_p(step, thread,
    threads)`, an llmc_graph of model_abi.h. A step fills the argument slots on
    the stack and calls `llmc_slice`, which gives the kernel the thread's share;
    an `each` step calls the kernel with all units. Generated code must have
    become LLVM functions before.

    ```mlir
    exec.step "quantize" @k(...) units %one * 8 granule 2
    // becomes stores of the slots, then
    llvm.call @llmc_slice(%k, %args, %units, %granule, %thread, %threads)
    ```
  }];
  let options = [
    Option<"name", "name", "std::string", "\"model\"", "C symbol prefix">];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

def EmitDescriptor : Pass<"llmc-emit-descriptor", "::mlir::ModuleOp"> {
  let summary = "the module attribute exec.model becomes an llmc_model";
  let description = [{
    Emits the constants of model_abi.h: `@<name>` (llmc_model), its config and
    its variant, with `@<name>_weights` and `@<name>_text` as symbols that the
    object phase resolves. Without `exec.model` nothing happens.

    ```mlir
    module attributes {exec.model = {name = "m", ...}, exec.arena_bytes = 64} ...
    // gains
    llvm.mlir.global external constant @m() : !llvm.struct<(i32, i32, ptr, ...)>
    ```
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

def GenerateCode : Pass<"llmc-generate-code", "::mlir::ModuleOp"> {
  let summary = "functions of linalg become functions with a kernel's signature";
  let description = [{
    Every func.func with the string attribute `llm.generated`, a letter of r c w
    for each argument, is bufferized alone and lowered; its destination is the
    last argument. It takes flat slices (tensor<?xf32>) or one row
    (tensor<Wxf32>); the kernel slices or loops accordingly. exp and its like
    become polynomials that LLVM vectorizes.

    ```mlir
    func.func private @g(%x: tensor<?xf32>, %out: tensor<?xf32>) -> tensor<?xf32> attributes {llm.generated = "rw"} { linalg.generic ... }
    // becomes
    llvm.func internal @g(%args: !llvm.ptr, %begin: i64, %end: i64)
    ```
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

def ApproximateMath : Pass<"llmc-approximate-math"> {
  let summary = "math functions become polynomials";
  let description = [{
    The polynomials are MLIR's; the same for vector bodies and scalar tails.

    ```mlir
    %0 = math.exp %x : f32
    // becomes arith and math.fma alone
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::math::MathDialect",
    "::mlir::vector::VectorDialect"];
}

#endif
