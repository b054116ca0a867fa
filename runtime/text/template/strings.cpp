// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/text/template/strings.h"
#include "runtime/text/template/print.h"
#include "runtime/text/unicode.h"
#include <string.h>

namespace llmc::text {

static const uint8_t *bytesOf(const Value &string) {
  return reinterpret_cast<const uint8_t *>(string.string);
}

Value convertCase(Vm &vm, const Value &string, Case wanted) {
  Array<uint8_t> out;
  vm.charge(string.size / 4);
  unsigned length;
  bool start = true;
  for (uint32_t at = 0; at < string.size; at += length) {
    uint32_t c = decodeUtf8(bytesOf(string) + at, length);
    bool upper = wanted == Case::Upper || (wanted != Case::Lower && start);
    uint32_t bit = classBit(classOf(c));
    start = wanted == Case::Title ? !(bit & kAnyLetter)
                                  : wanted == Case::Words &&
                                        ((bit & classBit(kSpace)) ||
                                         (c < 128 && strchr("-({[<", int(c))));
    uint8_t bytes[4];
    out.append(bytes, encodeUtf8(upper ? toUpper(c) : toLower(c), bytes));
  }
  return vm.string(out);
}

static bool isStripped(const uint8_t *p, unsigned length, const Value *chars) {
  if (!chars)
    return classBit(classOf(decodeUtf8(p, length))) & classBit(kSpace) ||
           (*p >= 0x1C && *p <= 0x1F); // spaces to Python, not to patterns
  return memmem(chars->string, chars->size, p, length);
}

Value strip(const Value &string, const Value *chars, bool left, bool right) {
  const uint8_t *begin = bytesOf(string), *end = begin + string.size;
  if (chars && !chars->is(Type::String))
    chars = nullptr;
  unsigned length;
  while (left && begin < end) {
    decodeUtf8(begin, length);
    if (!isStripped(begin, length, chars))
      break;
    begin += length;
  }
  while (right && begin < end) {
    const uint8_t *last = end - 1;
    while ((*last & 0xC0) == 0x80)
      --last;
    if (!isStripped(last, unsigned(end - last), chars))
      break;
    end = last;
  }
  return makeString(reinterpret_cast<const char *>(begin), size_t(end - begin));
}

Value replace(Vm &vm, const Value &string, const Value &from, const Value &to,
              int64_t limit) {
  Array<uint8_t> out;
  const char *p = string.string, *end = p + string.size;
  vm.charge(string.size / 16);
  auto full = [&] { return out.size() > vm.limits.memory; };
  // An empty string is found before every character and at the end.
  while (limit != 0 && vm.charge(1) && !full()) {
    const char *at = from.size ? static_cast<const char *>(memmem(
                                     p, size_t(end - p), from.string, from.size))
                               : p;
    if (!at)
      break;
    out.append(reinterpret_cast<const uint8_t *>(p), size_t(at - p));
    out.append(bytesOf(to), to.size);
    p = at + from.size;
    limit -= limit > 0;
    if (from.size)
      continue;
    if (p == end)
      break;
    unsigned length;
    decodeUtf8(reinterpret_cast<const uint8_t *>(p), length);
    out.append(reinterpret_cast<const uint8_t *>(p), length);
    p += length;
  }
  out.append(reinterpret_cast<const uint8_t *>(p), size_t(end - p));
  if (full())
    return vm.fail(LLMC_TEXT_LIMIT, "a string is too long");
  return vm.string(out);
}

namespace {

/// A place where a string is split.
struct Cut {
  const char *begin, *end;
};

bool nextSpaces(const char *p, const char *end, Cut &cut) {
  unsigned length;
  auto isSpace = [&](const char *at) {
    auto *bytes = reinterpret_cast<const uint8_t *>(at);
    decodeUtf8(bytes, length);
    return isStripped(bytes, length, nullptr);
  };
  while (p < end && !isSpace(p))
    p += length;
  cut.begin = p;
  while (p < end && isSpace(p))
    p += length;
  cut.end = p;
  return cut.end > cut.begin;
}

void findCuts(Vm &vm, const Value &string, const Value *separator,
              Array<Cut> &cuts) {
  const char *p = string.string, *end = p + string.size;
  Cut cut;
  while (vm.charge(1)) {
    if (separator) {
      auto *at = static_cast<const char *>(memmem(
          p, size_t(end - p), separator->string, separator->size));
      if (!at)
        return;
      cut = {at, at + separator->size};
    } else if (!nextSpaces(p, end, cut)) {
      return;
    }
    cuts.push(cut);
    p = cut.end;
  }
}

} // namespace

Value split(Vm &vm, const Value &whole, const Value *separator, int64_t limit,
            bool reverse) {
  if (separator && (!separator->is(Type::String) || !separator->size))
    return vm.fail(LLMC_TEXT_REFUSED, "split takes a string that is not empty");
  // Runs of white space at the ends separate nothing.
  Value string = separator ? whole
                           : strip(whole, nullptr, !reverse || limit < 0,
                                   reverse || limit < 0);
  Value out = vm.pool.list();
  Array<Cut> cuts;
  vm.charge(string.size / 16);
  findCuts(vm, string, separator, cuts);
  size_t used = limit >= 0 && size_t(limit) < cuts.size() ? size_t(limit)
                                                          : cuts.size();
  size_t first = reverse ? cuts.size() - used : 0;
  const char *p = string.string, *end = p + string.size;
  if (!separator && p == end)
    return out;
  for (size_t i = first; i < first + used; ++i) {
    vm.pool.append(out, makeString(p, size_t(cuts[i].begin - p)));
    p = cuts[i].end;
  }
  vm.pool.append(out, makeString(p, size_t(end - p)));
  return out;
}

Value splitLines(Vm &vm, const Value &string, bool keepEnds) {
  Value out = vm.pool.list();
  const char *p = string.string, *end = p + string.size;
  while (p < end && vm.charge(1)) {
    const char *stop = p;
    while (stop < end && *stop != '\n' && *stop != '\r')
      ++stop;
    const char *next = stop;
    if (next < end)
      next += *next == '\r' && next + 1 < end && next[1] == '\n' ? 2 : 1;
    vm.pool.append(out, makeString(p, size_t((keepEnds ? next : stop) - p)));
    p = next;
  }
  return out;
}

Value join(Vm &vm, const Value &value, const Value &separator) {
  Value items = vm.iterate(value);
  Array<uint8_t> out;
  Printer printer(out, vm.limits.memory);
  for (uint32_t i = 0; i < items.list->count && vm.charge(1); ++i) {
    if (i)
      printer.print(separator);
    printer.print(items.list->items[i]);
  }
  if (printer.full() || printer.tooDeep())
    return vm.fail(LLMC_TEXT_LIMIT, "a string is too long");
  vm.charge(out.size() / 16);
  return vm.string(out);
}

} // namespace llmc::text
