// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/text/template/print.h"
#include "runtime/text/unicode.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

namespace llmc::text {

static constexpr unsigned kMaxDepth = 64;

void Printer::write(const char *p, size_t size) {
  if (overflow || size > limit - out.size()) {
    overflow = true;
    return;
  }
  out.append(reinterpret_cast<const uint8_t *>(p), size);
}

void Printer::integer(int64_t value) {
  char text[24];
  write(text, size_t(snprintf(text, sizeof text, "%lld", (long long)value)));
}

/// The shortest digits that read back as the same number, written as Python
/// does: with exponent from 1e16 on and below 1e-4.
void Printer::real(double value) {
  if (!isfinite(value))
    return write(isnan(value) ? "nan" : value < 0 ? "-inf" : "inf");
  char text[40];
  int digits = 1;
  for (; digits < 17; ++digits) {
    snprintf(text, sizeof text, "%.*e", digits - 1, value);
    if (strtod(text, nullptr) == value)
      break;
  }
  snprintf(text, sizeof text, "%.*e", digits - 1, value);
  char *e = strchr(text, 'e');
  int exponent = atoi(e + 1);
  if (exponent >= -4 && exponent < 16) {
    int places = digits - 1 - exponent;
    snprintf(text, sizeof text, "%.*f", places < 1 ? 1 : places, value);
  }
  if (char *comma = strchr(text, ',')) // a locale's decimal point
    *comma = '.';
  write(text);
}

void Printer::print(const Value &value) {
  if (value.is(Type::Undefined))
    return;
  if (value.is(Type::String))
    return write(value.string, value.size);
  repr(value, kMaxDepth);
}

void Printer::quoted(const Value &string) {
  const char *p = string.string, *end = p + string.size;
  bool single = memchr(p, '\'', string.size) && !memchr(p, '"', string.size);
  char quote = single ? '"' : '\'';
  write(&quote, 1);
  while (p < end && !overflow) {
    unsigned length;
    uint32_t c = decodeUtf8(reinterpret_cast<const uint8_t *>(p), length);
    char escape[12];
    if (c == '\n' || c == '\r' || c == '\t')
      write(c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t");
    else if (c == '\\' || c == uint32_t(quote))
      write(c == '\\' ? "\\\\" : "\\'");
    else if (c < 32 || (c >= 127 && c <= 160) || c == 173)
      write(escape, size_t(snprintf(escape, sizeof escape, "\\x%02x", c)));
    else
      write(p, length);
    p += length;
  }
  write(&quote, 1);
}

void Printer::items(const Value &value, unsigned depth) {
  bool isMap = !value.is(Type::List);
  write(isMap ? "{" : value.tuple ? "(" : "[");
  uint32_t count = isMap ? value.map->count : value.list->count;
  for (uint32_t i = 0; i < count && !overflow && !deep; ++i) {
    if (i)
      write(", ");
    if (isMap) {
      repr(value.map->entries[i].key, depth);
      write(": ");
    }
    repr(isMap ? value.map->entries[i].value : value.list->items[i], depth);
  }
  if (value.tuple && count == 1)
    write(",");
  write(isMap ? "}" : value.tuple ? ")" : "]");
}

void Printer::repr(const Value &value, unsigned depth) {
  if (depth == 0) {
    deep = true;
    return;
  }
  switch (value.type) {
  case Type::Undefined:
    return write("Undefined");
  case Type::None:
    return write("None");
  case Type::Bool:
    return write(value.integer ? "True" : "False");
  case Type::Int:
    return integer(value.integer);
  case Type::Double:
    return real(value.real);
  case Type::String:
    return quoted(value);
  case Type::List:
  case Type::Map:
    return items(value, depth - 1);
  case Type::Namespace:
    return write("<Namespace>");
  case Type::Loop:
    return write("<LoopContext>");
  case Type::Macro:
  case Type::Global:
  case Type::Method:
    return write("<function>");
  }
}

void Printer::jsonString(const Value &string, bool ascii) {
  const char *p = string.string, *end = p + string.size;
  write("\"");
  while (p < end && !overflow) {
    unsigned length;
    uint32_t c = decodeUtf8(reinterpret_cast<const uint8_t *>(p), length);
    const char *from = "\"\\\n\r\t\b\f", *to = "\"\\nrtbf";
    const char *at = c && c < 128 ? strchr(from, int(c)) : nullptr;
    char escape[16] = {'\\', at ? to[at - from] : '\0'};
    if (at)
      write(escape, 2);
    else if (c < 32 || (ascii && c > 126 && c < 0x10000))
      write(escape, size_t(snprintf(escape, sizeof escape, "\\u%04x", c)));
    else if (ascii && c >= 0x10000)
      write(escape, size_t(snprintf(escape, sizeof escape, "\\u%04x\\u%04x",
                                    0xD7C0 + (c >> 10), 0xDC00 + (c & 0x3FF))));
    else
      write(p, length);
    p += length;
  }
  write("\"");
}

void Printer::jsonKey(const Value &key, const JsonStyle &style) {
  if (key.is(Type::String))
    return jsonString(key, style.ascii);
  write("\"");
  json(key, style, 0);
  write("\"");
}

void Printer::separator(const Value &given, const char *own) {
  if (given.is(Type::String))
    return write(given.string, given.size);
  write(own);
}

void Printer::newline(const JsonStyle &style, unsigned level) {
  if (style.indent < 0)
    return;
  write("\n");
  for (uint64_t i = uint64_t(level) * uint32_t(style.indent); i && !overflow; --i)
    write(" ");
}

void Printer::jsonMap(const Value &value, const JsonStyle &style,
                      unsigned level) {
  const Map &map = *value.map;
  Array<uint32_t> order;
  if (style.sortKeys)
    sortedEntries(map, order);
  for (uint32_t i = 0; i < map.count && !overflow && !deep; ++i) {
    if (i)
      separator(style.itemSeparator, style.indent < 0 ? ", " : ",");
    newline(style, level + 1);
    uint32_t at = i < order.size() ? order[i] : i;
    jsonKey(map.entries[at].key, style);
    separator(style.keySeparator, ": ");
    json(map.entries[at].value, style, level + 1);
  }
}

void Printer::json(const Value &value, const JsonStyle &style,
                   unsigned level) {
  if (level > kMaxDepth) {
    deep = true;
    return;
  }
  switch (value.type) {
  case Type::None:
    return write("null");
  case Type::Bool:
    return write(value.integer ? "true" : "false");
  case Type::Int:
    return integer(value.integer);
  case Type::Double:
    if (isfinite(value.real))
      return real(value.real);
    return write(isnan(value.real) ? "NaN"
                 : value.real < 0  ? "-Infinity"
                                   : "Infinity");
  case Type::String:
    return jsonString(value, style.ascii);
  case Type::List:
    write("[");
    for (uint32_t i = 0; i < value.list->count && !overflow && !deep; ++i) {
      if (i)
        separator(style.itemSeparator, style.indent < 0 ? ", " : ",");
      newline(style, level + 1);
      json(value.list->items[i], style, level + 1);
    }
    if (value.list->count)
      newline(style, level);
    return write("]");
  case Type::Map:
    write("{");
    jsonMap(value, style, level);
    if (value.map->count)
      newline(style, level);
    return write("}");
  default:
    unwritable = true;
  }
}

bool lessString(const Value &a, const Value &b) {
  uint32_t size = a.size < b.size ? a.size : b.size;
  int order = size ? memcmp(a.string, b.string, size) : 0;
  return order ? order < 0 : a.size < b.size;
}

void sortedEntries(const Map &map, Array<uint32_t> &order) {
  Array<uint32_t> spare;
  if (!order.resize(map.count) || !spare.resize(map.count))
    return order.truncate(0);
  for (uint32_t i = 0; i < map.count; ++i) {
    order[i] = i;
    if (!map.entries[i].key.is(Type::String))
      return order.truncate(0);
  }
  stableSort(order.data(), spare.data(), order.size(),
             [&](uint32_t a, uint32_t b) {
               return lessString(map.entries[a].key, map.entries[b].key);
             });
}

} // namespace llmc::text
