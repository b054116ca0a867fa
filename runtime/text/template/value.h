// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Values of the template machine: 16 bytes each, their strings, lists and maps
// in a pool that is freed as a whole. Strings are UTF-8 and never change;
// what a caller built is never written to by a template.
#ifndef LLMC_RUNTIME_TEXT_TEMPLATE_VALUE_H
#define LLMC_RUNTIME_TEXT_TEMPLATE_VALUE_H

#include "llmc/text.h"
#include <stddef.h>
#include <stdint.h>

namespace llmc::text {

enum class Type : uint8_t {
  Undefined,
  None,
  Bool,
  Int,
  Double,
  String,
  List, ///< or tuple
  Map,
  Namespace, ///< a map that a template may write
  Loop,      ///< the variable `loop`
  Macro,     ///< of the program
  Global,    ///< a function of builtins.def
  Method,    ///< of a value: BoundMethod
};

struct List;
struct Map;
struct LoopState;
struct BoundMethod;

struct Value {
  Type type = Type::Undefined;
  bool tuple = false;
  uint32_t size = 0; ///< of a string, in bytes
  union {
    int64_t integer = 0; ///< also Bool, Macro and Global
    double real;
    const char *string;
    List *list;
    Map *map;
    LoopState *loop;
    BoundMethod *method;
  };

  bool is(Type t) const { return type == t; }
  bool isNumber() const {
    return is(Type::Int) || is(Type::Double) || is(Type::Bool);
  }
};

struct List {
  Value *items;
  uint32_t count, capacity;
};

/// In order of insertion; `slots` is a hash table of positions plus one, made
/// once there are more than a few.
struct Map {
  struct Entry {
    Value key, value;
  };
  Entry *entries;
  uint32_t *slots;
  uint32_t count, capacity, slotCount;
};

struct BoundMethod {
  Value object;
  uint32_t method; ///< row of builtins.def
};

inline Value makeNone() {
  Value v;
  v.type = Type::None;
  return v;
}
inline Value makeBool(bool b) {
  Value v;
  v.type = Type::Bool;
  v.integer = b;
  return v;
}
inline Value makeInt(int64_t i, Type type = Type::Int) {
  Value v;
  v.type = type;
  v.integer = i;
  return v;
}
inline Value makeDouble(double d) {
  Value v;
  v.type = Type::Double;
  v.real = d;
  return v;
}
/// A string whose bytes stand elsewhere and stay.
inline Value makeString(const char *p, size_t size) {
  Value v;
  v.type = Type::String;
  v.size = uint32_t(size);
  v.string = p;
  return v;
}

/// Memory for values. Where it runs out the pool has failed for good: then
/// allocate gives nullptr, and the makers give empty values of their type.
class Pool {
public:
  explicit Pool(uint64_t limit) : left(limit) {}
  Pool(const Pool &) = delete;
  Pool &operator=(const Pool &) = delete;
  ~Pool();

  void *allocate(uint64_t size);
  template <typename T> T *make() { return static_cast<T *>(allocate(sizeof(T))); }
  bool failed() const { return lost; }

  Value string(const char *p, size_t size);
  Value list(uint32_t capacity = 0);
  Value map(Type type = Type::Map);
  void append(Value &list, const Value &item);
  void set(Value &map, const Value &key, const Value &item);

private:
  struct Block {
    Block *next;
  };
  Block *blocks = nullptr;
  char *at = nullptr;
  uint64_t room = 0; ///< bytes after `at`
  uint64_t left;     ///< bytes that may still be taken from the system
  bool lost = false;
};

/// The entry of `key`, or nullptr.
Value *findKey(const Value &map, const Value &key);
Value *findKey(const Value &map, const char *key, size_t size);

/// Equality as Python has it (1 == 1.0 == True); `depth` bounds recursion.
bool equalValues(const Value &a, const Value &b, unsigned depth = 64);

} // namespace llmc::text

/// What the C API hands out.
struct llmc_value {
  llmc::text::Value value;
};

#endif // LLMC_RUNTIME_TEXT_TEMPLATE_VALUE_H
