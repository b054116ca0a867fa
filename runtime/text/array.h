// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A growable array on malloc for trivially copyable items. Where memory runs
// out it stops taking items and remembers that, so that callers check once at
// the end instead of at every step.
#ifndef LLMC_RUNTIME_TEXT_ARRAY_H
#define LLMC_RUNTIME_TEXT_ARRAY_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

namespace llmc::text {

template <typename T> class Array {
public:
  Array() = default;
  Array(const Array &) = delete;
  Array &operator=(const Array &) = delete;
  ~Array() { free(items); }

  T *data() { return items; }
  const T *data() const { return items; }
  size_t size() const { return count; }
  bool empty() const { return count == 0; }
  T &operator[](size_t i) { return items[i]; }
  const T &operator[](size_t i) const { return items[i]; }
  T &back() { return items[count - 1]; }
  const T &back() const { return items[count - 1]; }
  T *begin() { return items; }
  T *end() { return items + count; }

  /// Whether an item was lost for want of memory.
  bool failed() const { return lost; }
  void fail() { lost = true; }

  void clear() { count = 0; }
  void pop() { --count; }
  void truncate(size_t size) { count = size; }

  bool reserve(size_t wanted) {
    if (wanted <= capacity)
      return true;
    size_t grown = capacity * 2 > wanted ? capacity * 2 : wanted;
    grown = grown < 16 ? 16 : grown;
    void *moved = grown > SIZE_MAX / sizeof(T)
                      ? nullptr
                      : realloc(static_cast<void *>(items), grown * sizeof(T));
    if (!moved)
      return !(lost = true);
    items = static_cast<T *>(moved);
    capacity = grown;
    return true;
  }
  void push(const T &item) {
    T copy = item; // may stand inside this array
    if (count < capacity || reserve(count + 1))
      items[count++] = copy;
  }
  void append(const T *from, size_t number) {
    if (number && reserve(count + number)) {
      memcpy(static_cast<void *>(items + count), from, number * sizeof(T));
      count += number;
    }
  }
  bool resize(size_t size) {
    if (!reserve(size))
      return false;
    count = size;
    return true;
  }
  /// Hands the memory over to the caller, who frees it.
  T *release() {
    T *result = items;
    items = nullptr;
    count = capacity = 0;
    return result;
  }

private:
  T *items = nullptr;
  size_t count = 0;
  size_t capacity = 0;
  bool lost = false;
};

} // namespace llmc::text

#endif // LLMC_RUNTIME_TEXT_ARRAY_H
