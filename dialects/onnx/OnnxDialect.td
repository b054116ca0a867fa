// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The `onnx` dialect: an ONNX graph as the file has it. Operators are in
// OnnxOps.td.
#ifndef LLMC_DIALECTS_ONNX_DIALECT
#define LLMC_DIALECTS_ONNX_DIALECT

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/OpBase.td"

def Onnx_Dialect : Dialect {
  let name = "onnx";
  let cppNamespace = "::mlir::onnx";
  let summary = "an ONNX graph, one operation per node";
  let description = [{
    Lossless: an operation `onnx.Op` per node of the default domain,
    `onnx.microsoft.Op` per node of com.microsoft, with the node's attributes
    under their own names and the node's name in `node`. A graph is a func.func
    @main whose arguments and results carry `onnx.name` and `onnx.dims` (an
    integer or the name of a symbolic dimension each). What an operator means is
    said by the ONNX specification (github.com/onnx/onnx, docs/Operators.md) and
    by ONNX Runtime's ContribOperators.md.
  }];
  let useDefaultTypePrinterParser = 1;
  let dependentDialects = ["::mlir::func::FuncDialect", "::mlir::llm::LlmDialect"];
}

def Onnx_AnyType : TypeDef<Onnx_Dialect, "Any"> {
  let mnemonic = "any";
  let summary = "a tensor whose type the file does not say";
}

def Onnx_Value : AnyTypeOf<[AnyRankedTensor, Onnx_AnyType, NoneType],
                           "tensor, !onnx.any or none">;

#endif
