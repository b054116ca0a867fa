// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The passes of the pack phase: byte order of the weights, then kernels.
#ifndef LLMC_COMPILER_PACK_PASSES
#define LLMC_COMPILER_PACK_PASSES

include "mlir/Pass/PassBase.td"

def PackWeights : Pass<"llmc-pack-weights", "::mlir::ModuleOp"> {
  let summary = "a layout and a place in the weight section for every weight";
  let description = [{
    A matrix gets the layout of the newest kernel row of its scheme for which
    all its uses, in decode and in prefill, have a kernel on the target. Weights
    lie in the order of their first use in @decode, so that a step reads the
    section from front to back; offsets are multiples of 64. The module gets
    `llm.weights_bytes`. block4 and block8 take a layout whose group divides
    theirs. A weight that no kernel can read is an error.

    ```mlir
    llm.weight @w : tensor<8x64xbf16> {..., quant = #llm.quant<int4, group = 32>}
    // becomes
    llm.weight @w : tensor<8x64xbf16> {..., packed = #llm.packed<"i4_n8_g32", offset = 0, bytes = 320>}
    ```
  }];
  let options = [Option<"target", "target", "std::string", "\"generic-arm64\"",
    "row of Targets.def, or native">];
}

def SelectKernels : Pass<"llmc-select-kernels", "::mlir::ModuleOp"> {
  let summary = "a kernel for every operation of @decode and @prefill";
  let description = [{
    The last row of the kernel table that fits graph, types, layout and target,
    as attribute `kernel`. int8 activations get the interleave that all linears
    which read them have a kernel for. An operation without a kernel is an error
    that says which rows the target refused.

    ```mlir
    %q = llm.quantize %x : tensor<?x64xf32> -> tensor<?x64xi8, #llm.q8>
    // becomes
    %q = llm.quantize %x {kernel = "llmc_quantize_q8x2_f32_ref"} : tensor<?x64xf32> -> tensor<?x64xi8, #llm.q8<interleave = 2>>
    ```
  }];
  let options = [
    Option<"target", "target", "std::string", "\"generic-arm64\"", "row of Targets.def, or native">,
    Option<"kv", "kv", "std::string", "\"f16\"", "KV type: f32, f16 or i8">];
}

#endif
