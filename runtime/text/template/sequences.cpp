// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Filters over sequences, after Jinja.
#include "runtime/text/template/filters.h"
#include "runtime/text/template/print.h"
#include "runtime/text/template/strings.h"
#include <string.h>

namespace llmc::text {
namespace {

/// item.a.b for the path "a.b"; parts of digits index a list.
Value attributePath(Vm &vm, Value value, const Value &path) {
  if (path.is(Type::Int))
    return vm.item(value, path);
  const char *p = path.string, *end = p + (path.is(Type::String) ? path.size : 0);
  while (p < end && vm.ok()) {
    auto *dot = static_cast<const char *>(memchr(p, '.', size_t(end - p)));
    const char *stop = dot ? dot : end;
    int64_t index = 0;
    bool digits = stop > p && stop - p < 10;
    for (const char *c = p; c < stop; ++c) {
      digits &= *c >= '0' && *c <= '9';
      index = digits ? index * 10 + (*c - '0') : 0;
    }
    value = digits ? vm.item(value, makeInt(index))
                   : vm.item(value, makeString(p, size_t(stop - p)));
    p = dot ? dot + 1 : end;
  }
  return value;
}

/// What an item is compared by: an attribute of it, without case where wanted.
Value sortKey(Vm &vm, const Value &item, const Value *attribute,
              bool caseSensitive) {
  Value key = attribute ? attributePath(vm, item, *attribute) : item;
  return key.is(Type::String) && !caseSensitive
             ? convertCase(vm, key, Case::Lower)
             : key;
}

const Value *attributeArgument(const Arguments &a, uint32_t position) {
  const Value *attribute = a.find(position, "attribute");
  return attribute && attribute->is(Type::None) ? nullptr : attribute;
}

/// The items in the order of their keys; stable.
Value sorted(Vm &vm, const Value &items, const Value &keys, bool reverse) {
  uint32_t count = items.list->count;
  Array<uint32_t> order, spare;
  Value out = vm.pool.list(count);
  if (!order.resize(count) || !spare.resize(count))
    return vm.fail(LLMC_TEXT_NO_MEMORY, "out of memory");
  for (uint32_t i = 0; i < count; ++i)
    order[i] = i;
  const Value *key = keys.list->items;
  stableSort(order.data(), spare.data(), count, [&](uint32_t x, uint32_t y) {
    return vm.charge(1) && (reverse ? vm.less(key[y], key[x])
                                    : vm.less(key[x], key[y]));
  });
  for (uint32_t i = 0; i < count; ++i)
    vm.pool.append(out, items.list->items[order[i]]);
  return out;
}

Value keysOf(Vm &vm, const Value &items, const Value *attribute,
             bool caseSensitive) {
  Value keys = vm.pool.list(items.list->count);
  for (uint32_t i = 0; i < items.list->count && vm.charge(1); ++i)
    vm.pool.append(keys, sortKey(vm, items.list->items[i], attribute,
                                 caseSensitive));
  return keys;
}

/// The smallest item, or the largest.
Value extreme(Vm &vm, const Value &v, const Arguments &a, bool largest) {
  Value items = vm.iterate(v);
  Value keys = keysOf(vm, items, attributeArgument(a, 1),
                      flagArgument(vm, a, 0, "case_sensitive"));
  if (!vm.ok() || items.list->count == 0)
    return Value();
  uint32_t best = 0;
  for (uint32_t i = 1; i < items.list->count && vm.charge(1); ++i) {
    const Value &x = keys.list->items[i], &y = keys.list->items[best];
    if (largest ? vm.less(y, x) : vm.less(x, y))
      best = i;
  }
  return items.list->items[best];
}

/// select, reject, selectattr and rejectattr: the items for which the named
/// test (none: their truth) gives `keep`.
Value filtered(Vm &vm, const Value &v, const Arguments &a, bool keep,
               bool byAttribute) {
  Value items = vm.iterate(v), out = vm.pool.list();
  if (byAttribute && !a.count)
    return vm.fail(LLMC_TEXT_REFUSED, "selectattr takes an attribute");
  uint32_t testAt = byAttribute ? 1 : 0;
  for (uint32_t i = 0; i < items.list->count && vm.charge(1); ++i) {
    const Value &item = items.list->items[i];
    Value subject =
        byAttribute ? attributePath(vm, item, a.positional[0]) : item;
    bool passes = a.count > testAt
                      ? vm.testByName(a.positional[testAt], subject,
                                      a.from(testAt + 1))
                      : vm.isTrue(subject);
    if (passes == keep)
      vm.pool.append(out, item);
  }
  return out;
}

} // namespace

Value filterList(Vm &vm, const Value &v, const Arguments &) {
  Value items = vm.iterate(v);
  items.tuple = false;
  return items;
}

Value filterFirst(Vm &vm, const Value &v, const Arguments &) {
  Value items = vm.iterate(v);
  return items.is(Type::List) && items.list->count ? items.list->items[0]
                                                   : Value();
}

Value filterLast(Vm &vm, const Value &v, const Arguments &) {
  Value items = vm.iterate(v);
  return items.is(Type::List) && items.list->count
             ? items.list->items[items.list->count - 1]
             : Value();
}

Value filterReverse(Vm &vm, const Value &v, const Arguments &) {
  if (v.is(Type::String))
    return vm.slice(v, makeNone(), makeNone(), makeInt(-1));
  Value items = vm.iterate(v), out = vm.pool.list();
  for (uint32_t i = items.list->count; i > 0 && vm.charge(1); --i)
    vm.pool.append(out, items.list->items[i - 1]);
  return out;
}

Value filterItems(Vm &vm, const Value &v, const Arguments &) {
  if (v.is(Type::Undefined))
    return vm.pool.list();
  uint32_t method = v.is(Type::Map) ? findMethod(v, "items", 5) : kNone;
  if (method == kNone)
    return vm.fail(LLMC_TEXT_REFUSED, "items takes a dict, not a %s",
                   typeName(v));
  return callMethod(vm, method, v, {nullptr, 0, nullptr, 0});
}

Value filterDictSort(Vm &vm, const Value &v, const Arguments &a) {
  Value pairs = filterItems(vm, v, a);
  const Value *by = a.find(1, "by");
  Value position = makeInt(by && isString(*by, "value"));
  if (!vm.ok())
    return Value();
  Value keys = keysOf(vm, pairs, &position,
                      flagArgument(vm, a, 0, "case_sensitive"));
  return vm.ok() ? sorted(vm, pairs, keys, flagArgument(vm, a, 2, "reverse"))
                 : Value();
}

Value filterSort(Vm &vm, const Value &v, const Arguments &a) {
  Value items = vm.iterate(v);
  Value keys = keysOf(vm, items, attributeArgument(a, 2),
                      flagArgument(vm, a, 1, "case_sensitive"));
  return vm.ok() ? sorted(vm, items, keys, flagArgument(vm, a, 0, "reverse"))
                 : Value();
}

Value filterUnique(Vm &vm, const Value &v, const Arguments &a) {
  Value items = vm.iterate(v), seen = vm.pool.map(), out = vm.pool.list();
  Value keys = keysOf(vm, items, attributeArgument(a, 1),
                      flagArgument(vm, a, 0, "case_sensitive"));
  for (uint32_t i = 0; i < items.list->count && vm.charge(1); ++i) {
    if (findKey(seen, keys.list->items[i]))
      continue;
    vm.pool.set(seen, keys.list->items[i], makeNone());
    vm.pool.append(out, items.list->items[i]);
  }
  return out;
}

Value filterMin(Vm &vm, const Value &v, const Arguments &a) {
  return extreme(vm, v, a, false);
}
Value filterMax(Vm &vm, const Value &v, const Arguments &a) {
  return extreme(vm, v, a, true);
}

Value filterSum(Vm &vm, const Value &v, const Arguments &a) {
  Value items = vm.iterate(v);
  const Value *attribute = attributeArgument(a, 0);
  const Value *start = a.find(1, "start");
  Value sum = start ? *start : makeInt(0);
  for (uint32_t i = 0; i < items.list->count && vm.charge(1); ++i)
    sum = vm.binary(kAdd, sum,
                    attribute ? attributePath(vm, items.list->items[i],
                                              *attribute)
                              : items.list->items[i]);
  return sum;
}

Value filterJoin(Vm &vm, const Value &v, const Arguments &a) {
  const Value *separator = a.find(0, "d");
  const Value *attribute = attributeArgument(a, 1);
  Value items = vm.iterate(v);
  if (attribute)
    items = keysOf(vm, items, attribute, true);
  return join(vm, items, separator ? *separator : makeString("", 0));
}

/// map(attribute=path, default=value), or map(filter name, its arguments...).
Value filterMap(Vm &vm, const Value &v, const Arguments &a) {
  Value items = vm.iterate(v), out = vm.pool.list();
  const Value *attribute = a.count ? nullptr : a.find(0, "attribute");
  const Value *fallback = a.find(1u << 31, "default");
  if (!attribute && !a.count)
    return vm.fail(LLMC_TEXT_REFUSED, "map takes a filter or an attribute");
  for (uint32_t i = 0; i < items.list->count && vm.charge(1); ++i) {
    const Value &item = items.list->items[i];
    Value mapped = attribute ? attributePath(vm, item, *attribute)
                             : vm.filterByName(a.positional[0], item, a.from(1));
    if (attribute && fallback && mapped.is(Type::Undefined))
      mapped = *fallback;
    vm.pool.append(out, mapped);
  }
  return out;
}

Value filterSelect(Vm &vm, const Value &v, const Arguments &a) {
  return filtered(vm, v, a, true, false);
}
Value filterReject(Vm &vm, const Value &v, const Arguments &a) {
  return filtered(vm, v, a, false, false);
}
Value filterSelectAttr(Vm &vm, const Value &v, const Arguments &a) {
  return filtered(vm, v, a, true, true);
}
Value filterRejectAttr(Vm &vm, const Value &v, const Arguments &a) {
  return filtered(vm, v, a, false, true);
}

} // namespace llmc::text
