#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes unicode_tables.inc from Python's own Unicode data (standard library).

    python3 runtime/text/make_unicode_tables.py > runtime/text/unicode_tables.inc

Character classes as a two-level table (blocks of 128), what canonical
composition (NFC) needs (combining classes, decompositions, compositions), and
lower and upper case.
The committed file is Unicode 14.0.0, the version of PCRE2 10.42, which is the
oracle of the scanners' tests."""
import sys
import unicodedata as u

SPACES = {*range(9, 14), 0x20, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B),
          0x2028, 0x2029, 0x202F, 0x205F, 0x3000}
CLASS = {"Lu": 1, "Lt": 1, "Ll": 2, "Lm": 3, "Lo": 3, "Mn": 4, "Mc": 4,
         "Me": 4, "Nd": 5, "Nl": 5, "No": 6, "Pc": 8}
BLOCK = 128


def char_class(c):
    return 7 if c in SPACES else CLASS.get(u.category(chr(c)), 0)


def rows(values, width, form="%d"):
    for i in range(0, len(values), width):
        print("    " + ", ".join(form % v for v in values[i:i + width]) + ",")


def classes():
    blocks, index = {}, []
    for start in range(0, 0x110000, BLOCK):
        block = tuple(char_class(c) for c in range(start, start + BLOCK))
        index.append(blocks.setdefault(block, len(blocks)))
    assert len(blocks) <= 256
    print(f"const uint8_t kClassIndex[{len(index)}] = {{")
    rows(index, 20)
    print(f"}};\nconst uint8_t kClassBlocks[{len(blocks)}][{BLOCK}] = {{")
    for block in blocks:
        print("    {" + ",".join(map(str, block)) + "},")
    print("};")


def case_ranges(name, convert):
    """Runs of code points, every `step`-th, that differ by `delta` from what
    they convert to; conversions to several characters are left out."""
    runs = []
    for c in range(0x110000):
        other = convert(chr(c))
        if len(other) != 1 or ord(other) == c:
            continue
        delta = ord(other) - c
        if runs and runs[-1][3] == delta:
            first, last, step, _ = runs[-1]
            gap = c - last
            if gap == step or (step == 0 and gap in (1, 2)):
                runs[-1] = [first, c, gap, delta]
                continue
        runs.append([c, c, 0, delta])
    print(f"const CaseRange {name}[{len(runs)}] = {{")
    for i in range(0, len(runs), 4):
        print("    " + " ".join(
            "{0x%X, 0x%X, %d, %d}," % (a, b, s or 1, d)
            for a, b, s, d in runs[i:i + 4]))
    print("};")


def canonical():
    combining, decompose, compose = [], [], []
    for c in range(0x110000):
        if 0xD800 <= c < 0xE000:
            continue
        if u.combining(chr(c)):
            combining.append((c, u.combining(chr(c))))
        text = u.decomposition(chr(c))
        if not text or text.startswith("<"):
            continue
        parts = [int(p, 16) for p in text.split()]
        decompose.append((c, parts[0], parts[1] if len(parts) > 1 else 0))
        # A primary composite is what composing its own parts gives back.
        if len(parts) == 2 and u.normalize("NFC", chr(c)) == chr(c):
            compose.append((parts[0], parts[1], c))
    compose.sort()
    for name, table, kind in (("kCombining", combining, "CombiningClass"),
                              ("kDecompose", decompose, "Decomposition"),
                              ("kCompose", compose, "Composition")):
        print(f"const {kind} {name}[{len(table)}] = {{")
        for i in range(0, len(table), 4):
            print("    " + " ".join(
                "{" + ", ".join("0x%X" % v for v in row) + "},"
                for row in table[i:i + 4]))
        print("};")


print("// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception")
print("// Made by make_unicode_tables.py: do not edit. Unicode "
      + u.unidata_version + ".")
classes()
canonical()
case_ranges("kToLower", str.lower)
case_ranges("kToUpper", str.upper)
sys.stdout.flush()
