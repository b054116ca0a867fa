// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "dialects/exec/ExecDialect.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::exec;

#include "dialects/exec/ExecDialect.cpp.inc"
#include "dialects/exec/ExecEnums.cpp.inc"
#define GET_TYPEDEF_CLASSES
#include "dialects/exec/ExecTypes.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/exec/ExecAttrs.cpp.inc"
#define GET_OP_CLASSES
#include "dialects/exec/ExecOps.cpp.inc"

void ExecDialect::initialize() {
  addTypes<
#define GET_TYPEDEF_LIST
#include "dialects/exec/ExecTypes.cpp.inc"
      >();
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/exec/ExecAttrs.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialects/exec/ExecOps.cpp.inc"
      >();
}

StringRef exec::slotsOf(StringRef op) {
  return llvm::StringSwitch<StringRef>(op)
#define LLMC_OP(name, slots, units) .Case(#name, slots)
#include "kernels/ops.def"
      .Default("");
}

LogicalResult BufferOp::verify() {
  if (getBytes() == 0 || int64_t(getBytes()) < 0)
    return emitOpError() << "buffer_c1: bytes is " << int64_t(getBytes())
                         << ", expected a positive number";
  int64_t offset = getOffset(), bytes = getBytes();
  if (offset != -1 && (offset < 0 || offset % 64))
    return emitOpError() << "buffer_c2: offset is " << offset
                         << ", expected -1 or a multiple of 64";
  auto program = (*this)->getParentOfType<ProgramOp>();
  if (offset == -1 || !program)
    return success();
  int64_t arena = getSpace() == Space::Shared ? program.getArenaBytes()
                                              : program.getPrivateBytes();
  if (offset + bytes > arena)
    return emitOpError() << "buffer_c3: ends at byte " << offset + bytes
                         << " of an arena of " << arena;
  return success();
}

static BufferOp privateBuffer(Value value) {
  auto buffer = value.getDefiningOp<BufferOp>();
  return buffer && buffer.getSpace() == Space::Private ? buffer : BufferOp();
}

/// What step_c3 asks of the operand at `index`.
static LogicalResult checkSpace(StepOp step, unsigned index, char letter) {
  if (!StringRef("wma").contains(letter))
    return success();
  bool isPrivate = bool(privateBuffer(step.getArgs()[index]));
  if (isPrivate == step.getEach())
    return success();
  return step.emitOpError() << "step_c3: operand " << index << " is written "
                            << (isPrivate ? "in a private buffer by a shared step"
                                          : "outside the private arena by an "
                                            "`each` step");
}

LogicalResult StepOp::verify() {
  StringRef slots = slotsOf(getOp());
  if (slots.empty())
    return emitOpError() << "step_c1: \"" << getOp() << "\" is no op of ops.def";
  if (getArgs().size() != slots.size())
    return emitOpError() << "step_c1: " << getArgs().size() << " operands, \""
                         << getOp() << "\" has " << slots.size() << " slots";
  if (int64_t(getGranule()) <= 0 || int64_t(getPer()) <= 0)
    return emitOpError() << "step_c2: granule is " << int64_t(getGranule())
                         << ", per is " << int64_t(getPer())
                         << ", expected positive numbers";
  for (auto [index, letter] : llvm::enumerate(slots))
    if (failed(checkSpace(*this, index, letter)))
      return failure();
  return success();
}

LogicalResult CallOp::verify() {
  StringRef effects = getEffects();
  if (effects.size() != getArgs().size() ||
      effects.find_first_not_of("rwmidcs") != StringRef::npos)
    return emitOpError() << "call_c1: effects is \"" << effects << "\" for "
                         << getArgs().size()
                         << " operands, expected a letter of r w m i d c s each";
  return success();
}

LogicalResult BarrierOp::verify() {
  if (auto divides = getUnlessDivides(); divides && int64_t(*divides) <= 0)
    return emitOpError() << "barrier_c1: unless_divides is " << int64_t(*divides)
                         << ", expected a positive number";
  return success();
}
