// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Binary operators of template values, after Python.
#include "runtime/text/template/print.h"
#include "runtime/text/template/vm.h"
#include <initializer_list>
#include <math.h>
#include <string.h>

namespace llmc::text {

static double asDouble(const Value &value) {
  return value.is(Type::Double) ? value.real : double(value.integer);
}

bool Vm::less(const Value &left, const Value &right) {
  if (left.isNumber() && right.isNumber()) {
    if (!left.is(Type::Double) && !right.is(Type::Double))
      return left.integer < right.integer;
    return asDouble(left) < asDouble(right);
  }
  if (left.is(Type::String) && right.is(Type::String))
    return lessString(left, right);
  if (left.is(Type::List) && right.is(Type::List)) {
    for (uint32_t i = 0; charge(1); ++i) {
      if (i >= left.list->count || i >= right.list->count)
        return left.list->count < right.list->count;
      const Value &a = left.list->items[i], &b = right.list->items[i];
      if (!equalValues(a, b))
        return !(a.is(Type::List) && b.is(Type::List)) && less(a, b);
    }
    return false;
  }
  fail(LLMC_TEXT_REFUSED, "a %s and a %s cannot be compared", typeName(left),
       typeName(right));
  return false;
}

static Value integerResult(Vm &vm, bool overflow, int64_t value) {
  if (overflow)
    return vm.fail(LLMC_TEXT_REFUSED, "an integer leaves 64 bits");
  return makeInt(value);
}

static Value integerPower(Vm &vm, int64_t base, int64_t exponent) {
  int64_t result = 1;
  bool overflow = false;
  for (; exponent > 0 && !overflow && vm.charge(1); exponent >>= 1) {
    if (exponent & 1)
      overflow |= __builtin_mul_overflow(result, base, &result);
    if (exponent > 1)
      overflow |= __builtin_mul_overflow(base, base, &base);
  }
  return integerResult(vm, overflow, result);
}

static Value integers(Vm &vm, Operator op, int64_t a, int64_t b) {
  int64_t r = 0;
  bool overflow = false;
  switch (op) {
  case kAdd:
    overflow = __builtin_add_overflow(a, b, &r);
    break;
  case kSubtract:
    overflow = __builtin_sub_overflow(a, b, &r);
    break;
  case kMultiply:
    overflow = __builtin_mul_overflow(a, b, &r);
    break;
  case kPower:
    return b < 0 ? makeDouble(pow(double(a), double(b)))
                 : integerPower(vm, a, b);
  default: // floor division and its rest
    if (b == 0)
      return vm.fail(LLMC_TEXT_REFUSED, "division by zero");
    if (a == INT64_MIN && b == -1)
      return integerResult(vm, op == kFloorDivide, 0);
    r = a % b;
    if (r && (r < 0) != (b < 0))
      r += b;
    if (op == kFloorDivide)
      r = (a - r) / b;
  }
  return integerResult(vm, overflow, r);
}

static Value reals(Vm &vm, Operator op, double a, double b) {
  switch (op) {
  case kAdd:
    return makeDouble(a + b);
  case kSubtract:
    return makeDouble(a - b);
  case kMultiply:
    return makeDouble(a * b);
  case kPower:
    return makeDouble(pow(a, b));
  default:
    if (b == 0)
      return vm.fail(LLMC_TEXT_REFUSED, "division by zero");
    if (op == kDivide)
      return makeDouble(a / b);
    if (op == kFloorDivide)
      return makeDouble(floor(a / b));
    double r = fmod(a, b);
    return makeDouble(r != 0 && (r < 0) != (b < 0) ? r + b : r);
  }
}

static Value joined(Vm &vm, const Value &a, const Value &b) {
  if (uint64_t(a.size) + b.size > UINT32_MAX)
    return vm.fail(LLMC_TEXT_LIMIT, "a string is too long");
  vm.charge((uint64_t(a.size) + b.size) / 16);
  auto *p = static_cast<char *>(vm.pool.allocate(uint64_t(a.size) + b.size));
  if (!p)
    return Value();
  memcpy(p, a.string, a.size);
  memcpy(p + a.size, b.string, b.size);
  return makeString(p, size_t(a.size) + b.size);
}

static Value repeated(Vm &vm, const Value &value, int64_t times) {
  Value out = value.is(Type::List) ? vm.pool.list() : makeString("", 0);
  uint64_t unit = value.is(Type::List) ? value.list->count : value.size;
  if (times <= 0 || unit == 0)
    return out;
  if (uint64_t(times) > vm.limits.memory / unit)
    return vm.fail(LLMC_TEXT_LIMIT, "a repetition is too long");
  vm.charge(unit * uint64_t(times) / 16);
  if (value.is(Type::List)) {
    for (int64_t i = 0; i < times && vm.charge(1); ++i)
      for (uint32_t k = 0; k < value.list->count; ++k)
        vm.pool.append(out, value.list->items[k]);
    return out;
  }
  Array<uint8_t> bytes;
  for (int64_t i = 0; i < times; ++i)
    bytes.append(reinterpret_cast<const uint8_t *>(value.string), value.size);
  return vm.string(bytes);
}

static Value listSum(Vm &vm, const Value &a, const Value &b) {
  Value out = vm.pool.list(a.list->count);
  out.tuple = a.tuple;
  for (const Value *part : {&a, &b})
    for (uint32_t i = 0; i < part->list->count && vm.charge(1); ++i)
      vm.pool.append(out, part->list->items[i]);
  return out;
}

Value Vm::binary(Operator op, const Value &a, const Value &b) {
  switch (op) {
  case kConcat:
    return joined(*this, toString(a), toString(b));
  case kEqual:
  case kNotEqual:
    return makeBool(equalValues(a, b) == (op == kEqual));
  case kLess:
  case kGreater:
    return makeBool(op == kLess ? less(a, b) : less(b, a));
  case kLessEqual: // not "not less": NaN compares false with everything
  case kGreaterEqual:
    return makeBool((op == kLessEqual ? less(a, b) : less(b, a)) ||
                    equalValues(a, b));
  case kIn:
  case kNotIn:
    return makeBool(contains(b, a) == (op == kIn));
  default:
    break;
  }
  if (a.isNumber() && b.isNumber()) {
    if (a.is(Type::Double) || b.is(Type::Double) || op == kDivide)
      return reals(*this, op, asDouble(a), asDouble(b));
    return integers(*this, op, a.integer, b.integer);
  }
  if (op == kAdd && a.is(Type::String) && b.is(Type::String))
    return joined(*this, a, b);
  if (op == kAdd && a.is(Type::List) && b.is(Type::List) && a.tuple == b.tuple)
    return listSum(*this, a, b);
  bool leftRepeats = a.is(Type::String) || a.is(Type::List);
  bool rightRepeats = b.is(Type::String) || b.is(Type::List);
  if (op == kMultiply && leftRepeats && b.is(Type::Int))
    return repeated(*this, a, b.integer);
  if (op == kMultiply && rightRepeats && a.is(Type::Int))
    return repeated(*this, b, a.integer);
  for (const Value *part : {&a, &b})
    if (part->is(Type::Undefined))
      return attribute(*part, "", 0); // the message names it
  static const char *const signs[] = {"+", "-", "*", "/", "//", "%", "**"};
  return fail(LLMC_TEXT_REFUSED, "'%s' does not take a %s and a %s",
              signs[op], typeName(a), typeName(b));
}

} // namespace llmc::text
