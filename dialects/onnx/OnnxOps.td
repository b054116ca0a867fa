// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Operations of the `onnx` dialect: a line per operator that Llama exporters
// emit, with the number of inputs and outputs that opsets 13 to 23 allow.
// An operator is supported by the importer exactly when it stands here.
#ifndef LLMC_DIALECTS_ONNX_OPS
#define LLMC_DIALECTS_ONNX_OPS

include "dialects/onnx/OnnxDialect.td"
include "dialects/llm/LlmDialect.td"
include "mlir/IR/BuiltinAttributes.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

//===----------------------------------------------------------------------===//
// What is not a node
//===----------------------------------------------------------------------===//

def Onnx_NoneOp : Op<Onnx_Dialect, "None", [Pure]> {
  let summary = "an optional input that is not given";
  let results = (outs NoneType:$result);
  let assemblyFormat = "attr-dict";
}

def Onnx_InitializerOp : Op<Onnx_Dialect, "Initializer", [Pure]> {
  let summary = "an initializer of the graph, by reference";
  let description = [{
    `source` says where the bytes lie (columns = last dimension); small ones
    carry their `value` too, for constant propagation.

    - initializer_c1: source or value is there, each with as many elements as the result
  }];
  let arguments = (ins StrAttr:$name, OptionalAttr<Llm_SourceAttr>:$source,
    OptionalAttr<ElementsAttr>:$value);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$name attr-dict `:` type($result)";
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Nodes
//===----------------------------------------------------------------------===//

def Onnx_Node : NativeOpTrait<"Node"> {
  let cppNamespace = "::mlir::onnx";
}

/// A node with `min` to `max` inputs and 1 to `outputs` outputs.
///
/// - node_c1: as many inputs as the operator takes
/// - node_c2: as many outputs as the operator gives
class Onnx_Op<string name, int min, int max, int outputs = 1>
    : Op<Onnx_Dialect, name, [Pure, Onnx_Node]> {
  let summary = "the operator " # name;
  let arguments = (ins Variadic<Onnx_Value>:$inputs);
  let results = (outs Variadic<Onnx_Value>:$outputs);
  let assemblyFormat = "`(` $inputs `)` attr-dict `:` functional-type($inputs, $outputs)";
  let extraClassDeclaration = "static constexpr unsigned kMinInputs = " # min #
    ", kMaxInputs = " # max # ", kMaxOutputs = " # outputs # ";";
}
defvar Many = 65535;

def Onnx_ConstantOp : Onnx_Op<"Constant", 0, 0>;
def Onnx_IdentityOp : Onnx_Op<"Identity", 1, 1>;

// Elementwise.
def Onnx_AddOp : Onnx_Op<"Add", 2, 2>;
def Onnx_SubOp : Onnx_Op<"Sub", 2, 2>;
def Onnx_MulOp : Onnx_Op<"Mul", 2, 2>;
def Onnx_DivOp : Onnx_Op<"Div", 2, 2>;
def Onnx_PowOp : Onnx_Op<"Pow", 2, 2>;
def Onnx_ModOp : Onnx_Op<"Mod", 2, 2>;
def Onnx_MinOp : Onnx_Op<"Min", 1, Many>;
def Onnx_MaxOp : Onnx_Op<"Max", 1, Many>;
def Onnx_ClipOp : Onnx_Op<"Clip", 1, 3>;
def Onnx_NegOp : Onnx_Op<"Neg", 1, 1>;
def Onnx_AbsOp : Onnx_Op<"Abs", 1, 1>;
def Onnx_SqrtOp : Onnx_Op<"Sqrt", 1, 1>;
def Onnx_ReciprocalOp : Onnx_Op<"Reciprocal", 1, 1>;
def Onnx_ExpOp : Onnx_Op<"Exp", 1, 1>;
def Onnx_LogOp : Onnx_Op<"Log", 1, 1>;
def Onnx_ErfOp : Onnx_Op<"Erf", 1, 1>;
def Onnx_CosOp : Onnx_Op<"Cos", 1, 1>;
def Onnx_SinOp : Onnx_Op<"Sin", 1, 1>;
def Onnx_TanhOp : Onnx_Op<"Tanh", 1, 1>;
def Onnx_SigmoidOp : Onnx_Op<"Sigmoid", 1, 1>;
def Onnx_ReluOp : Onnx_Op<"Relu", 1, 1>;
def Onnx_GeluOp : Onnx_Op<"Gelu", 1, 1>;
def Onnx_FloorOp : Onnx_Op<"Floor", 1, 1>;
def Onnx_CeilOp : Onnx_Op<"Ceil", 1, 1>;
def Onnx_CastOp : Onnx_Op<"Cast", 1, 1>;
def Onnx_CastLikeOp : Onnx_Op<"CastLike", 2, 2>;
def Onnx_WhereOp : Onnx_Op<"Where", 3, 3>;
def Onnx_EqualOp : Onnx_Op<"Equal", 2, 2>;
def Onnx_GreaterOp : Onnx_Op<"Greater", 2, 2>;
def Onnx_GreaterOrEqualOp : Onnx_Op<"GreaterOrEqual", 2, 2>;
def Onnx_LessOp : Onnx_Op<"Less", 2, 2>;
def Onnx_LessOrEqualOp : Onnx_Op<"LessOrEqual", 2, 2>;
def Onnx_AndOp : Onnx_Op<"And", 2, 2>;
def Onnx_OrOp : Onnx_Op<"Or", 2, 2>;
def Onnx_NotOp : Onnx_Op<"Not", 1, 1>;
def Onnx_IsNaNOp : Onnx_Op<"IsNaN", 1, 1>;

// Shapes and data movement.
def Onnx_ShapeOp : Onnx_Op<"Shape", 1, 1>;
def Onnx_SizeOp : Onnx_Op<"Size", 1, 1>;
def Onnx_RangeOp : Onnx_Op<"Range", 3, 3>;
def Onnx_ConstantOfShapeOp : Onnx_Op<"ConstantOfShape", 1, 1>;
def Onnx_ReshapeOp : Onnx_Op<"Reshape", 2, 2>;
def Onnx_FlattenOp : Onnx_Op<"Flatten", 1, 1>;
def Onnx_SqueezeOp : Onnx_Op<"Squeeze", 1, 2>;
def Onnx_UnsqueezeOp : Onnx_Op<"Unsqueeze", 2, 2>;
def Onnx_TransposeOp : Onnx_Op<"Transpose", 1, 1>;
def Onnx_ExpandOp : Onnx_Op<"Expand", 2, 2>;
def Onnx_TileOp : Onnx_Op<"Tile", 2, 2>;
def Onnx_ConcatOp : Onnx_Op<"Concat", 1, Many>;
def Onnx_SplitOp : Onnx_Op<"Split", 1, 2, Many>;
def Onnx_SliceOp : Onnx_Op<"Slice", 3, 5>;
def Onnx_GatherOp : Onnx_Op<"Gather", 2, 2>;
def Onnx_GatherNDOp : Onnx_Op<"GatherND", 2, 2>;
def Onnx_ScatterNDOp : Onnx_Op<"ScatterND", 3, 3>;
def Onnx_TriluOp : Onnx_Op<"Trilu", 1, 2>;
def Onnx_CumSumOp : Onnx_Op<"CumSum", 2, 2>;

// Reductions and products.
def Onnx_ReduceMeanOp : Onnx_Op<"ReduceMean", 1, 2>;
def Onnx_ReduceSumOp : Onnx_Op<"ReduceSum", 1, 2>;
def Onnx_ReduceMaxOp : Onnx_Op<"ReduceMax", 1, 2>;
def Onnx_SoftmaxOp : Onnx_Op<"Softmax", 1, 1>;
def Onnx_MatMulOp : Onnx_Op<"MatMul", 2, 2>;
def Onnx_GemmOp : Onnx_Op<"Gemm", 2, 3>;

// Whole blocks: opset 23, and the default-domain name ONNX Runtime gives.
def Onnx_RMSNormalizationOp : Onnx_Op<"RMSNormalization", 2, 2>;
def Onnx_SimplifiedLayerNormalizationOp : Onnx_Op<"SimplifiedLayerNormalization", 2, 2, 2>;
def Onnx_RotaryEmbeddingOp : Onnx_Op<"RotaryEmbedding", 3, 4>;
def Onnx_AttentionOp : Onnx_Op<"Attention", 3, 6, 4>;

// com.microsoft.
def Onnx_MicrosoftMatMulNBitsOp : Onnx_Op<"microsoft.MatMulNBits", 3, 6>;
def Onnx_MicrosoftSkipSimplifiedLayerNormalizationOp
    : Onnx_Op<"microsoft.SkipSimplifiedLayerNormalization", 3, 4, 4>;
def Onnx_MicrosoftGeluOp : Onnx_Op<"microsoft.Gelu", 1, 1>;
def Onnx_MicrosoftBiasGeluOp : Onnx_Op<"microsoft.BiasGelu", 2, 2>;
def Onnx_MicrosoftFastGeluOp : Onnx_Op<"microsoft.FastGelu", 1, 2>;
def Onnx_MicrosoftQuickGeluOp : Onnx_Op<"microsoft.QuickGelu", 1, 1>;
def Onnx_MicrosoftRotaryEmbeddingOp : Onnx_Op<"microsoft.RotaryEmbedding", 4, 4>;
def Onnx_MicrosoftGroupQueryAttentionOp
    : Onnx_Op<"microsoft.GroupQueryAttention", 7, 14, 4>;
def Onnx_MicrosoftMultiHeadAttentionOp
    : Onnx_Op<"microsoft.MultiHeadAttention", 1, 10, 4>;

#endif
