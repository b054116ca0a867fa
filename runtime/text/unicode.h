// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// UTF-8 and character classes: bytes in; code points, classes and canonical
// composition out. The scanners and the template's string functions share it.
// Decoding expects valid UTF-8, so callers validate what comes from outside.
#ifndef LLMC_RUNTIME_TEXT_UNICODE_H
#define LLMC_RUNTIME_TEXT_UNICODE_H

#include "runtime/text/array.h"
#include <stddef.h>
#include <stdint.h>

namespace llmc::text {

/// Classes that the pre-tokenizer patterns tell apart.
enum CharClass : uint8_t {
  kOther,
  kUpper,     ///< Lu, Lt
  kLower,     ///< Ll
  kLetter,    ///< Lm, Lo
  kMark,      ///< M
  kDigit,     ///< Nd, Nl
  kNumber,    ///< No
  kSpace,     ///< White_Space
  kConnector, ///< Pc
};

constexpr uint32_t classBit(CharClass c) { return 1u << c; }
constexpr uint32_t kAnyLetter =
    classBit(kUpper) | classBit(kLower) | classBit(kLetter);
constexpr uint32_t kAnyNumber = classBit(kDigit) | classBit(kNumber);
constexpr uint32_t kWordChar =
    kAnyLetter | classBit(kMark) | classBit(kDigit) | classBit(kConnector);

CharClass classOf(uint32_t codePoint);

/// The other case where it is one character, else the code point itself.
uint32_t toLower(uint32_t codePoint);
uint32_t toUpper(uint32_t codePoint);

/// The code point at `p` and its length; `p` must stand at the start of a
/// character of valid UTF-8.
inline uint32_t decodeUtf8(const uint8_t *p, unsigned &length) {
  if (p[0] < 0x80)
    return length = 1, p[0];
  if (p[0] < 0xE0)
    return length = 2, uint32_t(p[0] & 0x1F) << 6 | (p[1] & 0x3F);
  if (p[0] < 0xF0)
    return length = 3, uint32_t(p[0] & 0x0F) << 12 |
                           uint32_t(p[1] & 0x3F) << 6 | (p[2] & 0x3F);
  return length = 4, uint32_t(p[0] & 0x07) << 18 | uint32_t(p[1] & 0x3F) << 12 |
                         uint32_t(p[2] & 0x3F) << 6 | (p[3] & 0x3F);
}

/// Writes `codePoint` to `out` (4 bytes of room); the number of bytes.
unsigned encodeUtf8(uint32_t codePoint, uint8_t *out);

/// How the bytes at `p` begin: a whole character, a prefix of one that more
/// bytes may complete, or neither. `length` is the character's length, or that
/// of the maximal subpart which one U+FFFD replaces (Unicode, section 3.9).
enum class Utf8Part { Whole, Prefix, Invalid };
Utf8Part classifyUtf8(const uint8_t *p, const uint8_t *end, unsigned &length);

/// The number of leading bytes that are valid UTF-8.
size_t validUtf8(const uint8_t *p, size_t size);

/// Appends the canonical composition (NFC, UAX 15) of valid UTF-8 to `out`.
void composeNfc(const uint8_t *p, size_t size, Array<uint8_t> &out);

} // namespace llmc::text

#endif // LLMC_RUNTIME_TEXT_UNICODE_H
