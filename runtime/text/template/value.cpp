// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/text/template/value.h"
#include "runtime/text/format.h"
#include "runtime/text/unicode.h"
#include <new>
#include <stdlib.h>
#include <string.h>

namespace llmc::text {

// What stands for containers that found no memory: nothing can be added, since
// a pool that has failed gives none.
static const List kNoList = {nullptr, 0, 0};
static const Map kNoMap = {nullptr, nullptr, 0, 0, 0};

Pool::~Pool() {
  while (blocks) {
    Block *next = blocks->next;
    free(blocks);
    blocks = next;
  }
}

void *Pool::allocate(uint64_t size) {
  if (lost) // once is for ever, so that nothing half made is used
    return nullptr;
  size = (size + 15) / 16 * 16;
  if (size > room) {
    constexpr uint64_t kHead = 16, kBlock = 64 << 10;
    uint64_t wanted = size + kHead > kBlock ? size + kHead : kBlock;
    auto *block = wanted > left || size > left
                      ? nullptr
                      : static_cast<Block *>(malloc(size_t(wanted)));
    if (!block) {
      lost = true;
      return nullptr;
    }
    left -= wanted;
    block->next = blocks;
    blocks = block;
    at = reinterpret_cast<char *>(block) + kHead;
    room = wanted - kHead;
  }
  void *result = at;
  at += size;
  room -= size;
  return result;
}

Value Pool::string(const char *p, size_t size) {
  if (size > UINT32_MAX) {
    lost = true;
    return makeString("", 0);
  }
  auto *copy = static_cast<char *>(allocate(size));
  if (!copy)
    return makeString("", 0);
  if (size)
    memcpy(copy, p, size);
  return makeString(copy, size);
}

Value Pool::list(uint32_t capacity) {
  Value v;
  v.type = Type::List;
  v.list = make<List>();
  if (!v.list) {
    v.list = const_cast<List *>(&kNoList);
    return v;
  }
  *v.list = {nullptr, 0, 0};
  auto *items = static_cast<Value *>(allocate(capacity * sizeof(Value)));
  if (items)
    *v.list = {items, 0, capacity};
  return v;
}

Value Pool::map(Type type) {
  Value v;
  v.type = type;
  v.map = make<Map>();
  if (v.map)
    *v.map = {nullptr, nullptr, 0, 0, 0};
  else
    v.map = const_cast<Map *>(&kNoMap);
  return v;
}

/// Room for one more item; false where memory or the 32-bit count runs out.
template <typename T>
static bool grow(Pool &pool, T *&items, uint32_t count, uint32_t &capacity) {
  if (count < capacity)
    return true;
  if (capacity > UINT32_MAX / 2)
    return false;
  uint32_t wanted = capacity ? capacity * 2 : 4;
  T *moved = static_cast<T *>(pool.allocate(uint64_t(wanted) * sizeof(T)));
  if (!moved)
    return false;
  if (count)
    memcpy(static_cast<void *>(moved), items, count * sizeof(T));
  items = moved;
  capacity = wanted;
  return true;
}

void Pool::append(Value &value, const Value &item) {
  if (!value.is(Type::List))
    return;
  List &list = *value.list;
  if (grow(*this, list.items, list.count, list.capacity))
    list.items[list.count++] = item;
  else
    lost = true;
}

static uint64_t hashKey(const Value &key) {
  if (key.is(Type::String))
    return hashBytes(reinterpret_cast<const uint8_t *>(key.string), key.size);
  // Equal numbers hash alike whatever their type.
  double number = key.is(Type::Double)  ? key.real
                  : key.isNumber()      ? double(key.integer)
                                        : 0;
  uint64_t bits;
  memcpy(&bits, &number, 8);
  return hashPair(uint32_t(bits), uint32_t(bits >> 32));
}

/// The position of `key`, or the entry count.
static uint32_t findEntry(const Map &map, const Value &key) {
  if (!map.slotCount) {
    for (uint32_t i = 0; i < map.count; ++i)
      if (equalValues(map.entries[i].key, key, 1))
        return i;
    return map.count;
  }
  uint32_t slot = slotOf(hashKey(key), map.slotCount);
  while (uint32_t position = map.slots[slot]) {
    if (equalValues(map.entries[position - 1].key, key, 1))
      return position - 1;
    slot = slot + 1 == map.slotCount ? 0 : slot + 1;
  }
  return map.count;
}

static void index(Map &map, uint32_t position) {
  uint32_t slot = slotOf(hashKey(map.entries[position].key), map.slotCount);
  while (map.slots[slot])
    slot = slot + 1 == map.slotCount ? 0 : slot + 1;
  map.slots[slot] = position + 1;
}

void Pool::set(Value &value, const Value &key, const Value &item) {
  if (!value.is(Type::Map) && !value.is(Type::Namespace))
    return;
  Map &map = *value.map;
  uint32_t at = findEntry(map, key);
  if (at < map.count) {
    map.entries[at].value = item;
    return;
  }
  uint32_t before = map.capacity;
  if (!grow(*this, map.entries, map.count, map.capacity)) {
    lost = true;
    return;
  }
  map.entries[map.count++] = {key, item};
  if (map.capacity <= 16)
    return;
  if (map.capacity != before) {
    uint64_t bytes = uint64_t(map.capacity) * 2 * sizeof(uint32_t);
    auto *slots = static_cast<uint32_t *>(allocate(bytes));
    if (!slots) { // without the table the map is slow but right
      map.slotCount = 0;
      return;
    }
    memset(slots, 0, size_t(bytes));
    map.slots = slots;
    map.slotCount = map.capacity * 2;
    for (uint32_t i = 0; i < map.count; ++i)
      index(map, i);
  } else if (map.slotCount) {
    index(map, map.count - 1);
  }
}

Value *findKey(const Value &value, const Value &key) {
  Map &map = *value.map;
  uint32_t at = findEntry(map, key);
  return at < map.count ? &map.entries[at].value : nullptr;
}

Value *findKey(const Value &value, const char *key, size_t size) {
  return findKey(value, makeString(key, size));
}

bool equalValues(const Value &a, const Value &b, unsigned depth) {
  if (a.isNumber() && b.isNumber()) {
    if (!a.is(Type::Double) && !b.is(Type::Double))
      return a.integer == b.integer;
    double x = a.is(Type::Double) ? a.real : double(a.integer);
    double y = b.is(Type::Double) ? b.real : double(b.integer);
    return x == y;
  }
  if (a.type != b.type || depth == 0)
    return false;
  switch (a.type) {
  case Type::Undefined:
  case Type::None:
    return true;
  case Type::String:
    return a.size == b.size && memcmp(a.string, b.string, a.size) == 0;
  case Type::List:
    if (a.list->count != b.list->count || a.tuple != b.tuple)
      return false;
    for (uint32_t i = 0; i < a.list->count; ++i)
      if (!equalValues(a.list->items[i], b.list->items[i], depth - 1))
        return false;
    return true;
  case Type::Map:
    if (a.map->count != b.map->count)
      return false;
    for (uint32_t i = 0; i < a.map->count; ++i) {
      const Map::Entry &entry = a.map->entries[i];
      Value *other = findKey(b, entry.key);
      if (!other || !equalValues(entry.value, *other, depth - 1))
        return false;
    }
    return true;
  default:
    return a.integer == b.integer;
  }
}

} // namespace llmc::text

using namespace llmc::text;

struct llmc_values {
  Pool pool{UINT64_MAX};
};

llmc_values *llmc_values_open(void) {
  void *memory = malloc(sizeof(llmc_values));
  return memory ? new (memory) llmc_values : nullptr;
}

void llmc_values_close(llmc_values *values) {
  if (!values)
    return;
  values->~llmc_values();
  free(values);
}

static llmc_value *keep(llmc_values *values, const Value &value) {
  auto *kept = values->pool.make<llmc_value>();
  if (!kept || values->pool.failed())
    return nullptr;
  kept->value = value;
  return kept;
}

llmc_value *llmc_value_null(llmc_values *pool) {
  return keep(pool, makeNone());
}
llmc_value *llmc_value_bool(llmc_values *pool, int value) {
  return keep(pool, makeBool(value));
}
llmc_value *llmc_value_int(llmc_values *pool, int64_t value) {
  return keep(pool, makeInt(value));
}
llmc_value *llmc_value_double(llmc_values *pool, double value) {
  return keep(pool, makeDouble(value));
}
llmc_value *llmc_value_string(llmc_values *pool, const char *string,
                              size_t length) {
  // The machine walks strings as characters, so they must be whole ones.
  if (validUtf8(reinterpret_cast<const uint8_t *>(string), length) != length)
    return nullptr;
  return keep(pool, pool->pool.string(string, length));
}
llmc_value *llmc_value_list(llmc_values *pool) {
  return keep(pool, pool->pool.list());
}
llmc_value *llmc_value_map(llmc_values *pool) {
  return keep(pool, pool->pool.map());
}

llmc_value *llmc_value_append(llmc_values *pool, llmc_value *list,
                              llmc_value *item) {
  if (!list || !item || !list->value.is(Type::List))
    return nullptr;
  pool->pool.append(list->value, item->value);
  return pool->pool.failed() ? nullptr : list;
}

llmc_value *llmc_value_set(llmc_values *pool, llmc_value *map, const char *key,
                           size_t key_length, llmc_value *item) {
  llmc_value *name = llmc_value_string(pool, key, key_length);
  if (!map || !item || !name || !map->value.is(Type::Map))
    return nullptr;
  pool->pool.set(map->value, name->value, item->value);
  return pool->pool.failed() ? nullptr : map;
}
