// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tests (`x is name`) and global functions, after Jinja.
#include "runtime/text/template/strings.h"
#include <string.h>
#include <time.h>

namespace llmc::text {
namespace {

/// The one argument of a test.
Value other(Vm &vm, const Arguments &a) {
  return a.count ? a.positional[0]
                 : vm.fail(LLMC_TEXT_REFUSED, "the test takes a value");
}

bool testBoolean(Vm &, const Value &v, const Arguments &) {
  return v.is(Type::Bool);
}
bool testCallable(Vm &, const Value &v, const Arguments &) {
  return v.is(Type::Macro) || v.is(Type::Global) || v.is(Type::Method);
}
bool testDefined(Vm &, const Value &v, const Arguments &) {
  return !v.is(Type::Undefined);
}
bool testUndefined(Vm &, const Value &v, const Arguments &) {
  return v.is(Type::Undefined);
}
bool testNone(Vm &, const Value &v, const Arguments &) {
  return v.is(Type::None);
}
bool testTrue(Vm &, const Value &v, const Arguments &) {
  return v.is(Type::Bool) && v.integer;
}
bool testFalse(Vm &, const Value &v, const Arguments &) {
  return v.is(Type::Bool) && !v.integer;
}
bool testInteger(Vm &, const Value &v, const Arguments &) {
  return v.is(Type::Int);
}
bool testFloat(Vm &, const Value &v, const Arguments &) {
  return v.is(Type::Double);
}
bool testNumber(Vm &, const Value &v, const Arguments &) {
  return v.isNumber();
}
bool testString(Vm &, const Value &v, const Arguments &) {
  return v.is(Type::String);
}
bool testMapping(Vm &, const Value &v, const Arguments &) {
  return v.is(Type::Map);
}
bool testSequence(Vm &, const Value &v, const Arguments &) {
  return v.is(Type::List) || v.is(Type::String) || v.is(Type::Map);
}
bool testIterable(Vm &vm, const Value &v, const Arguments &a) {
  return testSequence(vm, v, a) || v.is(Type::Undefined);
}
bool testSameAs(Vm &vm, const Value &v, const Arguments &a) {
  Value o = other(vm, a);
  return v.type == o.type && equalValues(v, o);
}

bool testEqual(Vm &vm, const Value &v, const Arguments &a) {
  return equalValues(v, other(vm, a));
}
bool testNotEqual(Vm &vm, const Value &v, const Arguments &a) {
  return !equalValues(v, other(vm, a));
}
bool compare(Vm &vm, Operator op, const Value &v, const Arguments &a) {
  Value o = other(vm, a);
  return vm.ok() && vm.isTrue(vm.binary(op, v, o));
}
bool testLess(Vm &vm, const Value &v, const Arguments &a) {
  return compare(vm, kLess, v, a);
}
bool testLessEqual(Vm &vm, const Value &v, const Arguments &a) {
  return compare(vm, kLessEqual, v, a);
}
bool testGreater(Vm &vm, const Value &v, const Arguments &a) {
  return compare(vm, kGreater, v, a);
}
bool testGreaterEqual(Vm &vm, const Value &v, const Arguments &a) {
  return compare(vm, kGreaterEqual, v, a);
}
bool testIn(Vm &vm, const Value &v, const Arguments &a) {
  return compare(vm, kIn, v, a);
}

bool divides(Vm &vm, const Value &v, int64_t by) {
  Value rest = vm.binary(kModulo, v, makeInt(by));
  return vm.ok() && !vm.isTrue(rest);
}
bool testEven(Vm &vm, const Value &v, const Arguments &) {
  return divides(vm, v, 2);
}
bool testOdd(Vm &vm, const Value &v, const Arguments &) {
  return !divides(vm, v, 2);
}
bool testDivisibleBy(Vm &vm, const Value &v, const Arguments &a) {
  Value by = other(vm, a);
  return divides(vm, v, by.is(Type::Int) ? by.integer : 0);
}

bool testLower(Vm &vm, const Value &v, const Arguments &) {
  Value text = vm.toString(v);
  return vm.ok() && equalValues(text, convertCase(vm, text, Case::Lower));
}
bool testUpper(Vm &vm, const Value &v, const Arguments &) {
  Value text = vm.toString(v);
  return vm.ok() && equalValues(text, convertCase(vm, text, Case::Upper));
}

Value globalRaiseException(Vm &vm, const Arguments &a) {
  Value text = a.count ? vm.toString(a.positional[0]) : makeString("", 0);
  return vm.fail(LLMC_TEXT_REFUSED, "%.*s", int(text.size), text.string);
}

/// namespace(a=1) and dict(a=1); a map given first is copied.
Value makeMap(Vm &vm, const Arguments &a, Type type) {
  Value out = vm.pool.map(type);
  if (a.count && a.positional[0].is(Type::Map)) {
    const Map &map = *a.positional[0].map;
    for (uint32_t i = 0; i < map.count && vm.charge(1); ++i)
      vm.pool.set(out, map.entries[i].key, map.entries[i].value);
  }
  for (uint32_t i = 0; i < a.namedCount; ++i)
    vm.pool.set(out, a.named[2 * i], a.named[2 * i + 1]);
  return out;
}
Value globalNamespace(Vm &vm, const Arguments &a) {
  return makeMap(vm, a, Type::Namespace);
}
Value globalDict(Vm &vm, const Arguments &a) {
  return makeMap(vm, a, Type::Map);
}

Value globalRange(Vm &vm, const Arguments &a) {
  int64_t numbers[3] = {0, 0, 1};
  for (uint32_t i = 0; i < a.count && i < 3; ++i) {
    if (!a.positional[i].is(Type::Int))
      return vm.fail(LLMC_TEXT_REFUSED, "range takes integers, not a %s",
                     typeName(a.positional[i]));
    numbers[a.count == 1 ? 1 : i] = a.positional[i].integer;
  }
  auto [at, stop, by] = numbers;
  if (!a.count || by == 0)
    return vm.fail(LLMC_TEXT_REFUSED, "range takes a stop, and no step of 0");
  Value out = vm.pool.list();
  while ((by > 0 ? at < stop : at > stop) && vm.charge(1)) {
    vm.pool.append(out, makeInt(at));
    if (vm.pool.failed() || __builtin_add_overflow(at, by, &at))
      break;
  }
  return out;
}

Value globalStrftimeNow(Vm &vm, const Arguments &a) {
  char format[128], text[256];
  if (!a.count || !a.positional[0].is(Type::String) ||
      a.positional[0].size >= sizeof format)
    return vm.fail(LLMC_TEXT_REFUSED, "strftime_now takes a short format");
  memcpy(format, a.positional[0].string, a.positional[0].size);
  format[a.positional[0].size] = 0;
  time_t now = time_t(vm.limits.now);
  struct tm parts;
  bool known = now ? gmtime_r(&now, &parts) != nullptr
                   : (time(&now), localtime_r(&now, &parts) != nullptr);
  size_t size = known ? strftime(text, sizeof text, format, &parts) : 0;
  return vm.pool.string(text, size);
}

} // namespace

const TestFunction kTests[] = {
#define LLMC_TEST(name, id) test##id,
#include "runtime/text/template/builtins.def"
};

const GlobalFunction kGlobals[] = {
#define LLMC_GLOBAL(name, id) global##id,
#include "runtime/text/template/builtins.def"
};

const char *const kGlobalNames[] = {
#define LLMC_GLOBAL(name, id) name,
#include "runtime/text/template/builtins.def"
};
const uint32_t kGlobalCount = sizeof kGlobalNames / sizeof *kGlobalNames;

bool Vm::testByName(const Value &name, const Value &value,
                    const Arguments &arguments) {
  for (uint32_t i = 0; i < kTestCount; ++i)
    if (isString(name, kTestNames[i]))
      return kTests[i](*this, value, arguments);
  fail(LLMC_TEXT_REFUSED, "there is no test '%.*s'",
       int(name.is(Type::String) ? name.size : 0),
       name.is(Type::String) ? name.string : "");
  return false;
}

} // namespace llmc::text
