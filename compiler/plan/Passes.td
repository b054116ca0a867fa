// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The passes of the plan phase: `llm` on tensors becomes `exec` on memory.
#ifndef LLMC_COMPILER_PLAN_PASSES
#define LLMC_COMPILER_PLAN_PASSES

include "mlir/Pass/PassBase.td"

def LlmToExec : Pass<"llmc-llm-to-exec", "::mlir::ModuleOp"> {
  let summary = "a kernel step per llm operation, over buffers without addresses";
  let description = [{
    Every function of the module becomes an `exec.program`. A result becomes a
    buffer; `sum` of add_rms_norm and the results of rope_append stay in the
    buffer of their operand. In a program of one row, steps over rows are
    repeated by every thread in its private arena. Kernels are those that
    `pack` has named. The module gets `exec.context`, `exec.rows`,
    `exec.kv_type` and `exec.kv_bytes`.

    ```mlir
    %q = llm.quantize %x {kernel = "k"} : tensor<1x64xf32> -> tensor<1x64xi8, #llm.q8>
    // becomes
    %q = exec.buffer private 80 at -1
    exec.step "quantize" @k(%x, %q, %one, %c64) units %one * 1 granule 1 each
    ```
  }];
  let options = [
    Option<"context", "context", "int64_t", "4096", "KV capacity in tokens">,
    Option<"rows", "rows", "int64_t", "512", "most rows of a prefill step">,
    Option<"kv", "kv", "std::string", "\"f32\"", "KV type: f32, f16 or int8">];
  let dependentDialects = ["::mlir::exec::ExecDialect"];
}

def PlanBarriers : Pass<"llmc-plan-barriers", "::mlir::exec::ProgramOp"> {
  let summary = "a barrier where data crosses threads";
  let description = [{
    A step needs a barrier before it when it reads or overwrites what another
    thread wrote, or overwrites what another thread read, since the last one.
    Two steps of equal slices stay on one thread. Where the slices are equal
    only for thread counts that divide N, the barrier says so.

    ```mlir
    exec.step "linear" @k(..., %qkv, ...) units %one * 64 granule 8
    exec.barrier unless_divides 2   // made by this pass
    exec.step "rope_append" @r(%qkv, ...) units %one * 2 granule 1
    ```
  }];
}

def PlanArena : Pass<"llmc-plan-arena", "::mlir::exec::ProgramOp"> {
  let summary = "an offset for every buffer";
  let description = [{
    A shared buffer lives from the first to the last barrier epoch that uses it
    (an epoch ends at an unconditional barrier), a private one from its first to
    its last step. Buffers that live together do not overlap. A buffer with
    `exec.persistent` keeps its content between runs: it stands at the arena's
    start, at the same place in every program.

    ```mlir
    %a = exec.buffer shared 100 at -1
    // becomes
    %a = exec.buffer shared 100 at 128
    ```
  }];
}

#endif
