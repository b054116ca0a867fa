// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The passes of the fuse phase, in the order in which they run.
#ifndef LLMC_COMPILER_FUSE_PASSES
#define LLMC_COMPILER_FUSE_PASSES

include "mlir/Pass/PassBase.td"

def FuseQkv : Pass<"llmc-fuse-qkv", "::mlir::ModuleOp"> {
  let summary = "q, k and v are one linear, rope and the KV append one operation";
  let description = [{
    The weights of q, k and v are joined by KV head: its query heads, its k, its
    v; biases likewise. Needs one x, one scheme, biases on all or none, one rope
    table and no other use of q, k or v.

    ```mlir
    %q = llm.linear %x, @q_proj : tensor<?x8xf32> -> tensor<?x16xf32>
    %k = llm.linear %x, @k_proj : tensor<?x8xf32> -> tensor<?x8xf32>
    %v = llm.linear %x, @v_proj : tensor<?x8xf32> -> tensor<?x8xf32>
    %rq = llm.rope %q, %t {head_dim = 4 : i64} : tensor<?x16xf32>, tensor<?x4xf32>
    %rk = llm.rope %k, %t {head_dim = 4 : i64} : tensor<?x8xf32>, tensor<?x4xf32>
    %d = llm.kv_append %c, %rk, %v at %s, %p {layer = 0 : i64} : ...
    %a = llm.attention %rq, %d at %s, %p {...}
    // becomes
    %0 = llm.linear %x, @qkv_proj : tensor<?x8xf32> -> tensor<?x32xf32>
    %1, %d = llm.rope_append %0, %t, %c at %s, %p {heads = 4 : i64, kv_heads = 2 : i64, ...}
    %a = llm.attention %1, %d at %s, %p {...}
    ```
  }];
}

def GenerateQkv : Pass<"llmc-generate-qkv", "::mlir::ModuleOp"> {
  let summary = "code that joins q, k and v where their linears could not be";
  let description = [{
    Of another input, scheme or kind than one linear can have. Without a rotation
    the table is one of frequency 0.

    ```mlir
    %d = llm.kv_append %c, %rk, %v at %s, %p {layer = 0 : i64} : ...
    %a = llm.attention %rq, %d at %s, %p {...}
    // becomes
    %0 = llm.generated @generated_qkv(%q, %k, %v) units = 1 : (...) -> tensor<?x32xf32>
    %1, %d = llm.rope_append %0, %t, %c at %s, %p {heads = 4 : i64, kv_heads = 2 : i64, ...}
    %a = llm.attention %1, %d at %s, %p {...}
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::tensor::TensorDialect"];
}

def FuseGateUp : Pass<"llmc-fuse-gate-up", "::mlir::ModuleOp"> {
  let summary = "gate and up are one linear, interleaved in chunks of 8 columns";
  let description = [{
    ```mlir
    %g = llm.linear %x, @gate_proj : tensor<?x8xf32> -> tensor<?x16xf32>
    %u = llm.linear %x, @up_proj : tensor<?x8xf32> -> tensor<?x16xf32>
    %0 = llm.gated_activation silu %g, %u : (...) -> tensor<?x16xf32>
    // becomes
    %gu = llm.linear %x, @gate_up_proj : tensor<?x8xf32> -> tensor<?x32xf32>
    %0 = llm.gated_activation silu %gu : (tensor<?x32xf32>) -> tensor<?x16xf32>
    ```
  }];
}

def FuseSelectRows : Pass<"llmc-fuse-select-rows", "::mlir::func::FuncOp"> {
  let summary = "a norm reads the selected rows where they lie";
  let description = [{
    ```mlir
    %0 = llm.select_rows %x, %i : tensor<?x8xf32>, tensor<?xi32> -> tensor<?x8xf32>
    %1 = llm.rms_norm %0, @norm {...} : (tensor<?x8xf32>) -> tensor<?x8xf32>
    // becomes
    %1 = llm.rms_norm %x select %i, @norm {...}
    ```
  }];
}

def FuseAddRmsNorm : Pass<"llmc-fuse-add-rms-norm", "::mlir::func::FuncOp"> {
  let summary = "the residual addition and the norm that follows are one pass over the row";
  let description = [{
    The sum takes the place of x, so x must not be read later; where only one
    operand allows that, it becomes x. With `select` nothing else may read the
    sum.

    ```mlir
    %s = llm.add %x, %y : tensor<?x8xf32>
    %0 = llm.rms_norm %s, @norm {...} : (tensor<?x8xf32>) -> tensor<?x8xf32>
    // becomes
    %s, %0 = llm.add_rms_norm %x, %y, @norm {...}
    ```
  }];
}

def FuseNormQuantize : Pass<"llmc-fuse-norm-quantize", "::mlir::func::FuncOp"> {
  let summary = "a norm that is only quantized gives int8 itself";
  let description = [{
    ```mlir
    %0 = llm.rms_norm %x, @norm {...} : (tensor<?x8xf32>) -> tensor<?x8xf32>
    %q = llm.quantize %0 : tensor<?x8xf32> -> tensor<?x8xi8, #llm.q8>
    // becomes
    %q = llm.rms_norm %x, @norm {...} : (tensor<?x8xf32>) -> tensor<?x8xi8, #llm.q8>
    ```
  }];
}

def GenerateAdds : Pass<"llmc-generate-adds", "::mlir::ModuleOp"> {
  let summary = "code for the additions that no norm took in";
  let description = [{
    ```mlir
    %s = llm.add %x, %y : tensor<?x8xf32>
    // becomes
    %s = llm.generated @generated_add(%x, %y) units = 8 : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect"];
}

def GenerateSelectRows : Pass<"llmc-generate-select-rows", "::mlir::ModuleOp"> {
  let summary = "code for the selections that no norm took in";
  let description = [{
    ```mlir
    %0 = llm.select_rows %x, %i : tensor<?x8xf32>, tensor<?xi32> -> tensor<?x8xf32>
    // becomes
    %0 = llm.generated @generated_select_rows(%x) select %i : tensor<?xi32> units = 1 : (tensor<?x8xf32>) -> tensor<?x8xf32>
    ```
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect", "::mlir::tensor::TensorDialect"];
}

def RemoveDeadWeights : Pass<"llmc-remove-dead-weights", "::mlir::ModuleOp"> {
  let summary = "weights that nothing names are removed";
  let description = [{
    ```mlir
    llm.weight @rope.inv_freq : tensor<2xf32> {...}  // no use: removed
    ```
  }];
}

#endif
