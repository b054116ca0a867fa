// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Filters of one value, after Jinja. Those over sequences are in sequences.cpp.
#include "runtime/text/template/filters.h"
#include "runtime/text/template/print.h"
#include "runtime/text/template/strings.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

namespace llmc::text {

bool flagArgument(Vm &vm, const Arguments &a, uint32_t position,
                  const char *name) {
  const Value *value = a.find(position, name);
  return value && vm.isTrue(*value);
}

int64_t intArgument(const Arguments &a, uint32_t position, const char *name,
                    int64_t fallback) {
  const Value *value = a.find(position, name);
  return value && value->is(Type::Int) ? value->integer : fallback;
}

Value filterAbs(Vm &vm, const Value &v, const Arguments &) {
  if (v.is(Type::Double))
    return makeDouble(fabs(v.real));
  if (!v.isNumber())
    return vm.fail(LLMC_TEXT_REFUSED, "abs takes a number, not a %s",
                   typeName(v));
  return v.integer < 0 ? vm.binary(kSubtract, makeInt(0), v) : v;
}

Value filterCapitalize(Vm &vm, const Value &v, const Arguments &) {
  return convertCase(vm, vm.toString(v), Case::Capitalize);
}
Value filterLower(Vm &vm, const Value &v, const Arguments &) {
  return convertCase(vm, vm.toString(v), Case::Lower);
}
Value filterTitle(Vm &vm, const Value &v, const Arguments &) {
  return convertCase(vm, vm.toString(v), Case::Words);
}
Value filterUpper(Vm &vm, const Value &v, const Arguments &) {
  return convertCase(vm, vm.toString(v), Case::Upper);
}

Value filterTrim(Vm &vm, const Value &v, const Arguments &a) {
  Value text = vm.toString(v);
  return vm.ok() ? strip(text, a.find(0, "chars"), true, true) : Value();
}

Value filterString(Vm &vm, const Value &v, const Arguments &) {
  return vm.toString(v);
}

Value filterLength(Vm &vm, const Value &v, const Arguments &) {
  return makeInt(vm.lengthOf(v));
}

Value filterDefault(Vm &vm, const Value &v, const Arguments &a) {
  const Value *fallback = a.find(0, "default_value");
  bool absent = v.is(Type::Undefined) ||
                (flagArgument(vm, a, 1, "boolean") && !vm.isTrue(v));
  if (!absent)
    return v;
  return fallback ? *fallback : makeString("", 0);
}

Value filterEscape(Vm &vm, const Value &v, const Arguments &) {
  Value text = vm.toString(v);
  Array<uint8_t> out;
  for (uint32_t i = 0; vm.ok() && i < text.size; ++i) {
    const char *at = strchr("&<>'\"", text.string[i]);
    static const char *const names[] = {"&amp;", "&lt;", "&gt;", "&#39;",
                                        "&#34;"};
    const char *name = text.string[i] && at ? names[at - strchr("&<>'\"", '&')]
                                            : nullptr;
    if (name)
      out.append(reinterpret_cast<const uint8_t *>(name), strlen(name));
    else
      out.push(uint8_t(text.string[i]));
  }
  return vm.string(out);
}

/// The number that a string begins and ends with; false where it is none.
static bool parseNumber(const Value &v, double &real, int64_t &integer,
                        bool &isInteger) {
  char text[64];
  Value plain = strip(v, nullptr, true, true);
  if (plain.size == 0 || plain.size >= sizeof text)
    return false;
  memcpy(text, plain.string, plain.size);
  text[plain.size] = 0;
  char *end;
  integer = strtoll(text, &end, 10);
  isInteger = *end == 0;
  real = strtod(text, &end);
  return *end == 0 && text[strspn(text, "+-")] != 'x';
}

Value filterInt(Vm &, const Value &v, const Arguments &a) {
  double real = 0;
  int64_t integer = 0;
  bool isInteger = false;
  if (v.is(Type::Int) || v.is(Type::Bool))
    return makeInt(v.integer);
  if (v.is(Type::Double))
    real = v.real;
  else if (!v.is(Type::String) || !parseNumber(v, real, integer, isInteger))
    return makeInt(intArgument(a, 0, "default", 0));
  if (isInteger)
    return makeInt(integer);
  return makeInt(fabs(real) < 9.2e18 ? int64_t(real)
                                     : intArgument(a, 0, "default", 0));
}

Value filterFloat(Vm &, const Value &v, const Arguments &a) {
  double real = 0;
  int64_t integer;
  bool isInteger;
  if (v.is(Type::Double))
    return v;
  if (v.isNumber())
    return makeDouble(double(v.integer));
  if (v.is(Type::String) && parseNumber(v, real, integer, isInteger))
    return makeDouble(real);
  const Value *fallback = a.find(0, "default");
  return fallback ? *fallback : makeDouble(0);
}

Value filterRound(Vm &vm, const Value &v, const Arguments &a) {
  if (!v.isNumber())
    return vm.fail(LLMC_TEXT_REFUSED, "round takes a number, not a %s",
                   typeName(v));
  double value = v.is(Type::Double) ? v.real : double(v.integer);
  double scale = pow(10, double(intArgument(a, 0, "precision", 0)));
  const Value *method = a.find(1, "method");
  if (method && isString(*method, "ceil"))
    return makeDouble(ceil(value * scale) / scale);
  if (method && isString(*method, "floor"))
    return makeDouble(floor(value * scale) / scale);
  return makeDouble(nearbyint(value * scale) / scale);
}

Value filterReplace(Vm &vm, const Value &v, const Arguments &a) {
  const Value *from = a.find(0, "old"), *to = a.find(1, "new");
  if (!from || !to)
    return vm.fail(LLMC_TEXT_REFUSED, "replace takes two strings");
  Value text = vm.toString(v), old = vm.toString(*from), by = vm.toString(*to);
  return vm.ok() ? replace(vm, text, old, by, intArgument(a, 2, "count", -1))
                 : Value();
}

/// Lines after the first (where `first`, all) that are not empty (where
/// `blank`, all) move to the right.
Value filterIndent(Vm &vm, const Value &v, const Arguments &a) {
  Value text = vm.toString(v);
  const Value *width = a.find(0, "width");
  int64_t spaces = width && width->is(Type::Int) ? width->integer : 4;
  if (spaces < 0 || spaces > 1 << 16)
    return vm.fail(LLMC_TEXT_REFUSED, "indent takes a small width");
  bool first = flagArgument(vm, a, 1, "first");
  bool blank = flagArgument(vm, a, 2, "blank");
  Value lines = splitLines(vm, text, true);
  Array<uint8_t> out;
  for (uint32_t i = 0; vm.ok() && i < lines.list->count; ++i) {
    const Value &line = lines.list->items[i];
    bool empty = line.string[0] == '\n' || line.string[0] == '\r';
    if ((i || first) && (!empty || blank)) {
      if (width && width->is(Type::String))
        out.append(reinterpret_cast<const uint8_t *>(width->string), width->size);
      else
        for (int64_t k = 0; k < spaces; ++k)
          out.push(' ');
    }
    out.append(reinterpret_cast<const uint8_t *>(line.string), line.size);
    vm.charge(uint64_t(spaces) / 16 + 1);
    if (out.size() > vm.limits.memory)
      return vm.fail(LLMC_TEXT_LIMIT, "a string is too long");
  }
  return vm.string(out);
}

Value filterToJson(Vm &vm, const Value &v, const Arguments &a) {
  JsonStyle style;
  const Value *ascii = a.find(0, "ensure_ascii");
  const Value *indent = a.find(1, "indent");
  const Value *separators = a.find(2, "separators");
  const Value *sorted = a.find(3, "sort_keys");
  // Jinja's own filter has the indent first.
  if (a.count == 1 && a.positional[0].is(Type::Int)) {
    indent = &a.positional[0];
    ascii = nullptr;
  }
  style.ascii = ascii && vm.isTrue(*ascii);
  style.sortKeys = sorted && vm.isTrue(*sorted);
  if (indent && indent->is(Type::Int))
    style.indent = indent->integer < 0      ? 0
                   : indent->integer > 1000 ? 1000
                                            : int32_t(indent->integer);
  if (separators && separators->is(Type::List) &&
      separators->list->count == 2) {
    style.itemSeparator = separators->list->items[0];
    style.keySeparator = separators->list->items[1];
  }
  Array<uint8_t> out;
  Printer printer(out, vm.limits.memory);
  printer.json(v, style);
  vm.charge(out.size() / 16);
  if (printer.notJson())
    return vm.fail(LLMC_TEXT_REFUSED, "a %s cannot be written as JSON",
                   typeName(v));
  if (printer.full() || printer.tooDeep())
    return vm.fail(LLMC_TEXT_LIMIT, "a value is too large to be written");
  return vm.string(out);
}

const FilterFunction kFilters[] = {
#define LLMC_FILTER(name, id) filter##id,
#include "runtime/text/template/builtins.def"
};

Value Vm::filterByName(const Value &name, const Value &value,
                       const Arguments &arguments) {
  for (uint32_t i = 0; i < kFilterCount; ++i)
    if (isString(name, kFilterNames[i]))
      return kFilters[i](*this, value, arguments);
  return fail(LLMC_TEXT_REFUSED, "there is no filter '%.*s'",
              int(name.is(Type::String) ? name.size : 0),
              name.is(Type::String) ? name.string : "");
}

} // namespace llmc::text
