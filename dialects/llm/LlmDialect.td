// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The `llm` dialect: its types and attributes. Tensor values, no buffers, no
// target. Operations are in LlmOps.td.
#ifndef LLMC_DIALECTS_LLM_DIALECT
#define LLMC_DIALECTS_LLM_DIALECT

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/OpBase.td"

def Llm_Dialect : Dialect {
  let name = "llm";
  let cppNamespace = "::mlir::llm";
  let summary = "transformer language models on tensors";
  let description = [{
    One operation per building block of a Llama-family model. A graph is a
    `func.func` over rows; a row is one token with its own sequence, position
    and wish for logits, so the same graph is a prompt chunk, a batch of several
    sequences, or a speculative verification. Weights are module-level symbols
    that refer to bytes in files; the KV cache is an opaque handle threaded
    through as a value.
  }];
  let useDefaultTypePrinterParser = 1;
  let useDefaultAttributePrinterParser = 1;
  let dependentDialects = ["::mlir::func::FuncDialect", "::mlir::tensor::TensorDialect"];
}

def Llm_KvCacheType : TypeDef<Llm_Dialect, "KvCache"> {
  let mnemonic = "kv_cache";
  let summary = "the KV cache after some appends";
}

def Llm_Scheme : I32EnumAttr<"Scheme", "what the numbers of a weight mean", [
    I32EnumAttrCase<"F32", 0, "f32">, I32EnumAttrCase<"F16", 1, "f16">,
    I32EnumAttrCase<"BF16", 2, "bf16">, I32EnumAttrCase<"Int8", 3, "int8">,
    I32EnumAttrCase<"Int4", 4, "int4">, I32EnumAttrCase<"Block8", 5, "block8">,
    I32EnumAttrCase<"Block4", 6, "block4">]> {
  let cppNamespace = "::mlir::llm";
}

def Llm_Activation : I32EnumAttr<"Activation", "gate of a gated MLP", [
    I32EnumAttrCase<"Silu", 0, "silu">, I32EnumAttrCase<"GeluTanh", 1, "gelu_tanh">,
    I32EnumAttrCase<"Gelu", 2, "gelu">, I32EnumAttrCase<"Relu", 3, "relu">]> {
  let cppNamespace = "::mlir::llm";
  let genSpecializedAttr = 0;
}
def Llm_ActivationAttr : EnumAttr<Llm_Dialect, Llm_Activation, "activation_kind">;

class Llm_Attr<string name, string mnem> : AttrDef<Llm_Dialect, name> {
  let mnemonic = mnem;
}

def Llm_BlocksAttr : Llm_Attr<"Blocks", "blocks"> {
  let summary = "scales and zero points of a source of integer codes";
  let description = [{
    Element (r, c) of a source with blocks is (code - zero) * scale of block
    c / `size` of row r, as in com.microsoft.MatMulNBits. Codes are ui4 (low
    nibble first) or ui8, rows of codes whole blocks long (rowStride). Scales
    [rows, blocks] and zero points, packed like codes and each row from a whole
    byte, lie in the same file at byte `scales` and `zeros` (-1: 2^(bits-1)).
  }];
  let parameters = (ins "int64_t":$size, "int64_t":$scales,
    "::mlir::Type":$scaleType, DefaultValuedParameter<"int64_t", "-1">:$zeros);
  let assemblyFormat = "`<` struct(params) `>`";
}

def Llm_SourceAttr : Llm_Attr<"Source", "source"> {
  let summary = "where a matrix of weights lies in a file";
  let description = [{
    Element (r, c) is the `type` at byte
    `offset + (r * rowStride + c * columnStride) * sizeof(type)` of `file`
    (relative to the model's folder), plus `addend`. A vector has one row.
    The importer has checked that all elements lie inside the file.
  }];
  let parameters = (ins StringRefParameter<"file">:$file, "int64_t":$offset,
    "::mlir::Type":$type, "int64_t":$rows, "int64_t":$columns,
    "int64_t":$rowStride, "int64_t":$columnStride,
    DefaultValuedParameter<"int64_t", "0">:$addend,
    OptionalParameter<"::mlir::llm::BlocksAttr">:$blocks);
  let builders = [AttrBuilder<(ins "::llvm::StringRef":$file, "int64_t":$offset,
    "::mlir::Type":$type, "int64_t":$rows, "int64_t":$columns,
    "int64_t":$rowStride, "int64_t":$columnStride, "int64_t":$addend), [{
      return $_get($_ctxt, file, offset, type, rows, columns, rowStride,
                   columnStride, addend, BlocksAttr());
    }]>];
  let extraClassDeclaration = [{
    /// Row `begin` and every `step`-th after it, `count` in all.
    SourceAttr takeRows(int64_t begin, int64_t count, int64_t step = 1) const;
  }];
  let assemblyFormat = "`<` struct(params) `>`";
}

def Llm_QuantAttr : Llm_Attr<"Quant", "quant"> {
  let summary = "scheme of a weight and of the activations that meet it";
  let description = [{
    `group` is the number of k per multiplier (int4: 32, 64, 128) or float scale
    (block4, block8: a power of two from 16; the codes that a model brings); 0
    where the scheme has one scale per output channel. `asymmetric` schemes have
    zero points. Integer weights meet int8 activations with one scale per 256.
  }];
  let parameters = (ins EnumParameter<Llm_Scheme>:$scheme,
    DefaultValuedParameter<"int64_t", "0">:$group,
    DefaultValuedParameter<"bool", "false">:$asymmetric);
  let assemblyFormat = "`<` $scheme (`,` `group` `=` $group^)? (`,` `asymmetric` `=` $asymmetric^)? `>`";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// True for codes with a float scale per group of k.
    bool isBlocks() const {
      return getScheme() == Scheme::Block8 || getScheme() == Scheme::Block4;
    }
    /// True when linears of this scheme read int8 activations.
    bool hasInt8Activations() const {
      return getScheme() >= Scheme::Int8;
    }
  }];
}

def Llm_PackedAttr : Llm_Attr<"Packed", "packed"> {
  let summary = "where the packed bytes of a weight lie";
  let description = [{
    `layout` names a row of kernels/layouts/layouts.def; `offset` and `bytes`
    are in the weight section.
  }];
  let parameters = (ins StringRefParameter<"layout">:$layout, "int64_t":$offset, "int64_t":$bytes);
  let assemblyFormat = "`<` $layout `,` `offset` `=` $offset `,` `bytes` `=` $bytes `>`";
}

def Llm_Q8Attr : Llm_Attr<"Q8", "q8"> {
  let summary = "encoding of a tensor of int8 activations, one scale per 256";
  let description = [{
    `interleave` rows stand interleaved in runs of 8 k (1: plain rows); see
    kernels/layouts/lhs_q8.h. Chosen by `pack` with the kernel that reads it.
  }];
  let parameters = (ins DefaultValuedParameter<"int64_t", "1">:$interleave);
  let assemblyFormat = "(`<` `interleave` `=` $interleave^ `>`)?";
}

def Llm_ConfigAttr : Llm_Attr<"Config", "config"> {
  let summary = "facts of the model; the module's `llm.config`";
  let parameters = (ins "int64_t":$vocab, "int64_t":$hidden, "int64_t":$layers,
    "int64_t":$heads, "int64_t":$kvHeads, "int64_t":$headDim, "int64_t":$ffn,
    "int64_t":$contextLength);
  let assemblyFormat = "`<` struct(params) `>`";
}

#endif
