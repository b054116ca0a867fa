# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""ELF files of the guest: functions, load segments, marks."""

import os
import re
import shutil
import struct
import subprocess
import sys
from bisect import bisect_right
from collections import defaultdict


def fail(text):
    sys.exit(f"armcycles: {text}")


class Elf:
    """Functions and load segments of an AArch64 ELF file."""

    def __init__(self, path):
        self.path = path
        with open(path, "rb") as f:
            d = f.read()
        machine = struct.unpack_from("<H", d.ljust(64, b"\0"), 18)[0]
        if d[:6] != b"\x7fELF\x02\x01" or machine != 183:
            raise ValueError("not an AArch64 ELF file")
        phoff, shoff = struct.unpack_from("<QQ", d, 32)
        phsize, phnum, shsize, shnum = struct.unpack_from("<HHHH", d, 54)
        self.loads = []         # (vaddr, offset, filesz, executable)
        for i in range(phnum):
            kind, flags, off, va, _, size = struct.unpack_from(
                "<IIQQQQ", d, phoff + i * phsize)
            if kind == 1:
                self.loads.append((va, off, size, bool(flags & 1)))
        sections = [struct.unpack_from("<IIQQQQIIQQ", d, shoff + i * shsize)
                    for i in range(shnum)] if shoff else []
        code = [(s[3], s[3] + s[5]) for s in sections if s[2] & 4]
        found = {}
        for s in sections:
            if s[1] not in (2, 11):                 # SYMTAB, DYNSYM
                continue
            names = sections[s[6]][4]
            for p in range(s[4], s[4] + s[5], 24):
                name, info, _, shndx, value, size = struct.unpack_from(
                    "<IBBHQQ", d, p)
                if shndx == 0 or info & 15 not in (0, 2, 10):
                    continue
                if info & 15 == 0 and not any(a <= value < b for a, b in code):
                    continue
                end = d.index(b"\0", names + name)
                text = d[names + name:end].decode(errors="replace")
                if not text or text[0] == "$":      # mapping symbols
                    continue
                # Prefer typed, sized, global names for the same address.
                rank = (info & 15 in (2, 10), size > 0, info >> 4, text)
                if value not in found or rank > found[value][0]:
                    found[value] = (rank, size, text)
        self.names = defaultdict(list)
        self.starts, self.functions = [], []
        for value in sorted(found):
            rank, size, text = found[value]
            # A bare label inside a sized function is no function.
            if not rank[0] and self.functions:
                start, length, _ = self.functions[-1]
                if value < start + length:
                    self.names[text].append(value)
                    continue
            self.names[text].append(value)
            self.starts.append(value)
            self.functions.append((value, size, text))
        self.exec_base = min((l[0] for l in self.loads if l[3]), default=0)

    def function_at(self, value):
        i = bisect_right(self.starts, value) - 1
        if i < 0:
            return None
        start, size, name = self.functions[i]
        return name if size == 0 or value < start + size else None


class Program:
    """Names for guest addresses, over all mapped files."""

    def __init__(self, main, bias, maps):
        self.ranges = []        # (lo, hi, elf, bias)
        for va, off, size, _ in main.loads:
            self.ranges.append((va + bias, va + bias + size, main, bias))
        cache = {os.path.realpath(main.path): None}
        for lo, hi, off, path in maps:
            if path not in cache:
                try:
                    cache[path] = Elf(path)
                except (OSError, ValueError, IndexError, struct.error):
                    cache[path] = None
            elf = cache[path]
            for va, foff, size, _ in elf.loads if elf else ():
                if foff & ~4095 <= off < foff + size:
                    self.ranges.append((lo, hi, elf, lo - off - (va - foff)))
                    break

    def locate(self, addr):
        """(object, function) of a guest address."""
        for lo, hi, elf, bias in self.ranges:
            if lo <= addr < hi:
                name = elf.function_at(addr - bias)
                where = os.path.basename(elf.path)
                return where, name or f"[{where}]"
        return "", "[unknown]"


def demangler(names):
    tool = shutil.which("llvm-cxxfilt") or shutil.which("c++filt")
    names = sorted(n for n in names if n.startswith("_Z"))
    if not tool or not names:
        return {}
    out = subprocess.run([tool], input="\n".join(names), text=True,
                         capture_output=True).stdout.split("\n")
    return dict(zip(names, out))


def plain(name):
    """A demangled name without its parameters."""
    return re.sub(r"\(.*", "", name)


def find_marks(elf, text):
    """Addresses (in the file) of a symbol, a demangled name or a number."""
    if re.fullmatch(r"0x[0-9a-fA-F]+", text):
        return [int(text, 16)]
    if text in elf.names:
        return elf.names[text]
    names = demangler(elf.names)
    hits = [a for n, d in names.items() if text in (d, plain(d))
            for a in elf.names[n]]
    if not hits:
        fail(f"no symbol {text} in {elf.path}")
    return hits
