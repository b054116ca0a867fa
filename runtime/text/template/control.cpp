// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The instructions of the template machine that move through the program:
// calls, loops, scopes and captures.
#include "runtime/text/template/vm.h"

namespace llmc::text {

static constexpr uint32_t kMaxCalls = 200;

void Vm::callMacro(const Function &function, const Arguments &given) {
  if (frames.size() >= kMaxCalls) {
    fail(LLMC_TEXT_LIMIT, "the template calls macros too deeply");
    return;
  }
  uint32_t before = uint32_t(locals.size());
  uint32_t scopeCount = uint32_t(scopes.size());
  scopes.push(before);
  for (uint32_t i = 0; i < function.parameters && !scopes.failed(); ++i) {
    auto name = uint32_t(constant(function.firstParameter + i).integer);
    Value wanted = constant(name);
    const Value *value = i < given.count ? &given.positional[i] : nullptr;
    for (uint32_t j = 0; j < given.namedCount && !value; ++j)
      if (equalValues(given.named[2 * j], wanted))
        value = &given.named[2 * j + 1];
    if (value)
      locals.push({name, *value});
  }
  drop(uint64_t(given.count) + 2 * given.namedCount + 1); // and the macro
  captures.push(uint32_t(out.size()));
  frames.push({pc, before, scopeCount, uint32_t(captures.size() - 1),
               uint32_t(loops.size()), uint32_t(stack.size())});
  pc = function.entry;
}

void Vm::returnFromMacro() {
  if (frames.empty()) {
    done = true;
    return;
  }
  Frame frame = frames.back();
  frames.pop();
  uint32_t begin = captures[frame.captures];
  Value text = pool.string(reinterpret_cast<char *>(out.data()) + begin,
                           out.size() - begin);
  out.truncate(begin);
  locals.truncate(frame.variables);
  scopes.truncate(frame.scopes);
  captures.truncate(frame.captures);
  loops.truncate(frame.loops);
  stack.truncate(frame.stack);
  pc = frame.returnTo;
  push(text);
}

void Vm::call(uint32_t positional, uint32_t named) {
  uint64_t count = uint64_t(positional) + 2 * uint64_t(named);
  const Value *base = top(count + 1);
  if (!base)
    return;
  Value callee = *base;
  Arguments given = arguments(positional, named);
  Value result;
  if (callee.is(Type::Macro) && uint64_t(callee.integer) < asset.functions.size())
    return callMacro(asset.functions[size_t(callee.integer)], given);
  if (callee.is(Type::Global))
    result = kGlobals[callee.integer](*this, given);
  else if (callee.is(Type::Method))
    result = callMethod(*this, callee.method->method, callee.method->object,
                        given);
  else if (callee.is(Type::Undefined))
    fail(LLMC_TEXT_REFUSED, "'%.*s' is undefined", int(callee.size),
         callee.size ? callee.string : "");
  else
    fail(LLMC_TEXT_REFUSED, "a %s cannot be called", typeName(callee));
  drop(count + 1);
  push(result);
}

void Vm::forBegin(const Instruction &instruction) {
  Value items = iterate(pop());
  if (!ok())
    return;
  if (items.list->count == 0) {
    pc += instruction.b - 1;
    return;
  }
  auto *loop = pool.make<LoopState>();
  if (!loop)
    return;
  *loop = {items, 0, uint32_t(loops.size() - loopFloor() + 1), Value(),
           uint32_t(locals.size()), uint32_t(scopes.size()),
           uint32_t(captures.size())};
  scopes.push(loop->variables);
  loops.push(loop);
}

/// Undoes what the loop's body has opened.
void Vm::leaveLoop() {
  LoopState *loop = loops.back();
  locals.truncate(loop->variables);
  scopes.truncate(loop->scopes);
  captures.truncate(loop->captures);
  loops.pop();
}

void Vm::forNext(const Instruction &instruction) {
  LoopState *loop = loops.back();
  leaveLoop();
  if (++loop->index >= loop->items.list->count)
    return;
  loops.push(loop);
  scopes.push(loop->variables);
  pc += instruction.b - 1;
}

void Vm::stepLoop(const Instruction &i) {
  if (i.op == kOpForBegin)
    return forBegin(i);
  if (!inLoop()) {
    damaged();
    return;
  }
  if (i.op == kOpForNext)
    return forNext(i);
  if (i.op == kOpForEnd)
    return leaveLoop();
  LoopState *state = loops.back();
  if (i.op == kOpForItem)
    return push(state->items.list->items[state->index]);
  Value loop;
  loop.type = Type::Loop;
  loop.loop = state;
  push(loop);
}

/// Scopes and captures; neither can end what was begun outside the innermost
/// loop or call.
void Vm::stepScope(const Instruction &i) {
  if (i.op == kOpScopeBegin)
    return scopes.push(uint32_t(locals.size()));
  if (i.op == kOpCaptureBegin)
    return captures.push(uint32_t(out.size()));
  size_t scopeFloor = 1, captureFloor = 0;
  if (inLoop()) {
    scopeFloor = loops.back()->scopes + 1;
    captureFloor = loops.back()->captures;
  } else if (!frames.empty()) {
    scopeFloor = frames.back().scopes + 1;
    captureFloor = frames.back().captures + 1;
  }
  if (i.op == kOpScopeEnd && scopes.size() > scopeFloor) {
    locals.truncate(scopes.back());
    scopes.pop();
  } else if (i.op == kOpCaptureEnd && captures.size() > captureFloor &&
             captures.back() <= out.size()) {
    uint32_t begin = captures.back();
    captures.pop();
    push(pool.string(reinterpret_cast<char *>(out.data()) + begin,
                     out.size() - begin));
    out.truncate(begin);
  } else {
    damaged();
  }
}

/// Instructions that move through the program.
void Vm::stepControl(const Instruction &i) {
  switch (i.op) {
  case kOpJump:
    pc += i.b - 1;
    return;
  case kOpJumpIfFalse:
    if (!isTrue(pop()))
      pc += i.b - 1;
    return;
  case kOpAndJump:
  case kOpOrJump:
    if (top(1) && isTrue(stack.back()) == (i.op == kOpOrJump))
      pc += i.b - 1;
    else
      pop();
    return;
  case kOpJumpIfBound:
    if (findVariable(i.b, scopes.back(), locals.size()))
      pc += i.a;
    return;
  case kOpForBegin:
  case kOpForItem:
  case kOpForLoop:
  case kOpForNext:
  case kOpForEnd:
    return stepLoop(i);
  case kOpMacro:
    return push(makeInt(i.b, Type::Macro));
  case kOpReturn:
    return returnFromMacro();
  }
  stepScope(i);
}

} // namespace llmc::text
