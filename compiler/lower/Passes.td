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

#endif
