// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Methods of strings, lists, maps and the loop variable, after Python.
#include "runtime/text/template/strings.h"
#include "runtime/text/unicode.h"
#include <string.h>

namespace llmc::text {
namespace {

/// Whose method it is.
enum Owner : uint8_t { OfString = 1, OfList = 2, OfMap = 4, OfLoop = 8 };

using Method = Value (*)(Vm &, const Value &, const Arguments &);

Value stringArgument(Vm &vm, const Arguments &arguments, uint32_t position,
                     const char *method) {
  const Value *value = arguments.find(position, "");
  if (value && value->is(Type::String))
    return *value;
  vm.fail(LLMC_TEXT_REFUSED, "%s takes a string, not a %s", method,
          value ? typeName(*value) : "missing value");
  return makeString("", 0);
}

int64_t limitArgument(const Arguments &arguments, uint32_t position,
                      const char *name) {
  const Value *value = arguments.find(position, name);
  return value && value->is(Type::Int) ? value->integer : -1;
}

Value methodCapitalize(Vm &vm, const Value &s, const Arguments &) {
  return convertCase(vm, s, Case::Capitalize);
}
Value methodLower(Vm &vm, const Value &s, const Arguments &) {
  return convertCase(vm, s, Case::Lower);
}
Value methodTitle(Vm &vm, const Value &s, const Arguments &) {
  return convertCase(vm, s, Case::Title);
}
Value methodUpper(Vm &vm, const Value &s, const Arguments &) {
  return convertCase(vm, s, Case::Upper);
}

Value stripped(const Value &s, const Arguments &a, bool left, bool right) {
  return strip(s, a.find(0, "chars"), left, right);
}
Value methodStrip(Vm &, const Value &s, const Arguments &a) {
  return stripped(s, a, true, true);
}
Value methodLeftStrip(Vm &, const Value &s, const Arguments &a) {
  return stripped(s, a, true, false);
}
Value methodRightStrip(Vm &, const Value &s, const Arguments &a) {
  return stripped(s, a, false, true);
}

Value splitBy(Vm &vm, const Value &s, const Arguments &a, bool reverse) {
  const Value *separator = a.find(0, "sep");
  if (separator && separator->is(Type::None))
    separator = nullptr;
  return split(vm, s, separator, limitArgument(a, 1, "maxsplit"), reverse);
}
Value methodSplit(Vm &vm, const Value &s, const Arguments &a) {
  return splitBy(vm, s, a, false);
}
Value methodReverseSplit(Vm &vm, const Value &s, const Arguments &a) {
  return splitBy(vm, s, a, true);
}
Value methodSplitLines(Vm &vm, const Value &s, const Arguments &a) {
  const Value *keep = a.find(0, "keepends");
  return splitLines(vm, s, keep && vm.isTrue(*keep));
}

Value methodReplace(Vm &vm, const Value &s, const Arguments &a) {
  Value from = stringArgument(vm, a, 0, "replace");
  Value to = stringArgument(vm, a, 1, "replace");
  return vm.ok() ? replace(vm, s, from, to, limitArgument(a, 2, "count"))
                 : Value();
}
Value methodJoin(Vm &vm, const Value &s, const Arguments &a) {
  return a.count ? join(vm, a.positional[0], s)
                 : vm.fail(LLMC_TEXT_REFUSED, "join takes a list");
}

bool isAffix(const Value &s, const Value &affix, bool atEnd) {
  return affix.is(Type::String) && affix.size <= s.size &&
         memcmp(s.string + (atEnd ? s.size - affix.size : 0), affix.string,
                affix.size) == 0;
}
/// startswith and endswith take one string or a tuple of them.
Value hasAffix(Vm &vm, const Value &s, const Arguments &a, bool atEnd) {
  if (a.count && a.positional[0].is(Type::List)) {
    const List &list = *a.positional[0].list;
    for (uint32_t i = 0; i < list.count; ++i)
      if (isAffix(s, list.items[i], atEnd))
        return makeBool(true);
    return makeBool(false);
  }
  Value affix = stringArgument(vm, a, 0, atEnd ? "endswith" : "startswith");
  return makeBool(isAffix(s, affix, atEnd));
}
Value methodStartsWith(Vm &vm, const Value &s, const Arguments &a) {
  return hasAffix(vm, s, a, false);
}
Value methodEndsWith(Vm &vm, const Value &s, const Arguments &a) {
  return hasAffix(vm, s, a, true);
}
Value methodRemovePrefix(Vm &vm, const Value &s, const Arguments &a) {
  Value affix = stringArgument(vm, a, 0, "removeprefix");
  uint32_t cut = isAffix(s, affix, false) ? affix.size : 0;
  return makeString(s.string + cut, s.size - cut);
}
Value methodRemoveSuffix(Vm &vm, const Value &s, const Arguments &a) {
  Value affix = stringArgument(vm, a, 0, "removesuffix");
  return makeString(s.string, s.size - (isAffix(s, affix, true) ? affix.size : 0));
}

/// The character position of `wanted` in `s`, or -1.
Value position(Vm &vm, const Value &s, const Value &wanted, bool last) {
  vm.charge(s.size / 4);
  const char *found = nullptr, *end = s.string + s.size;
  for (const char *p = s.string; p && p <= end; ++p) {
    p = static_cast<const char *>(
        memmem(p, size_t(end - p), wanted.string, wanted.size));
    found = p ? p : found;
    if (!p || !last || !vm.charge(1))
      break;
  }
  return makeInt(found ? vm.lengthOf(makeString(s.string, size_t(found - s.string)))
                       : -1);
}
Value methodFind(Vm &vm, const Value &s, const Arguments &a) {
  return position(vm, s, stringArgument(vm, a, 0, "find"), false);
}
Value methodReverseFind(Vm &vm, const Value &s, const Arguments &a) {
  return position(vm, s, stringArgument(vm, a, 0, "rfind"), true);
}
Value methodIndex(Vm &vm, const Value &value, const Arguments &a) {
  if (value.is(Type::String)) {
    Value at = position(vm, value, stringArgument(vm, a, 0, "index"), false);
    return at.integer < 0 ? vm.fail(LLMC_TEXT_REFUSED, "substring not found")
                          : at;
  }
  for (uint32_t i = 0; a.count && i < value.list->count && vm.charge(1); ++i)
    if (equalValues(value.list->items[i], a.positional[0]))
      return makeInt(i);
  return vm.fail(LLMC_TEXT_REFUSED, "the item is not in the list");
}
Value methodCount(Vm &vm, const Value &value, const Arguments &a) {
  int64_t count = 0;
  if (value.is(Type::List)) {
    for (uint32_t i = 0; a.count && i < value.list->count && vm.charge(1); ++i)
      count += equalValues(value.list->items[i], a.positional[0]);
    return makeInt(count);
  }
  Value wanted = stringArgument(vm, a, 0, "count");
  if (wanted.size == 0)
    return makeInt(vm.lengthOf(value) + 1);
  Value parts = split(vm, value, &wanted, -1, false);
  return parts.is(Type::List) ? makeInt(int64_t(parts.list->count) - 1) : Value();
}

Value allOf(const Value &s, uint32_t classes) {
  unsigned length;
  for (uint32_t at = 0; at < s.size; at += length) {
    auto *p = reinterpret_cast<const uint8_t *>(s.string) + at;
    if (!(classBit(classOf(decodeUtf8(p, length))) & classes))
      return makeBool(false);
  }
  return makeBool(s.size > 0);
}
Value methodIsAlnum(Vm &, const Value &s, const Arguments &) {
  return allOf(s, kAnyLetter | kAnyNumber);
}
Value methodIsAlpha(Vm &, const Value &s, const Arguments &) {
  return allOf(s, kAnyLetter);
}
Value methodIsDigit(Vm &, const Value &s, const Arguments &) {
  return allOf(s, classBit(kDigit));
}
Value methodIsSpace(Vm &, const Value &s, const Arguments &) {
  return allOf(s, classBit(kSpace));
}

Value methodKeys(Vm &vm, const Value &map, const Arguments &) {
  return vm.iterate(map);
}
Value methodValues(Vm &vm, const Value &map, const Arguments &) {
  Value out = vm.pool.list(map.map->count);
  for (uint32_t i = 0; i < map.map->count && vm.charge(1); ++i)
    vm.pool.append(out, map.map->entries[i].value);
  return out;
}
Value methodItems(Vm &vm, const Value &map, const Arguments &) {
  Value out = vm.pool.list(map.map->count);
  for (uint32_t i = 0; i < map.map->count && vm.charge(1); ++i) {
    Value pair = vm.pool.list(2);
    pair.tuple = true;
    vm.pool.append(pair, map.map->entries[i].key);
    vm.pool.append(pair, map.map->entries[i].value);
    vm.pool.append(out, pair);
  }
  return out;
}
Value methodGet(Vm &vm, const Value &map, const Arguments &a) {
  if (!a.count)
    return vm.fail(LLMC_TEXT_REFUSED, "get takes a key");
  if (Value *found = findKey(map, a.positional[0]))
    return *found;
  const Value *fallback = a.find(1, "default");
  return fallback ? *fallback : makeNone();
}

Value methodCycle(Vm &vm, const Value &loop, const Arguments &a) {
  return a.count ? a.positional[loop.loop->index % a.count]
                 : vm.fail(LLMC_TEXT_REFUSED, "loop.cycle takes values");
}
Value methodChanged(Vm &vm, const Value &loop, const Arguments &a) {
  Value given = vm.pool.list(a.count);
  for (uint32_t i = 0; i < a.count; ++i)
    vm.pool.append(given, a.positional[i]);
  bool same = equalValues(given, loop.loop->changed);
  loop.loop->changed = given;
  return makeBool(!same);
}

struct Row {
  const char *name;
  Method method;
  uint8_t owners;
};

const Row kMethods[] = {
#define LLMC_METHOD(name, id, owners) {name, method##id, owners},
#include "runtime/text/template/builtins.def"
};

} // namespace

uint32_t findMethod(const Value &object, const char *name, size_t size) {
  uint8_t owner = object.is(Type::String) ? OfString
                  : object.is(Type::List) ? OfList
                  : object.is(Type::Map)  ? OfMap
                  : object.is(Type::Loop) ? OfLoop
                                          : 0;
  Value wanted = makeString(name, size);
  for (uint32_t i = 0; owner && i < sizeof kMethods / sizeof *kMethods; ++i)
    if ((kMethods[i].owners & owner) && isString(wanted, kMethods[i].name))
      return i;
  return kNone;
}

Value callMethod(Vm &vm, uint32_t method, const Value &object,
                 const Arguments &arguments) {
  return kMethods[method].method(vm, object, arguments);
}

} // namespace llmc::text
