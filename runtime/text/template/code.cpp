// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/text/template/code.h"
#include "runtime/text/asset.h"
#include "runtime/text/unicode.h"

namespace llmc::text {
namespace {

enum class Operand { None, Constant, Name, Jump, Count, Builtin, Function };

constexpr Operand kOperands[] = {
#define LLMC_OPCODE(name, operand) Operand::operand,
    LLMC_OPCODES
#undef LLMC_OPCODE
};

bool isName(const Asset &asset, uint64_t index) {
  return index < asset.constants.size() &&
         asset.constants[index].kind == kConstString;
}

bool isParameter(const Asset &asset, uint64_t index) {
  if (index >= asset.constants.size())
    return false;
  const Constant &c = asset.constants[index];
  return c.kind == kConstInt && c.integer >= 0 &&
         isName(asset, uint64_t(c.integer));
}

bool checkOperand(const Asset &asset, size_t at) {
  const Instruction &i = asset.code[at];
  uint32_t builtin = i.b & kBuiltinMask;
  switch (kOperands[i.op]) {
  case Operand::None:
    return i.op != kOpBinary || i.a < kOperatorCount;
  case Operand::Constant:
    return i.b < asset.constants.size();
  case Operand::Name:
    return isName(asset, i.b) &&
           (i.op != kOpJumpIfBound || at + 1 + i.a < asset.code.size());
  case Operand::Jump: {
    int64_t target = int64_t(at) + int32_t(i.b);
    return target >= 0 && target < int64_t(asset.code.size());
  }
  case Operand::Count:
    return i.b <= 0xFFFF;
  case Operand::Builtin:
    return builtin < (i.op == kOpFilter ? kFilterCount : kTestCount);
  case Operand::Function:
    return i.b < asset.functions.size();
  }
  return false;
}

} // namespace

const char *checkCode(const Asset &asset) {
  const char *bad = "the template's program is damaged";
  for (const Constant &c : asset.constants) {
    if (c.kind >= kConstKinds)
      return bad;
    if (c.kind == kConstString &&
        (c.string.offset > asset.strings.size() ||
         c.string.size > asset.strings.size() - c.string.offset ||
         validUtf8(asset.string(c.string).items, c.string.size) !=
             c.string.size))
      return bad;
  }
  for (const Function &f : asset.functions) {
    if (f.entry >= asset.code.size() || !isName(asset, f.name))
      return bad;
    for (uint64_t i = 0; i < f.parameters; ++i)
      if (!isParameter(asset, f.firstParameter + i))
        return bad;
  }
  for (size_t at = 0; at < asset.code.size(); ++at)
    if (asset.code[at].op >= kOpCount || !checkOperand(asset, at))
      return bad;
  // Every path ends: the last instruction leaves the function.
  if (asset.functions.empty() || asset.code[asset.code.size() - 1].op != kOpReturn)
    return bad;
  return nullptr;
}

} // namespace llmc::text
