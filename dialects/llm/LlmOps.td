// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Operations of the `llm` dialect, in the order in which a model runs them.
// A constraint's label (linear_c2) stands here, in the verifier (LlmOps.cpp)
// and in its test.
#ifndef LLMC_DIALECTS_LLM_OPS
#define LLMC_DIALECTS_LLM_OPS

include "dialects/llm/LlmDialect.td"
include "mlir/IR/BuiltinAttributes.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class Llm_Op<string mnemonic, list<Trait> traits = []>
    : Op<Llm_Dialect, mnemonic, traits>;

def Llm_Ids : TensorOf<[I32]>;     // [rows]
def Llm_F32 : TensorOf<[F32]>;     // [rows, width]
def Llm_Act : TensorOf<[F32, I8]>; // [rows, width]; i8 carries #llm.q8

def Llm_WeightOp : Llm_Op<"weight", [Symbol, HasParent<"::mlir::ModuleOp">]> {
  let summary = "a weight of the model, by reference";
  let description = [{
    The rows of the `parts`, taken round robin: `chunks[i]` rows of part i in
    turn (no chunks: one part after the other). So q, k and v join by KV group,
    gate and up by chunks of 8. A vector is one part of one row, or several
    parts of one column each. Either `parts` or a small constant `value`.

    - weight_c1: parts or value, not both, not neither
    - weight_c2: rows of the parts add up to the rows of `type`, columns agree; value has as many elements as `type`
    - weight_c3: chunks has one positive entry per part

    ```mlir
    llm.weight @qkv : tensor<96x64xbf16> {parts = [...], chunks = array<i64: 32, 16, 16>, quant = #llm.quant<int4, group = 32>}
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, TypeAttrOf<AnyRankedTensor>:$type,
    OptionalAttr<TypedArrayAttrBase<Llm_SourceAttr, "sources">>:$parts,
    OptionalAttr<DenseI64ArrayAttr>:$chunks,
    OptionalAttr<DenseF32ArrayAttr>:$value,
    OptionalAttr<Llm_QuantAttr>:$quant, OptionalAttr<Llm_PackedAttr>:$packed);
  let assemblyFormat = "$sym_name `:` $type attr-dict";
  let extraClassDeclaration = [{
    RankedTensorType getTensorType() { return cast<RankedTensorType>(getType()); }
    /// Rows (output channels) and columns (k); a vector has one row.
    int64_t getRows();
    int64_t getColumns();
  }];
  let hasVerifier = 1;
}

def Llm_EmbeddingOp : Llm_Op<"embedding", [Pure, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "rows of a table, times a scale";
  let description = [{
    - embedding_c1: `weight` is a matrix [vocab, width]; the result is [rows, width]
  }];
  let arguments = (ins Llm_Ids:$tokens, FlatSymbolRefAttr:$weight,
    DefaultValuedAttr<F64Attr, "1.0">:$scale);
  let results = (outs Llm_F32:$result);
  let assemblyFormat = "$tokens `,` $weight attr-dict `:` type($tokens) `->` type($result)";
}

def Llm_RopeTableOp : Llm_Op<"rope_table", [Pure, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "cos and sin of every row's position";
  let description = [{
    `weight` holds the inverse frequencies [head_dim / 2]. The result is
    [rows, head_dim]: cos, then sin, each times `scale` (attention factor).

    - rope_table_c1: twice the frequencies are the columns of the result
  }];
  let arguments = (ins Llm_Ids:$positions, FlatSymbolRefAttr:$weight,
    DefaultValuedAttr<F64Attr, "1.0">:$scale);
  let results = (outs Llm_F32:$result);
  let assemblyFormat = "$positions `,` $weight attr-dict `:` type($positions) `->` type($result)";
}

def Llm_RmsNormOp : Llm_Op<"rms_norm", [Pure, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "x / rms(x) * weight, of all rows or of those in `select`";
  let description = [{
    - rms_norm_c1: `weight` is a vector as wide as x
    - rms_norm_c2: the result is as wide as x, f32 or #llm.q8
  }];
  let arguments = (ins Llm_F32:$x, Optional<Llm_Ids>:$select,
    FlatSymbolRefAttr:$weight, F64Attr:$epsilon);
  let results = (outs Llm_Act:$result);
  let assemblyFormat = "$x (`select` $select^)? `,` $weight attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def Llm_AddRmsNormOp : Llm_Op<"add_rms_norm", [Pure, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "sum = x + delta; result = rms_norm(sum), one pass over the row";
  let description = [{
    Made by `fuse`. With `select` only those rows are computed and `sum` must be
    unused.

    - add_rms_norm_c1: x, delta and sum have one type
    - add_rms_norm_c2: with select, sum has no use
    - add_rms_norm_c3: `weight` is a vector as wide as x
    - add_rms_norm_c4: the result is as wide as x, f32 or #llm.q8
  }];
  let arguments = (ins Llm_F32:$x, Llm_F32:$delta, Optional<Llm_Ids>:$select,
    FlatSymbolRefAttr:$weight, F64Attr:$epsilon);
  let results = (outs Llm_F32:$sum, Llm_Act:$result);
  let assemblyFormat = "$x `,` $delta (`select` $select^)? `,` $weight attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def Llm_QuantizeOp : Llm_Op<"quantize", [Pure]> {
  let summary = "f32 activations to int8, one scale per 256 of a row";
  let description = [{
    - quantize_c1: same shape, the result is i8 with #llm.q8
  }];
  let arguments = (ins Llm_F32:$x);
  let results = (outs Llm_Act:$result);
  let assemblyFormat = "$x attr-dict `:` type($x) `->` type($result)";
  let hasVerifier = 1;
}

def Llm_LinearOp : Llm_Op<"linear", [Pure, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "x times the transpose of weight [n, k], plus bias [n]";
  let description = [{
    - linear_c1: weight is a matrix [n, k] and x is [rows, k]
    - linear_c2: the result is f32 [rows, n]
    - linear_c3: bias is a vector of n
    - linear_c4: x is #llm.q8 exactly when the weight's quant asks for int8 activations (once quant is there)
  }];
  let arguments = (ins Llm_Act:$x, FlatSymbolRefAttr:$weight,
    OptionalAttr<FlatSymbolRefAttr>:$bias);
  let results = (outs Llm_F32:$result);
  let assemblyFormat = "$x `,` $weight (`bias` $bias^)? attr-dict `:` type($x) `->` type($result)";
}

def Llm_RopeOp : Llm_Op<"rope", [Pure, AllTypesMatch<["x", "result"]>]> {
  let summary = "rotates every head of x by the row's position (half-split form)";
  let description = [{
    - rope_c1: the width of x is a multiple of head_dim
    - rope_c2: table is [rows, rotary], rotary at most head_dim and even
  }];
  let arguments = (ins Llm_F32:$x, Llm_F32:$table, I64Attr:$head_dim);
  let results = (outs Llm_F32:$result);
  let assemblyFormat = "$x `,` $table attr-dict `:` type($x) `,` type($table)";
  let hasVerifier = 1;
}

def Llm_KvAppendOp : Llm_Op<"kv_append", [Pure, AllTypesMatch<["sequences", "positions"]>, AllTypesMatch<["k", "v"]>]> {
  let summary = "the cache with the rows' k and v stored at their positions";
  let description = [{
    k and v have one type.
  }];
  let arguments = (ins Llm_KvCacheType:$cache, Llm_F32:$k, Llm_F32:$v,
    Llm_Ids:$sequences, Llm_Ids:$positions, I64Attr:$layer);
  let results = (outs Llm_KvCacheType:$result);
  let assemblyFormat = "$cache `,` $k `,` $v `at` $sequences `,` $positions attr-dict `:` type($k) `,` type($positions)";
}

def Llm_RopeAppendOp : Llm_Op<"rope_append", [Pure, AllTypesMatch<["sequences", "positions"]>, AllTypesMatch<["qkv", "result"]>]> {
  let summary = "rope of q and k and the KV append, on the joined qkv";
  let description = [{
    Made by `fuse`. qkv holds for each KV head [query heads][k][v]
    (kernels/rope/rope.h). The first result is qkv with q rotated.

    - rope_append_c1: qkv is [rows, (heads + 2 * kv_heads) * head_dim], heads a multiple of kv_heads
    - rope_append_c2: table is [rows, rotary], rotary at most head_dim and even
  }];
  let arguments = (ins Llm_F32:$qkv, Llm_F32:$table, Llm_KvCacheType:$cache,
    Llm_Ids:$sequences, Llm_Ids:$positions, I64Attr:$layer,
    I64Attr:$heads, I64Attr:$kv_heads, I64Attr:$head_dim);
  let results = (outs Llm_F32:$result, Llm_KvCacheType:$cache_result);
  let assemblyFormat = "$qkv `,` $table `,` $cache `at` $sequences `,` $positions attr-dict `:` type($qkv) `,` type($table) `,` type($positions)";
  let hasVerifier = 1;
}

def Llm_AttentionOp : Llm_Op<"attention", [Pure, AllTypesMatch<["sequences", "positions"]>]> {
  let summary = "causal grouped-query attention of the rows over the cache";
  let description = [{
    q is [rows, heads * head_dim], or after `fuse` the joined qkv. The result is
    [rows, heads * head_dim].

    - attention_c1: heads is a positive multiple of kv_heads
    - attention_c2: the result has heads * head_dim columns
    - attention_c3: q has heads * head_dim columns, or (heads + 2 * kv_heads) * head_dim
  }];
  let arguments = (ins Llm_F32:$q, Llm_KvCacheType:$cache,
    Llm_Ids:$sequences, Llm_Ids:$positions, I64Attr:$layer,
    I64Attr:$heads, I64Attr:$kv_heads, I64Attr:$head_dim, F64Attr:$scale,
    DefaultValuedAttr<I64Attr, "0">:$window,
    DefaultValuedAttr<F64Attr, "0.0">:$softcap);
  let results = (outs Llm_F32:$result);
  let assemblyFormat = "$q `,` $cache `at` $sequences `,` $positions attr-dict `:` type($q) `,` type($positions) `->` type($result)";
  let hasVerifier = 1;
}

def Llm_GatedActivationOp : Llm_Op<"gated_activation", [Pure]> {
  let summary = "act(gate) * up";
  let description = [{
    Without `up`, `gate` holds both interleaved in chunks of 8 columns
    (kernels/activation/gated_activation.h).

    - gated_activation_c1: gate and up have the result's type; alone, gate is twice as wide
  }];
  let arguments = (ins Llm_F32:$gate, Optional<Llm_F32>:$up, Llm_ActivationAttr:$kind);
  let results = (outs Llm_F32:$result);
  let assemblyFormat = "$kind $gate (`,` $up^)? attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def Llm_AddOp : Llm_Op<"add", [Pure, SameOperandsAndResultType, Commutative]> {
  let summary = "the residual addition";
  let arguments = (ins Llm_F32:$lhs, Llm_F32:$rhs);
  let results = (outs Llm_F32:$result);
  let assemblyFormat = "$lhs `,` $rhs attr-dict `:` type($result)";
}

def Llm_SelectRowsOp : Llm_Op<"select_rows", [Pure]> {
  let summary = "the rows of x named by `rows`";
  let description = [{
    - select_rows_c1: x and the result have one width
  }];
  let arguments = (ins Llm_F32:$x, Llm_Ids:$rows);
  let results = (outs Llm_F32:$result);
  let assemblyFormat = "$x `,` $rows attr-dict `:` type($x) `,` type($rows) `->` type($result)";
  let hasVerifier = 1;
  let hasCanonicalizer = 1;
}

def Llm_GeneratedOp : Llm_Op<"generated", [Pure, AttrSizedOperandSegments, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "a call of generated code, for what `raise` did not recognise";
  let description = [{
    `callee` is a func.func of this module that carries the attribute
    `llm.generated` (a letter for each argument, "rcw"): from the operands, then
    the weight vectors, then one destination per result, to the results. Its
    tensors are flat slices [?] of the elements when `units_per_row` is the
    width, one row [width] when it is 1. With `select` the rows of the operands
    are those that it names (letters g for them, i for it, which is tensor<?xi32>).
    `lower` turns it into a function with a kernel's signature: a slot per
    operand, weight and result (effects r.. c.. w..), units [begin, end) of rows
    * units_per_row, slices at multiples of 16 units when flat, of 1 row
    otherwise. `nodes` names what it stands for.

    - generated_c1: units_per_row is 1, or the width of every operand and result (without weights)
    - generated_c2: operands and results have one number of rows, without select
    - generated_c3: callee is such a function, of as many arguments as operands, weights and results
    - generated_c4: with select units_per_row is 1
  }];
  let arguments = (ins FlatSymbolRefAttr:$callee, Variadic<Llm_F32>:$inputs,
    Optional<Llm_Ids>:$select,
    OptionalAttr<FlatSymbolRefArrayAttr>:$weights, I64Attr:$units_per_row,
    OptionalAttr<StrArrayAttr>:$nodes);
  let results = (outs Variadic<Llm_F32>:$outputs);
  let assemblyFormat = "$callee `(` $inputs `)` (`select` $select^ `:` type($select))? (`weights` $weights^)? `units` `=` $units_per_row attr-dict `:` functional-type($inputs, $outputs)";
  let hasVerifier = 1;
}

#endif
