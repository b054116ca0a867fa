// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/text/template/vm.h"
#include "runtime/text/template/print.h"
#include "runtime/text/unicode.h"
#include <new>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

namespace llmc::text {

static constexpr size_t kMaxStack = 1 << 16;

const Value *Arguments::find(uint32_t position, const char *name) const {
  if (position < count)
    return &positional[position];
  for (uint32_t i = 0; i < namedCount; ++i)
    if (isString(named[2 * i], name))
      return &named[2 * i + 1];
  return nullptr;
}

Arguments Arguments::from(uint32_t first) const {
  uint32_t skip = first < count ? first : count;
  return {positional + skip, count - skip, named, namedCount};
}

Vm::Vm(const Asset &asset, const Value &variables,
       const llmc_template_limits &limits, llmc_text_message *message)
    : pool(limits.memory), limits(limits), asset(asset), variables(variables),
      message(message) {}

Value Vm::fail(llmc_text_status why, const char *format, ...) {
  if (status != LLMC_TEXT_OK)
    return Value();
  status = why;
  if (message) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message->text, sizeof message->text, format, arguments);
    va_end(arguments);
  }
  return Value();
}

bool Vm::charge(uint64_t count) {
  steps += count;
  if (steps > limits.steps)
    fail(LLMC_TEXT_LIMIT, "the template takes more than %llu steps",
         (unsigned long long)limits.steps);
  return ok();
}

Value Vm::string(const Array<uint8_t> &bytes) {
  return pool.string(reinterpret_cast<const char *>(bytes.data()),
                     bytes.size());
}

Value Vm::toString(const Value &value) {
  if (value.is(Type::String))
    return value;
  Array<uint8_t> bytes;
  Printer printer(bytes, limits.output);
  printer.print(value);
  if (printer.full() || printer.tooDeep())
    fail(LLMC_TEXT_LIMIT, "a value is too large to be written");
  charge(bytes.size() / 16);
  return string(bytes);
}

void Vm::write(const Value &value) {
  Printer printer(out, limits.output);
  size_t before = out.size();
  printer.print(value);
  charge((out.size() - before) / 16);
  if (printer.full() || printer.tooDeep())
    fail(LLMC_TEXT_LIMIT, "the template writes more than %llu bytes",
         (unsigned long long)limits.output);
}

void Vm::push(const Value &value) {
  if (stack.size() >= kMaxStack)
    fail(LLMC_TEXT_LIMIT, "the template nests too deeply");
  else
    stack.push(value);
}

Value Vm::pop() {
  if (!top(1))
    return Value();
  Value value = stack.back();
  stack.pop();
  return value;
}

const Value *Vm::top(uint64_t count) {
  size_t floor = frames.empty() ? 0 : frames.back().stack;
  if (count > stack.size() - floor) {
    damaged();
    return nullptr;
  }
  static constexpr Value nothing{};
  return count ? stack.end() - count : &nothing;
}

Value Vm::constant(uint32_t index) const {
  const Constant &c = asset.constants[index];
  switch (c.kind) {
  case kConstNone:
    return makeNone();
  case kConstFalse:
  case kConstTrue:
    return makeBool(c.kind == kConstTrue);
  case kConstInt:
    return makeInt(c.integer);
  case kConstDouble:
    return makeDouble(c.real);
  case kConstString: {
    Bytes bytes = asset.string(c.string);
    return makeString(reinterpret_cast<const char *>(bytes.items),
                      bytes.size());
  }
  }
  return Value();
}

Value *Vm::findVariable(uint32_t name, size_t from, size_t to) {
  for (size_t i = to; i > from; --i)
    if (locals[i - 1].name == name)
      return &locals[i - 1].value;
  return nullptr;
}

/// The innermost variable of the name; in a macro the template's own outermost
/// ones too; then what the caller gave, the model's tokens, the functions.
Value Vm::load(uint32_t nameIndex) {
  size_t floor = frames.empty() ? 0 : frames.back().variables;
  if (Value *found = findVariable(nameIndex, floor, locals.size()))
    return *found;
  if (floor) {
    size_t outermost = scopes.size() > 1 ? scopes[1] : floor;
    if (Value *found = findVariable(nameIndex, 0, outermost))
      return *found;
  }
  Value name = constant(nameIndex);
  if (Value *found = findKey(variables, name))
    return *found;
  for (const auto &variable : asset.variables) {
    Bytes known = asset.string(variable.name);
    if (known.size() == name.size &&
        memcmp(known.items, name.string, name.size) == 0) {
      Bytes bytes = asset.string(variable.value);
      return makeString(reinterpret_cast<const char *>(bytes.items),
                        bytes.size());
    }
  }
  for (uint32_t i = 0; i < kGlobalCount; ++i)
    if (isString(name, kGlobalNames[i]))
      return makeInt(i, Type::Global);
  Value undefined; // keeps its name for the message
  undefined.size = name.size;
  undefined.string = name.string;
  return undefined;
}

void Vm::store(uint32_t name, const Value &value) {
  if (Value *found = findVariable(name, scopes.back(), locals.size()))
    *found = value;
  else
    locals.push({name, value});
}

Arguments Vm::arguments(uint32_t positional, uint32_t named) {
  const Value *first = top(uint64_t(positional) + 2 * uint64_t(named));
  if (!first)
    return {nullptr, 0, nullptr, 0};
  return {first, positional, first + positional, named};
}

/// The top `count` values become one list.
void Vm::collect(uint32_t count, bool tuple) {
  const Value *first = top(count);
  if (!first)
    return;
  Value list = pool.list(count);
  for (uint32_t i = 0; i < count && list.is(Type::List); ++i)
    pool.append(list, first[i]);
  list.tuple = tuple;
  drop(count);
  push(list);
}

void Vm::unpack(uint32_t count) {
  Value items = iterate(pop());
  if (!ok())
    return;
  if (items.list->count != count) {
    fail(LLMC_TEXT_REFUSED, "%u values are expected to unpack, not %u", count,
         items.list->count);
    return;
  }
  for (uint32_t i = count; i > 0; --i)
    push(items.list->items[i - 1]);
}

/// Calls the row of a filter or test on what lies on the stack.
void Vm::callBuiltin(const Instruction &i) {
  Arguments given = arguments(i.a, i.b >> 16);
  uint64_t count = uint64_t(given.count) + 2 * uint64_t(given.namedCount);
  const Value *value = top(count + 1);
  if (!value)
    return;
  uint32_t row = i.b & kBuiltinMask;
  Value result = i.op == kOpFilter ? kFilters[row](*this, *value, given)
                                   : makeBool(kTests[row](*this, *value, given));
  drop(count + 1);
  push(result);
}

void Vm::collectMap(uint32_t pairs) {
  const Value *first = top(2 * uint64_t(pairs));
  if (!first)
    return;
  Value map = pool.map();
  for (uint32_t i = 0; i < pairs; ++i)
    pool.set(map, first[2 * i], first[2 * i + 1]);
  drop(2 * uint64_t(pairs));
  push(map);
}

void Vm::storeAttribute(uint32_t name) {
  Value value = pop(), object = pop();
  if (!object.is(Type::Namespace))
    fail(LLMC_TEXT_REFUSED, "only a namespace can be written to, not a %s",
         typeName(object));
  else
    pool.set(object, constant(name), value);
}

/// Instructions that put several values together.
void Vm::stepValues(const Instruction &i) {
  switch (i.op) {
  case kOpItem: {
    Value index = pop(), object = pop();
    return push(item(object, index));
  }
  case kOpSlice: {
    Value by = pop(), stop = pop(), start = pop(), object = pop();
    return push(slice(object, start, stop, by));
  }
  case kOpBinary: {
    Value right = pop(), left = pop();
    return push(binary(Operator(i.a), left, right));
  }
  case kOpList:
  case kOpTuple:
    return collect(i.b, i.op == kOpTuple);
  case kOpMap:
    return collectMap(i.b);
  case kOpAppend: {
    Value value = pop();
    if (top(1))
      pool.append(stack.back(), value);
    return;
  }
  case kOpUnpack:
    return unpack(i.b);
  }
  stepControl(i);
}

void Vm::step(const Instruction &i) {
  switch (i.op) {
  case kOpText:
    return write(constant(i.b));
  case kOpEmit:
    return write(pop());
  case kOpConstant:
    return push(constant(i.b));
  case kOpLoad:
    return push(load(i.b));
  case kOpStore:
    return store(i.b, pop());
  case kOpStoreAttr:
    return storeAttribute(i.b);
  case kOpAttr: {
    Value name = constant(i.b);
    return push(attribute(pop(), name.string, name.size));
  }
  case kOpCall:
    return call(i.a, i.b);
  case kOpFilter:
  case kOpTest:
    return callBuiltin(i);
  case kOpNot:
    return push(makeBool(!isTrue(pop())));
  case kOpNegate:
    return push(binary(kSubtract, makeInt(0), pop()));
  case kOpPlus:
    return push(binary(kAdd, makeInt(0), pop()));
  }
  stepValues(i);
}

llmc_text_status Vm::run() {
  pc = asset.functions[0].entry;
  scopes.push(0);
  while (ok() && !done) {
    if (!charge(1))
      break;
    step(asset.code[pc++]);
    if (pool.failed())
      fail(LLMC_TEXT_LIMIT, "the template needs more than %llu bytes",
           (unsigned long long)limits.memory);
    if (stack.failed() || locals.failed() || scopes.failed() ||
        captures.failed() || loops.failed() || frames.failed() || out.failed())
      fail(LLMC_TEXT_NO_MEMORY, "out of memory");
    if (pc >= asset.code.size() && !done)
      damaged();
  }
  return status;
}

} // namespace llmc::text

using namespace llmc::text;

llmc_text_status llmc_text_template(const llmc_text *text,
                                    const llmc_value *variables,
                                    const llmc_template_limits *limits,
                                    char **string, size_t *length,
                                    llmc_text_message *message) {
  *string = nullptr;
  *length = 0;
  if (!text->asset.has(kHasTemplate))
    return report(LLMC_TEXT_ABSENT, message, "the model has no chat template");
  if (!variables || !variables->value.is(Type::Map))
    return report(LLMC_TEXT_BAD_INPUT, message,
                  "the template's variables are not a map");
  llmc_template_limits used = limits ? *limits : llmc_template_limits{};
  if (!used.steps)
    used.steps = 50000000;
  if (!used.output)
    used.output = 16 << 20;
  if (used.output > UINT32_MAX) // strings have 32-bit sizes
    used.output = UINT32_MAX;
  if (!used.memory)
    used.memory = 256 << 20;
  Vm vm(text->asset, variables->value, used, message);
  if (llmc_text_status status = vm.run())
    return status;
  vm.out.push(0);
  if (vm.out.failed())
    return report(LLMC_TEXT_NO_MEMORY, message, "out of memory");
  *length = vm.out.size() - 1;
  *string = reinterpret_cast<char *>(vm.out.release());
  return LLMC_TEXT_OK;
}
