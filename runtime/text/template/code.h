// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The program of a chat template: instructions of a stack machine, constants
// and functions (the template itself, then its macros), as they stand in the
// text section. compiler/text writes it, the virtual machine runs it.
#ifndef LLMC_RUNTIME_TEXT_TEMPLATE_CODE_H
#define LLMC_RUNTIME_TEXT_TEMPLATE_CODE_H

#include "runtime/text/format.h"

namespace llmc::text {

struct Asset;

// LLMC_OPCODE(name, what operand `b` is): None, Constant (index), Name (index
// of a string constant), Jump (signed distance from this instruction), Count,
// Builtin (filter or test), Function (index).
#define LLMC_OPCODES                                                           \
  LLMC_OPCODE(Text, Name)      /* write the string */                          \
  LLMC_OPCODE(Emit, None)      /* write the popped value */                    \
  LLMC_OPCODE(Constant, Constant)                                              \
  LLMC_OPCODE(Load, Name)      /* push the variable */                         \
  LLMC_OPCODE(Store, Name)     /* pop into the innermost scope */              \
  LLMC_OPCODE(StoreAttr, Name) /* namespace value -> */                        \
  LLMC_OPCODE(Attr, Name)      /* object -> object.name */                     \
  LLMC_OPCODE(Item, None)      /* object index -> object[index] */             \
  LLMC_OPCODE(Slice, None)     /* object start stop step -> object[...] */     \
  LLMC_OPCODE(Call, Count)     /* function, a values, b (name, value) -> */    \
  LLMC_OPCODE(Filter, Builtin) /* value, a values, (name, value)... -> */      \
  LLMC_OPCODE(Test, Builtin)   /* value, a values -> bool */                   \
  LLMC_OPCODE(Binary, None)    /* left right -> left (Operator a) right */     \
  LLMC_OPCODE(Not, None)                                                       \
  LLMC_OPCODE(Negate, None)                                                    \
  LLMC_OPCODE(Plus, None)                                                      \
  LLMC_OPCODE(List, Count)     /* b values -> list */                          \
  LLMC_OPCODE(Tuple, Count)                                                    \
  LLMC_OPCODE(Map, Count)      /* b (key, value) -> map */                     \
  LLMC_OPCODE(Append, None)    /* list value -> list */                        \
  LLMC_OPCODE(Unpack, Count)   /* sequence of b -> its items, first on top */  \
  LLMC_OPCODE(Jump, Jump)                                                      \
  LLMC_OPCODE(JumpIfFalse, Jump) /* pops */                                    \
  LLMC_OPCODE(AndJump, Jump)   /* false: jump and keep it, else pop */         \
  LLMC_OPCODE(OrJump, Jump)    /* true: jump and keep it, else pop */          \
  LLMC_OPCODE(JumpIfBound, Name) /* a parameter: skip the next a */            \
  LLMC_OPCODE(ForBegin, Jump)  /* pop a sequence; jump where it is empty */    \
  LLMC_OPCODE(ForItem, None)   /* push the current item */                     \
  LLMC_OPCODE(ForLoop, None)   /* push the variable `loop` */                  \
  LLMC_OPCODE(ForNext, Jump)   /* next item: new scope and jump; else go on */ \
  LLMC_OPCODE(ForEnd, None)    /* leave the loop early */                      \
  LLMC_OPCODE(ScopeBegin, None)                                                \
  LLMC_OPCODE(ScopeEnd, None)                                                  \
  LLMC_OPCODE(CaptureBegin, None)                                              \
  LLMC_OPCODE(CaptureEnd, None) /* push what was written since */              \
  LLMC_OPCODE(Macro, Function)  /* push it */                                  \
  LLMC_OPCODE(Return, None)     /* what was written is the macro's value */

enum Opcode : uint16_t {
#define LLMC_OPCODE(name, operand) kOp##name,
  LLMC_OPCODES
#undef LLMC_OPCODE
      kOpCount
};

enum Operator : uint16_t {
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kFloorDivide,
  kModulo,
  kPower,
  kConcat,
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kIn,
  kNotIn,
  kOperatorCount
};

struct Instruction {
  uint16_t op;
  uint16_t a;
  uint32_t b;
};

/// Operand b of Filter and Test: number of (name, value) pairs << 16 | builtin.
constexpr uint32_t kBuiltinMask = 0xFFFF;

enum ConstantKind : uint32_t {
  kConstUndefined,
  kConstNone,
  kConstFalse,
  kConstTrue,
  kConstInt,
  kConstDouble,
  kConstString,
  kConstKinds
};

struct Constant {
  uint32_t kind;
  uint32_t reserved;
  union {
    int64_t integer;
    double real;
    StringSpan string;
  };
};

struct Function {
  uint32_t entry;          ///< instruction
  uint32_t name;           ///< string constant
  uint32_t parameters;     ///< how many
  uint32_t firstParameter; ///< constants: the index of each one's name
};

// The rows of builtins.def by number: what a program names.
constexpr const char *kFilterNames[] = {
#define LLMC_FILTER(name, id) name,
#include "runtime/text/template/builtins.def"
};
constexpr const char *kTestNames[] = {
#define LLMC_TEST(name, id) name,
#include "runtime/text/template/builtins.def"
};
constexpr uint32_t kFilterCount = sizeof kFilterNames / sizeof *kFilterNames;
constexpr uint32_t kTestCount = sizeof kTestNames / sizeof *kTestNames;

/// Checks what the machine relies on; nullptr or what is wrong.
const char *checkCode(const Asset &asset);

} // namespace llmc::text

#endif // LLMC_RUNTIME_TEXT_TEMPLATE_CODE_H
