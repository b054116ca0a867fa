// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/text/unicode.h"

namespace llmc::text {

namespace {

struct CombiningClass {
  uint32_t codePoint;
  uint8_t value;
};
struct Decomposition {
  uint32_t codePoint, first, second;
};
struct Composition {
  uint32_t first, second, codePoint;
};
struct CaseRange {
  uint32_t first, last, step;
  int32_t delta;
};

#include "runtime/text/unicode_tables.inc"

template <typename Row, size_t N, typename Less>
const Row *lowerBound(const Row (&table)[N], Less less) {
  size_t low = 0, high = N;
  while (low < high) {
    size_t middle = (low + high) / 2;
    if (less(table[middle]))
      low = middle + 1;
    else
      high = middle;
  }
  return low < N ? &table[low] : nullptr;
}

uint8_t combiningClass(uint32_t c) {
  if (c < 0x300)
    return 0;
  auto *row = lowerBound(kCombining, [&](const CombiningClass &r) {
    return r.codePoint < c;
  });
  return row && row->codePoint == c ? row->value : 0;
}

template <size_t N>
uint32_t convertCase(const CaseRange (&table)[N], uint32_t c) {
  auto *row =
      lowerBound(table, [&](const CaseRange &r) { return r.last < c; });
  if (!row || c < row->first || (c - row->first) % row->step)
    return c;
  return uint32_t(int32_t(c) + row->delta);
}

// Hangul syllables are composed by arithmetic (Unicode, section 3.12).
constexpr uint32_t kSBase = 0xAC00, kLBase = 0x1100, kVBase = 0x1161,
                   kTBase = 0x11A7, kLCount = 19, kVCount = 21, kTCount = 28,
                   kSCount = kLCount * kVCount * kTCount;

/// Zero where the pair has no primary composite.
uint32_t composePair(uint32_t first, uint32_t second) {
  if (first - kLBase < kLCount && second - kVBase < kVCount)
    return kSBase + ((first - kLBase) * kVCount + second - kVBase) * kTCount;
  if (first - kSBase < kSCount && (first - kSBase) % kTCount == 0 &&
      second - kTBase - 1 < kTCount - 1)
    return first + second - kTBase;
  auto *row = lowerBound(kCompose, [&](const Composition &r) {
    return r.first < first || (r.first == first && r.second < second);
  });
  return row && row->first == first && row->second == second ? row->codePoint
                                                             : 0;
}

struct Mark {
  uint32_t codePoint;
  uint8_t combining;
};

void decomposeInto(uint32_t c, Array<Mark> &out) {
  if (c - kSBase < kSCount) {
    uint32_t s = c - kSBase;
    out.push({kLBase + s / (kVCount * kTCount), 0});
    out.push({kVBase + s % (kVCount * kTCount) / kTCount, 0});
    if (s % kTCount)
      out.push({kTBase + s % kTCount, 0});
    return;
  }
  auto *row = lowerBound(
      kDecompose, [&](const Decomposition &r) { return r.codePoint < c; });
  if (c >= 0xC0 && row && row->codePoint == c) {
    decomposeInto(row->first, out); // at most four levels deep
    if (row->second)
      decomposeInto(row->second, out);
    return;
  }
  out.push({c, combiningClass(c)});
}

/// Orders runs of marks by combining class, stable and in linear time (the
/// text may be hostile): one counting sort for each run that is out of order.
void orderMarks(Array<Mark> &marks, Array<Mark> &sorted) {
  for (size_t i = 0; i < marks.size();) {
    size_t begin = i;
    bool ordered = true;
    for (; i < marks.size() && marks[i].combining; ++i)
      ordered &= i == begin || marks[i - 1].combining <= marks[i].combining;
    if (!ordered && sorted.resize(i - begin)) {
      size_t starts[257] = {};
      for (size_t j = begin; j < i; ++j)
        ++starts[marks[j].combining + 1];
      for (unsigned k = 1; k < 257; ++k)
        starts[k] += starts[k - 1];
      for (size_t j = begin; j < i; ++j)
        sorted[starts[marks[j].combining]++] = marks[j];
      memcpy(&marks[begin], sorted.data(), (i - begin) * sizeof(Mark));
    }
    if (i == begin)
      ++i;
  }
}

/// Composes `marks` in place: a starter and what follows it.
void composeMarks(Array<Mark> &marks) {
  size_t kept = 0, starter = SIZE_MAX;
  for (size_t i = 0; i < marks.size(); ++i) {
    Mark mark = marks[i];
    bool blocked = kept > 0 && starter != kept - 1 &&
                   marks[kept - 1].combining >= mark.combining;
    uint32_t joined = starter == SIZE_MAX || blocked
                          ? 0
                          : composePair(marks[starter].codePoint, mark.codePoint);
    if (joined) {
      marks[starter].codePoint = joined;
      continue;
    }
    if (mark.combining == 0)
      starter = kept;
    marks[kept++] = mark;
  }
  marks.truncate(kept);
}

} // namespace

CharClass classOf(uint32_t c) {
  if (c > 0x10FFFF)
    return kOther;
  return CharClass(kClassBlocks[kClassIndex[c >> 7]][c & 127]);
}

uint32_t toLower(uint32_t c) { return convertCase(kToLower, c); }
uint32_t toUpper(uint32_t c) { return convertCase(kToUpper, c); }

unsigned encodeUtf8(uint32_t c, uint8_t *out) {
  if (c < 0x80)
    return out[0] = uint8_t(c), 1;
  if (c < 0x800) {
    out[0] = uint8_t(0xC0 | c >> 6);
    out[1] = uint8_t(0x80 | (c & 0x3F));
    return 2;
  }
  if (c < 0x10000) {
    out[0] = uint8_t(0xE0 | c >> 12);
    out[1] = uint8_t(0x80 | (c >> 6 & 0x3F));
    out[2] = uint8_t(0x80 | (c & 0x3F));
    return 3;
  }
  out[0] = uint8_t(0xF0 | c >> 18);
  out[1] = uint8_t(0x80 | (c >> 12 & 0x3F));
  out[2] = uint8_t(0x80 | (c >> 6 & 0x3F));
  out[3] = uint8_t(0x80 | (c & 0x3F));
  return 4;
}

Utf8Part classifyUtf8(const uint8_t *p, const uint8_t *end, unsigned &length) {
  uint8_t lead = p[0];
  length = 1;
  if (lead < 0x80)
    return Utf8Part::Whole;
  if (lead < 0xC2 || lead > 0xF4)
    return Utf8Part::Invalid;
  unsigned wanted = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  // The second byte's range excludes overlong forms, surrogates and > U+10FFFF.
  uint8_t low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  uint8_t high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  for (; length < wanted; ++length) {
    if (p + length == end)
      return Utf8Part::Prefix;
    if (p[length] < low || p[length] > high)
      return Utf8Part::Invalid;
    low = 0x80;
    high = 0xBF;
  }
  return Utf8Part::Whole;
}

size_t validUtf8(const uint8_t *p, size_t size) {
  const uint8_t *at = p, *end = p + size;
  while (at < end) {
    uint64_t eight;
    if (end - at >= 8) {
      memcpy(&eight, at, 8);
      if (!(eight & 0x8080808080808080u)) {
        at += 8;
        continue;
      }
    }
    unsigned length;
    if (classifyUtf8(at, end, length) != Utf8Part::Whole)
      break;
    at += length;
  }
  return size_t(at - p);
}

void composeNfc(const uint8_t *p, size_t size, Array<uint8_t> &out) {
  const uint8_t *end = p + size;
  Array<Mark> marks, sorted;
  while (p < end) {
    // Below U+0300 nothing composes with what stands before it.
    unsigned length, next;
    uint32_t c = decodeUtf8(p, length);
    if (c < 0x300 &&
        (p + length == end || decodeUtf8(p + length, next) < 0x300)) {
      out.append(p, length);
      p += length;
      continue;
    }
    // Up to the next character below U+0300: such a one starts anew.
    marks.clear();
    do {
      decomposeInto(c, marks);
      p += length;
    } while (p < end && (c = decodeUtf8(p, length)) >= 0x300);
    orderMarks(marks, sorted);
    composeMarks(marks);
    for (const Mark &mark : marks) {
      uint8_t bytes[4];
      out.append(bytes, encodeUtf8(mark.codePoint, bytes));
    }
    if (marks.failed() || sorted.failed())
      return out.fail();
  }
}

} // namespace llmc::text
