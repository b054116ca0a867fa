// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What operators, attributes, indexing and loops mean for each type, after
// Python and Jinja.
#include "runtime/text/template/print.h"
#include "runtime/text/template/vm.h"
#include "runtime/text/unicode.h"
#include <initializer_list>
#include <string.h>

namespace llmc::text {

const char *typeName(const Value &value) {
  static const char *const names[] = {
      "undefined value", "None",  "bool",      "int",  "float",
      "string",          "list",  "dict",      "namespace", "loop",
      "macro",           "function", "method"};
  return names[size_t(value.type)];
}

bool isString(const Value &value, const char *text) {
  return value.is(Type::String) && value.size == strlen(text) &&
         memcmp(value.string, text, value.size) == 0;
}

static const uint8_t *bytesOf(const Value &string) {
  return reinterpret_cast<const uint8_t *>(string.string);
}

static int64_t countChars(const Value &string) {
  int64_t count = 0;
  for (uint32_t i = 0; i < string.size; ++i)
    count += (string.string[i] & 0xC0) != 0x80;
  return count;
}

/// The byte position of character `index`, which lies in [0, length].
static uint32_t charAt(const Value &string, int64_t index) {
  uint32_t at = 0;
  unsigned length;
  while (index-- > 0 && at < string.size) {
    decodeUtf8(bytesOf(string) + at, length);
    at += length;
  }
  return at;
}

bool Vm::isTrue(const Value &value) const {
  switch (value.type) {
  case Type::Undefined:
  case Type::None:
    return false;
  case Type::Bool:
  case Type::Int:
    return value.integer != 0;
  case Type::Double:
    return value.real != 0;
  case Type::String:
    return value.size != 0;
  case Type::List:
    return value.list->count != 0;
  case Type::Map:
    return value.map->count != 0;
  default:
    return true;
  }
}

Value Vm::iterate(const Value &value) {
  if (value.is(Type::List))
    return value;
  if (value.is(Type::Undefined))
    return pool.list();
  if (value.is(Type::Map)) {
    Value keys = pool.list(value.map->count);
    for (uint32_t i = 0; i < value.map->count && keys.is(Type::List); ++i)
      pool.append(keys, value.map->entries[i].key);
    charge(value.map->count);
    return keys;
  }
  if (value.is(Type::String)) {
    Value chars = pool.list();
    unsigned length;
    for (uint32_t at = 0; at < value.size && charge(1); at += length) {
      decodeUtf8(bytesOf(value) + at, length);
      pool.append(chars, makeString(value.string + at, length));
    }
    return chars;
  }
  fail(LLMC_TEXT_REFUSED, "a %s cannot be looped over", typeName(value));
  return pool.list();
}

int64_t Vm::lengthOf(const Value &value) {
  charge(value.is(Type::String) ? value.size / 16 : 0);
  switch (value.type) {
  case Type::Undefined:
    return 0;
  case Type::String:
    return countChars(value);
  case Type::List:
    return value.list->count;
  case Type::Map:
    return value.map->count;
  default:
    fail(LLMC_TEXT_REFUSED, "a %s has no length", typeName(value));
    return 0;
  }
}

static Value loopAttribute(Vm &vm, const LoopState &loop, const Value &name) {
  int64_t index = loop.index, count = loop.items.list->count;
  const Value *items = loop.items.list->items;
  if (isString(name, "index"))
    return makeInt(index + 1);
  if (isString(name, "index0"))
    return makeInt(index);
  if (isString(name, "revindex"))
    return makeInt(count - index);
  if (isString(name, "revindex0"))
    return makeInt(count - index - 1);
  if (isString(name, "first"))
    return makeBool(index == 0);
  if (isString(name, "last"))
    return makeBool(index + 1 == count);
  if (isString(name, "length"))
    return makeInt(count);
  if (isString(name, "depth"))
    return makeInt(loop.depth);
  if (isString(name, "depth0"))
    return makeInt(loop.depth - 1);
  if (isString(name, "previtem"))
    return index > 0 ? items[index - 1] : Value();
  if (isString(name, "nextitem"))
    return index + 1 < count ? items[index + 1] : Value();
  return vm.fail(LLMC_TEXT_REFUSED, "loop has no attribute '%.*s'",
                 int(name.size), name.string);
}

Value Vm::attribute(const Value &object, const char *name, size_t size) {
  if (object.is(Type::Undefined))
    return fail(LLMC_TEXT_REFUSED, "'%.*s' is undefined", int(object.size),
                object.size ? object.string : "");
  uint32_t method = findMethod(object, name, size);
  if (method != kNone) {
    auto *bound = pool.make<BoundMethod>();
    if (!bound)
      return Value();
    *bound = {object, method};
    Value value;
    value.type = Type::Method;
    value.method = bound;
    return value;
  }
  if (object.is(Type::Loop))
    return loopAttribute(*this, *object.loop, makeString(name, size));
  if (object.is(Type::Map) || object.is(Type::Namespace))
    if (Value *found = findKey(object, name, size))
      return *found;
  Value undefined; // keeps its name for the message
  undefined.size = uint32_t(size);
  undefined.string = name;
  return undefined;
}

Value Vm::item(const Value &object, const Value &index) {
  if (object.is(Type::Map))
    if (Value *found = findKey(object, index))
      return *found;
  if (index.is(Type::Int) || index.is(Type::Bool)) {
    int64_t at = index.integer;
    if (object.is(Type::List)) {
      int64_t count = object.list->count;
      at += at < 0 ? count : 0;
      return at >= 0 && at < count ? object.list->items[at] : Value();
    }
    if (object.is(Type::String)) {
      int64_t count = lengthOf(object);
      at += at < 0 ? count : 0;
      if (at < 0 || at >= count)
        return Value();
      uint32_t begin = charAt(object, at);
      unsigned length;
      decodeUtf8(bytesOf(object) + begin, length);
      return makeString(object.string + begin, length);
    }
  }
  if (index.is(Type::String))
    return attribute(object, index.string, index.size);
  if (object.is(Type::Undefined))
    return attribute(object, "", 0);
  return Value();
}

Value Vm::slice(const Value &object, const Value &start, const Value &stop,
                const Value &step) {
  int64_t by = 1;
  for (const Value *part : {&start, &stop, &step})
    if (!part->is(Type::None) && !part->is(Type::Int))
      return fail(LLMC_TEXT_REFUSED, "a slice takes integers, not a %s",
                  typeName(*part));
  if (step.is(Type::Int))
    by = step.integer;
  if (by == 0)
    return fail(LLMC_TEXT_REFUSED, "the step of a slice is 0");
  if (!object.is(Type::List) && !object.is(Type::String))
    return fail(LLMC_TEXT_REFUSED, "a %s cannot be sliced", typeName(object));
  int64_t count = lengthOf(object);
  // Python's rule: negative positions count from the end, then are clamped.
  auto position = [&](const Value &given, int64_t whole) {
    if (given.is(Type::None))
      return whole;
    int64_t at = given.integer < 0 ? given.integer + count : given.integer;
    int64_t low = by < 0 ? -1 : 0, high = by < 0 ? count - 1 : count;
    return at < low ? low : at > high ? high : at;
  };
  int64_t from = position(start, by < 0 ? count - 1 : 0);
  int64_t to = position(stop, by < 0 ? -1 : count);
  if (object.is(Type::String) && by == 1) {
    uint32_t begin = charAt(object, from);
    uint32_t end = from < to ? charAt(object, to) : begin;
    charge(object.size / 16);
    return makeString(object.string + begin, end - begin);
  }
  Value items = iterate(object), out = pool.list();
  out.tuple = object.tuple;
  if (by > count || by < -count) // one item at most; no overflow below
    by = by < 0 ? -count - 1 : count + 1;
  for (int64_t at = from; (by > 0 ? at < to : at > to) && charge(1); at += by)
    pool.append(out, items.list->items[at]);
  if (object.is(Type::List))
    return out;
  Array<uint8_t> bytes;
  for (uint32_t i = 0; i < out.list->count; ++i)
    bytes.append(bytesOf(out.list->items[i]), out.list->items[i].size);
  return string(bytes);
}

bool Vm::contains(const Value &container, const Value &wanted) {
  if (container.is(Type::String)) {
    if (!wanted.is(Type::String)) {
      fail(LLMC_TEXT_REFUSED, "'in <string>' requires a string, not a %s",
           typeName(wanted));
      return false;
    }
    charge(container.size / 16);
    return wanted.size == 0 || memmem(container.string, container.size,
                                      wanted.string, wanted.size);
  }
  if (container.is(Type::Map))
    return findKey(container, wanted);
  Value items = iterate(container);
  for (uint32_t i = 0; i < items.list->count && charge(1); ++i)
    if (equalValues(items.list->items[i], wanted))
      return true;
  return false;
}

} // namespace llmc::text
