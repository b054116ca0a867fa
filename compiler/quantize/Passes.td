// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The passes of the quantize phase: policy only. Values are untouched and no
// weight byte is read.
#ifndef LLMC_COMPILER_QUANTIZE_PASSES
#define LLMC_COMPILER_QUANTIZE_PASSES

include "mlir/Pass/PassBase.td"

def ApplyQuantRules : Pass<"llmc-apply-quant-rules", "::mlir::ModuleOp"> {
  let summary = "a scheme for every weight, int8 activations where it asks for them";
  let description = [{
    Vectors (norms, biases, frequencies) are f32. A matrix gets the scheme of
    the last rule that matches its name or a part of the name between dots; the
    weight of the linear that makes the logits also answers to `lm_head`. A rule
    without a pattern is for all matrices, except that int4 leaves int8 to the
    embedding and to the linear that makes the logits. Weights that no rule
    matches keep the codes that they are made of (#llm.blocks: block4, block8);
    without any rule also a scheme that is there; the rest follow `int4`. A
    pattern that matches no matrix is an error, that of `only` too, which makes
    all matrices f32 that it does not match. Weights that `fuse` joins (q, k,
    v; gate, up) share the most precise of their schemes, with a warning, or one
    that holds the codes of all. A linear whose weight asks for int8 activations
    gets an `llm.quantize` before it.

    ```mlir
    llm.weight @up : tensor<8x64xbf16> {parts = [...]}
    %0 = llm.linear %x, @up : tensor<?x64xf32> -> tensor<?x8xf32>
    // becomes
    llm.weight @up : tensor<8x64xbf16> {parts = [...], quant = #llm.quant<int4, group = 32>}
    %q = llm.quantize %x : tensor<?x64xf32> -> tensor<?x64xi8, #llm.q8>
    %0 = llm.linear %q, @up : tensor<?x64xi8, #llm.q8> -> tensor<?x8xf32>
    ```
  }];
  let options = [ListOption<"rules", "rules", "std::string",
    "[PATTERN=]SCHEME[:group=N][:asym], later ones win">,
    Option<"only", "only", "std::string", /*default=*/"",
    "pattern of the matrices that are not f32; empty: all">];
  let dependentDialects = ["::mlir::llm::LlmDialect"];
}

#endif
