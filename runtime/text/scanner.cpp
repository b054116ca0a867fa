// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// L, N, M and s below are the classes \p{L}, \p{N}, \p{M} and \s.
#include "runtime/text/scanner.h"
#include "runtime/text/unicode.h"
#include <initializer_list>
#include <string.h>

namespace llmc::text {
namespace {

constexpr uint32_t kSpaceBit = classBit(kSpace);
/// [^\s\p{L}\p{N}]
constexpr uint32_t kSymbol = ~(kSpaceBit | kAnyLetter | kAnyNumber);
/// [\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}] and [\p{Ll}\p{Lm}\p{Lo}\p{M}]
constexpr uint32_t kHead =
    classBit(kUpper) | classBit(kLetter) | classBit(kMark);
constexpr uint32_t kTail =
    classBit(kLower) | classBit(kLetter) | classBit(kMark);

struct Cursor {
  const uint8_t *p, *end;

  bool done() const { return p == end; }
  /// The class of the character at p as a bit, 0 at the end.
  uint32_t bit(unsigned &length) const {
    if (p == end)
      return length = 0;
    return classBit(classOf(decodeUtf8(p, length)));
  }
  bool is(uint32_t classes) const {
    unsigned length;
    return bit(length) & classes;
  }
  bool isNewline() const { return p < end && (*p == '\r' || *p == '\n'); }
  /// Takes characters of `classes`, at most `limit`; their number.
  size_t take(uint32_t classes, size_t limit = SIZE_MAX) {
    size_t taken = 0;
    unsigned length;
    while (taken < limit && (bit(length) & classes)) {
      p += length;
      ++taken;
    }
    return taken;
  }
};

/// The length of 's 't 're 've 'm 'll 'd at p, or 0. Without case, the long s
/// (U+017F) is an s too, as in the regular expression.
size_t contraction(const uint8_t *p, const uint8_t *end, bool anyCase) {
  if (end - p < 2 || p[0] != '\'')
    return 0;
  uint8_t lower = anyCase ? 0x20 : 0;
  auto letter = [&](size_t i) -> uint8_t {
    uint8_t c = end - p > ptrdiff_t(i) ? p[i] : 0;
    return c >= 'A' && c <= 'Z' ? c | lower : c;
  };
  uint8_t a = letter(1), b = letter(2);
  if (a == 's' || a == 't' || a == 'm' || a == 'd')
    return 2;
  if ((a == 'r' && b == 'e') || (a == 'v' && b == 'e') ||
      (a == 'l' && b == 'l'))
    return 3;
  return anyCase && a == 0xC5 && b == 0xBF ? 3 : 0;
}

/// \s+(?!\S)|\s+ at p, where a space stands.
const uint8_t *spaces(const uint8_t *p, const uint8_t *end) {
  Cursor at{p, end};
  const uint8_t *last = p;
  while (at.is(kSpaceBit)) {
    last = at.p;
    at.take(kSpaceBit, 1);
  }
  return at.done() || last == p ? at.p : last;
}

/// `\s*[\r\n]+`: past the last line break of the run of spaces at p, or p.
const uint8_t *lineBreaks(const uint8_t *p, const uint8_t *end) {
  Cursor at{p, end};
  const uint8_t *after = p;
  while (at.is(kSpaceBit)) {
    bool newline = at.isNewline();
    at.take(kSpaceBit, 1);
    if (newline)
      after = at.p;
  }
  return after;
}

/// 's|'t|'re|'ve|'m|'ll|'d| ?L+| ?N+| ?[^sLN]+|s+(?!S)|s+
const uint8_t *scanWords(const uint8_t *p, const uint8_t *end) {
  if (size_t length = contraction(p, end, false))
    return p + length;
  Cursor at{p + (*p == ' '), end};
  for (uint32_t classes : {kAnyLetter, kAnyNumber, kSymbol})
    if (at.take(classes))
      return at.p;
  return spaces(p, end);
}

/// The alternatives that Llama 3, Qwen 2 and o200k share:
/// N{1,max}| ?[^sLN]+[\r\n]*|s*[\r\n]+|s+(?!S)|s+
/// where `slash` also takes / after the symbols.
const uint8_t *scanRest(const uint8_t *p, const uint8_t *end, size_t maxDigits,
                        bool slash) {
  Cursor at{p, end};
  if (at.take(kAnyNumber, maxDigits))
    return at.p;
  at.p = p + (*p == ' ');
  if (at.take(kSymbol)) {
    while (at.isNewline() || (slash && !at.done() && *at.p == '/'))
      ++at.p;
    return at.p;
  }
  const uint8_t *after = lineBreaks(p, end);
  return after > p ? after : spaces(p, end);
}

/// (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\nLN]?L+| and the rest
const uint8_t *scanSentences(const uint8_t *p, const uint8_t *end,
                             size_t maxDigits) {
  if (size_t length = contraction(p, end, true))
    return p + length;
  Cursor at{p, end};
  if (!at.isNewline() && !at.is(kAnyLetter | kAnyNumber))
    at.take(~0u, 1);
  if (at.take(kAnyLetter))
    return at.p;
  return scanRest(p, end, maxDigits, false);
}

/// [head]*[tail]+ at p, backtracking from the longest head; nullptr if none.
const uint8_t *headThenTail(const uint8_t *p, const uint8_t *end) {
  Cursor at{p, end};
  const uint8_t *lastTail = nullptr;
  while (at.is(kHead)) {
    if (at.is(kTail)) {
      lastTail = at.p;
    }
    at.take(kHead, 1);
  }
  if (at.take(kTail))
    return at.p;
  if (!lastTail)
    return nullptr;
  at.p = lastTail;
  at.take(kTail);
  return at.p;
}

/// [head]+[tail]* at p; nullptr if none.
const uint8_t *headMaybeTail(const uint8_t *p, const uint8_t *end) {
  Cursor at{p, end};
  if (!at.take(kHead))
    return nullptr;
  at.take(kTail);
  return at.p;
}

/// [^\r\nLN]?[head]*[tail]+C?|[^\r\nLN]?[head]+[tail]*C?| and the rest, where C
/// is (?i:'s|'t|'re|'ve|'m|'ll|'d) or nothing
const uint8_t *scanCased(const uint8_t *p, const uint8_t *end, size_t maxDigits,
                         bool contractions) {
  Cursor at{p, end};
  if (!at.isNewline() && !at.is(kAnyLetter | kAnyNumber))
    at.take(~0u, 1);
  const uint8_t *word = headThenTail(at.p, end);
  if (!word && at.p != p)
    word = headThenTail(p, end);
  if (!word)
    word = headMaybeTail(at.p, end);
  if (!word && at.p != p)
    word = headMaybeTail(p, end);
  if (word)
    return word + (contractions ? contraction(word, end, true) : 0);
  return scanRest(p, end, maxDigits, true);
}

bool findDigits(const uint8_t *p, const uint8_t *end, size_t limit,
                Match &match) {
  Cursor at{p, end};
  at.take(~kAnyNumber);
  match.begin = at.p;
  at.take(kAnyNumber, limit);
  match.end = at.p;
  return match.end > match.begin;
}

bool findLiteral(Bytes wanted, const uint8_t *p, const uint8_t *end,
                 Match &match) {
  auto *at = static_cast<const uint8_t *>(
      memmem(p, size_t(end - p), wanted.items, wanted.size()));
  if (at)
    match = {at, at + wanted.size()};
  return at;
}

} // namespace

bool findMatch(const Asset &asset, const Stage &stage, const uint8_t *p,
               const uint8_t *end, Match &match) {
  if (p == end)
    return false;
  size_t digits = stage.number ? stage.number : SIZE_MAX;
  switch (stage.kind) {
  case kStageDigits:
    return findDigits(p, end, digits, match);
  case kStageLiteral:
    return findLiteral(asset.string(stage.a), p, end, match);
  case kStageMetaspace:
    return findLiteral(asset.string(stage.b), p, end, match);
  case kStageWords:
    match = {p, scanWords(p, end)};
    return true;
  case kStageSentences:
    match = {p, scanSentences(p, end, digits)};
    return true;
  case kStageCased:
    match = {p, scanCased(p, end, digits, stage.options & kContractions)};
    return true;
  }
  return false;
}

} // namespace llmc::text
