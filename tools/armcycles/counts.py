# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs the guest under QEMU and reads back how often each block ran."""

import ctypes
import hashlib
import os
import re
import subprocess
import sys
import time
from collections import defaultdict

from programs import fail, find_marks

HERE = os.path.dirname(os.path.realpath(__file__))


def cache_dir():
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    path = os.path.join(base, "armcycles")
    os.makedirs(path, exist_ok=True)
    return path


def build_plugin(qemu):
    """Compile blockcount.c for this QEMU, once."""
    out = subprocess.run([qemu, "--version"], capture_output=True, text=True)
    m = re.search(r"version (\d+)", out.stdout)
    if not m:
        fail(f"{qemu} does not tell its version")
    api = 1 if int(m[1]) < 9 else 2
    source = os.path.join(HERE, "blockcount.c")
    digest = hashlib.sha256()
    for name in ("blockcount.c", "block_counters.h", "qemu_plugin.h"):
        with open(os.path.join(HERE, name), "rb") as f:
            digest.update(f.read())
    tag = digest.hexdigest()[:16]
    target = os.path.join(cache_dir(), f"blockcount-{tag}-api{api}.so")
    if not os.path.exists(target):
        cc = os.environ.get("CC") or "cc"
        part = f"{target}.{os.getpid()}"
        r = subprocess.run([cc, "-O2", "-fPIC", "-shared", "-pthread",
                            "-fvisibility=hidden", f"-DARMCYCLES_API={api}",
                            "-o", part, source])
        if r.returncode:
            fail("cannot compile the plugin")
        os.rename(part, target)
    return target


def no_randomization():
    """In the child: fixed addresses, for equal counts in every run."""
    ctypes.CDLL(None).personality(0x0040000)


def run(args, elf, out):
    options = [f"out={out}", f"execbase={elf.exec_base:#x}"]
    for kind in ("start", "stop", "within"):
        for text in getattr(args, kind):
            options += [f"{kind}={a:#x}" for a in find_marks(elf, text)]
    if args.scope == "thread":
        options.append("scope=thread")
    plugin = build_plugin(args.qemu)
    spec = ",".join(o.replace(",", ",,") for o in [plugin] + options)
    command = [args.qemu, "-cpu", args.qemu_cpu, "-seed", "1"]
    if args.sysroot:
        command += ["-L", args.sysroot]
    command += ["-plugin", spec] + args.program
    began = time.monotonic()
    # The program's output goes to stderr when --json wants stdout.
    target = sys.stderr if args.json == "-" else None
    done = subprocess.run(command, preexec_fn=no_randomization, stdout=target)
    if not os.path.exists(out):
        fail(f"no counts came back (exit status {done.returncode}; a program "
             "that dies by a signal leaves none, and this QEMU must have "
             "plugins)")
    return done.returncode, time.monotonic() - began


class Block:
    __slots__ = ("addr", "words", "count", "next", "prev", "where", "function",
                 "cycles", "drained", "chain")

    def __init__(self, addr, words):
        self.addr, self.words = addr, words
        self.count = 0
        self.next = defaultdict(int)
        self.prev = defaultdict(int)
        self.cycles = self.drained = 0.0        # per execution
        self.chain = None

    @property
    def end(self):
        return self.addr + 4 * len(self.words)

    @property
    def instructions(self):
        return self.count * len(self.words)


def read_counts(path):
    blocks, threads, maps, head = {}, [], [], {}
    complete = False
    with open(path, errors="replace") as f:
        for line in f:
            kind, _, rest = line.rstrip("\n").partition(" ")
            if kind == "count":
                v = [int(x) for x in rest.split()]
                b = blocks[v[0]]
                b.count += v[1]
                threads[-1][v[0]] = v[1]
                for i in range(2, len(v), 2):
                    b.next[v[i]] += v[i + 1]
                    blocks[v[i]].prev[v[0]] += v[i + 1]
            elif kind == "block":
                v = rest.split()
                blocks[int(v[0])] = Block(int(v[1], 16), v[2:])
            elif kind == "thread":
                threads.append({})
            elif kind == "map":
                lo, hi, off, name = rest.split(" ", 3)
                maps.append((int(lo, 16), int(hi, 16), int(off, 16), name))
            elif kind == "bias":
                head[kind] = int(rest, 16)
            elif kind == "entries":
                head[kind] = int(rest)
            elif kind == "end":
                complete = True
    if not complete:
        fail("the counts are cut short")
    return {i: b for i, b in blocks.items() if b.count}, threads, maps, head
