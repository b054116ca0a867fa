// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Operations of the `exec` dialect.
#ifndef LLMC_DIALECTS_EXEC_OPS
#define LLMC_DIALECTS_EXEC_OPS

include "dialects/exec/ExecDialect.td"
include "mlir/IR/BuiltinAttributes.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class Exec_Op<string mnemonic, list<Trait> traits = []>
    : Op<Exec_Dialect, mnemonic, traits>;

def Exec_ProgramOp : Exec_Op<"program", [Symbol, IsolatedFromAbove, HasParent<"::mlir::ModuleOp">,
    SingleBlock, NoTerminator, NoRegionArguments]> {
  let summary = "a graph: the list that every worker thread runs";
  let description = [{
    `arena` and `private` are the bytes of the shared arena and of one thread's
    private arena (set by the arena plan); `rows` is the most rows.

    ```mlir
    exec.program @decode rows = 1, arena = 4096, private = 1024 { ... }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, I64Attr:$rows,
    DefaultValuedAttr<I64Attr, "0">:$arena_bytes, DefaultValuedAttr<I64Attr, "0">:$private_bytes);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$sym_name `rows` `=` $rows `,` `arena` `=` $arena_bytes `,` `private` `=` $private_bytes attr-dict-with-keyword $body";
}

class Exec_Value<string mnemonic> : Exec_Op<mnemonic, [Pure]> {
  let results = (outs Exec_SlotType:$result);
}

def Exec_BufferOp : Exec_Value<"buffer"> {
  let summary = "the address of a planned buffer";
  let description = [{
    `offset` is -1 until the arena plan has run, then a multiple of 64.

    - buffer_c1: bytes is positive
    - buffer_c2: offset is -1 or a multiple of 64
    - buffer_c3: a planned buffer lies inside its program's arena
  }];
  let arguments = (ins Exec_SpaceAttr:$space, I64Attr:$bytes, DefaultValuedAttr<I64Attr, "-1">:$offset, OptionalAttr<StrAttr>:$name);
  let assemblyFormat = "$space $bytes `at` $offset attr-dict";
  let hasVerifier = 1;
}

def Exec_WeightOp : Exec_Value<"weight"> {
  let summary = "the address of a packed weight (an llm.weight)";
  let arguments = (ins FlatSymbolRefAttr:$weight);
  let assemblyFormat = "$weight attr-dict";
}

def Exec_FieldOp : Exec_Value<"field"> {
  let summary = "a field of llmc_step, plus a constant of bytes for addresses";
  let arguments = (ins Exec_FieldAttr:$field, DefaultValuedAttr<I64Attr, "0">:$offset);
  let assemblyFormat = "$field (`+` $offset^)? attr-dict";
}

def Exec_ConstantOp : Exec_Value<"constant"> {
  let summary = "an i64 or f64 constant, null being i64 0";
  let arguments = (ins AnyAttrOf<[I64Attr, F64Attr]>:$value);
  let assemblyFormat = "$value attr-dict";
}

def Exec_StepOp : Exec_Op<"step"> {
  let summary = "a kernel over units, sliced among the threads";
  let description = [{
    Operands are the slots of the kernel's argument struct in order
    (kernels/ops.def). The step covers `units` = `count` * `per` units, each
    thread a contiguous slice that begins and ends at a multiple of `granule`.
    `each` steps are repeated by every thread in full (they write private
    buffers).

    - step_c1: as many operands as the op has slots
    - step_c2: granule and per are positive
    - step_c3: an `each` step writes private buffers only, another step writes no private buffer but scratch
  }];
  let arguments = (ins FlatSymbolRefAttr:$kernel, StrAttr:$op, Variadic<Exec_SlotType>:$args,
    Exec_SlotType:$count, I64Attr:$per, I64Attr:$granule, UnitAttr:$each);
  let assemblyFormat = "$op $kernel `(` $args `)` `units` $count `*` $per `granule` $granule (`each` $each^)? attr-dict";
  let hasVerifier = 1;
}

def Exec_CallOp : Exec_Op<"call"> {
  let summary = "generated code, with a kernel's signature and slicing";
  let description = [{
    `effects` has a letter per operand, as in kernels/ops.def.

    - call_c1: as many effects as operands, of r w m i d c s
  }];
  let arguments = (ins FlatSymbolRefAttr:$callee, StrAttr:$effects, Variadic<Exec_SlotType>:$args,
    Exec_SlotType:$count, I64Attr:$per, I64Attr:$granule, UnitAttr:$each);
  let assemblyFormat = "$callee $effects `(` $args `)` `units` $count `*` $per `granule` $granule (`each` $each^)? attr-dict";
  let hasVerifier = 1;
}

def Exec_BarrierOp : Exec_Op<"barrier"> {
  let summary = "all threads meet; skipped where the thread count divides `unless_divides`";
  let description = [{
    - barrier_c1: unless_divides is positive
  }];
  let arguments = (ins OptionalAttr<I64Attr>:$unless_divides);
  let assemblyFormat = "(`unless_divides` $unless_divides^)? attr-dict";
  let hasVerifier = 1;
}

#endif
