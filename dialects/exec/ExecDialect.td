// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The `exec` dialect: what every worker thread does, as a flat list.
#ifndef LLMC_DIALECTS_EXEC_DIALECT
#define LLMC_DIALECTS_EXEC_DIALECT

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/OpBase.td"

def Exec_Dialect : Dialect {
  let name = "exec";
  let cppNamespace = "::mlir::exec";
  let summary = "a model as a list of kernel steps and barriers over planned memory";
  let description = [{
    Every worker thread runs the whole list and takes its slice of each step.
    Memory is planned: buffers have offsets in the shared arena or in a
    thread's private one. Values are 8-byte slots of kernel arguments. Liveness
    counts barrier epochs, since steps without a barrier between them overlap.
  }];
  let useDefaultTypePrinterParser = 1;
  let useDefaultAttributePrinterParser = 1;
}

def Exec_SlotType : TypeDef<Exec_Dialect, "Slot"> {
  let mnemonic = "slot";
  let summary = "one 8-byte kernel argument: an address, an integer or a double";
}

def Exec_Space : I32EnumAttr<"Space", "which arena", [
    I32EnumAttrCase<"Shared", 0, "shared">, I32EnumAttrCase<"Private", 1, "private">]> {
  let cppNamespace = "::mlir::exec";
  let genSpecializedAttr = 0;
}
def Exec_SpaceAttr : EnumAttr<Exec_Dialect, Exec_Space, "space">;

def Exec_Field : I32EnumAttr<"Field", "a field of llmc_step", [
    I32EnumAttrCase<"Tokens", 0, "tokens">, I32EnumAttrCase<"Sequences", 1, "sequences">,
    I32EnumAttrCase<"Positions", 2, "positions">, I32EnumAttrCase<"Rows", 3, "rows">,
    I32EnumAttrCase<"LogitRows", 4, "logit_rows">, I32EnumAttrCase<"NLogitRows", 5, "n_logit_rows">,
    I32EnumAttrCase<"Logits", 6, "logits">, I32EnumAttrCase<"Kv", 7, "kv">]> {
  let cppNamespace = "::mlir::exec";
  let genSpecializedAttr = 0;
}
def Exec_FieldAttr : EnumAttr<Exec_Dialect, Exec_Field, "field">;

#endif
