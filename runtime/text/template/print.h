// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Values as text, as Python and its json module write them: what `{{ x }}`,
// string filters and tojson give. Output stops at a limit.
#ifndef LLMC_RUNTIME_TEXT_TEMPLATE_PRINT_H
#define LLMC_RUNTIME_TEXT_TEMPLATE_PRINT_H

#include "runtime/text/array.h"
#include "runtime/text/template/value.h"

namespace llmc::text {

struct JsonStyle {
  int32_t indent = -1; ///< spaces for each level; negative: one line
  bool ascii = false;
  bool sortKeys = false;
  Value itemSeparator, keySeparator; ///< Undefined: json's own
};

class Printer {
public:
  Printer(Array<uint8_t> &out, uint64_t limit) : out(out), limit(limit) {}

  void print(const Value &value); ///< str()
  void repr(const Value &value) { repr(value, 64); }
  void json(const Value &value, const JsonStyle &style) {
    json(value, style, 0);
  }
  void write(const char *p, size_t size);

  bool full() const { return overflow; }     ///< the limit was reached
  bool tooDeep() const { return deep; }      ///< nested beyond any sense
  bool notJson() const { return unwritable; } ///< json met another value

private:
  void write(const char *p) { write(p, strlen(p)); }
  void integer(int64_t value);
  void real(double value);
  void repr(const Value &value, unsigned depth);
  void quoted(const Value &string);
  void items(const Value &list, unsigned depth);
  void json(const Value &value, const JsonStyle &style, unsigned level);
  void jsonString(const Value &string, bool ascii);
  void jsonKey(const Value &key, const JsonStyle &style);
  void jsonMap(const Value &map, const JsonStyle &style, unsigned level);
  void separator(const Value &given, const char *own);
  void newline(const JsonStyle &style, unsigned level);

  Array<uint8_t> &out;
  uint64_t limit;
  bool overflow = false;
  bool deep = false;
  bool unwritable = false;
};

/// Positions of the map's entries, sorted by key where all are strings.
void sortedEntries(const Map &map, Array<uint32_t> &order);

/// Less-than of two strings by code point, which UTF-8 keeps.
bool lessString(const Value &a, const Value &b);

/// Sorts positions [0, size) of `order` stably by `less`; n log n.
template <typename Less>
void stableSort(uint32_t *order, uint32_t *spare, size_t size, Less less) {
  if (size < 2)
    return;
  size_t half = size / 2;
  stableSort(order, spare, half, less);
  stableSort(order + half, spare, size - half, less);
  memcpy(spare, order, half * sizeof *order);
  size_t a = 0, b = half, to = 0;
  while (a < half)
    if (b < size && less(order[b], spare[a]))
      order[to++] = order[b++];
    else
      order[to++] = spare[a++];
}

} // namespace llmc::text

#endif // LLMC_RUNTIME_TEXT_TEMPLATE_PRINT_H
