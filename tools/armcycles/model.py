# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""From counted blocks to the cycles of blocks, functions and threads."""

import time
from collections import defaultdict

from programs import fail, Program, demangler
from counts import read_counts
from chains import make_chains
from mca import Llvm

# Per core: macro-operations renamed per cycle (software optimization guides;
# llvm-mca's own dispatch width counts micro-operations and is about twice as
# wide), SVE vector length in bytes, and the QEMU CPU to run on.
CORES = {
    "neoverse-n1": dict(width=4, qemu="neoverse-n1"),
    "neoverse-n2": dict(width=5,
                        qemu="max,sme=off,sve-default-vector-length=16"),
    "neoverse-v1": dict(width=8,
                        qemu="max,sme=off,sve-default-vector-length=32"),
    "neoverse-v2": dict(width=8,
                        qemu="max,sme=off,sve-default-vector-length=16"),
}
ALWAYS = 500            # blocks modelled whatever their share


def weigh(blocks, chains, llvm, width):
    """Set each chain's cost and share it among its blocks."""
    llvm.disassemble(w for c in chains for w in c.words)
    texts = {llvm.text(b.words): 0 for c in chains if len(c.blocks) > 1
             for b in c.blocks}
    for c in sorted(chains, key=lambda c: c.loop):
        texts[llvm.text(c.words)] = 4096 if c.loop else 512
    costs = llvm.measure(texts)
    for c in chains:
        rate, first, bound, c.unit, c.busy, known = costs[llvm.text(c.words)]
        # One cycle each: nothing is known of them.
        c.skipped = llvm.text(c.words).count("\n") + 1 - known
        front = c.n / width
        c.bound = bound
        c.steady = max(rate, front, c.taken) + c.skipped
        c.first = max(first + c.skipped, c.steady)
        if c.skipped > c.n / 2:
            c.limit = "not modelled"
        elif rate < 0.98 * max(front, c.taken):
            c.limit = "taken branches" if c.taken > front else "front end"
        elif max(bound, c.busy) > 0.93 * rate:
            c.limit = c.unit
        else:
            c.limit = "dependencies"
        head, last = c.blocks[0], c.blocks[-1]
        if len(c.blocks) == 1:
            parts = [1.0]
        else:
            parts = [max(costs[llvm.text(b.words)][2], len(b.words) / width)
                     for b in c.blocks]
        total = sum(parts)
        # Without overlap, the pipeline drains each time the chain is left.
        runs = head.count
        loops = 0
        if c.loop:
            ids = [i for i in last.next if blocks.get(i) is head]
            loops = min(sum(last.next[i] for i in ids), runs)
        drained = ((loops * c.steady + (runs - loops) * c.first) / runs
                   if runs else c.first)
        for b, part in zip(c.blocks, parts):
            b.cycles = c.steady * part / total
            b.drained = drained * part / total


def analyse(args, elf, path):
    blocks, threads, maps, head = read_counts(path)
    program = Program(elf, head["bias"], maps)
    places = {}
    for b in blocks.values():
        if b.addr not in places:
            places[b.addr] = program.locate(b.addr)
        b.where, b.function = places[b.addr]
    names = demangler({b.function for b in blocks.values()})
    for b in blocks.values():
        b.function = names.get(b.function, b.function)

    counted = sum(b.instructions for b in blocks.values())

    def wanted(b):
        return ((not args.only or any(r.search(b.function) for r in args.only))
                and not any(r.search(b.function) for r in args.exclude))
    kept = {i for i, b in blocks.items() if wanted(b)}
    total = sum(blocks[i].instructions for i in kept)
    if not total:
        fail("nothing was counted (wrong --start, --within or --from?)")

    limit = args.min_share / 100 * total
    order = sorted(kept, key=lambda i: (-blocks[i].instructions, i))
    hot = [i for rank, i in enumerate(order)
           if rank < ALWAYS or blocks[i].instructions >= limit]
    llvm = Llvm(args)
    began = time.monotonic()
    chains = make_chains(blocks, hot)
    weigh(blocks, chains, llvm, CORES[args.cpu]["width"])
    mca_time = time.monotonic() - began

    # What is below the threshold runs like the modelled straight-line code.
    def mean(which, field):
        n = sum(blocks[i].instructions for i in which)
        return sum(blocks[i].count * getattr(blocks[i], field)
                   for i in which) / n if n else None
    straight = [i for i in hot if not blocks[i].chain.loop]
    base = straight or hot
    cpi, cpi_drained = mean(base, "cycles") or 1.0, mean(base, "drained") or 1.0
    hot_set = set(hot)
    for i in kept - hot_set:
        b = blocks[i]
        b.cycles, b.drained = cpi * len(b.words), cpi_drained * len(b.words)

    functions = defaultdict(lambda: [0, 0.0, 0.0, ""])
    for i in kept:
        b = blocks[i]
        f = functions[b.function]
        f[0] += b.instructions
        f[1] += b.count * b.cycles
        f[2] += b.count * b.drained
        f[3] = b.where
    per_thread = []
    for t in threads:
        n = sum(c * len(blocks[i].words) for i, c in t.items() if i in kept)
        limits = defaultdict(float)
        for i, c in t.items():
            if i in hot_set:
                limits[blocks[i].chain.limit] += c * blocks[i].cycles
        if n:
            per_thread.append(
                (n, sum(c * blocks[i].cycles for i, c in t.items() if i in kept),
                 sum(c * blocks[i].drained for i, c in t.items() if i in kept),
                 dict(limits)))
    return dict(
        blocks=blocks, kept=kept, chains=chains, llvm=llvm, counted=counted,
        instructions=total,
        cycles=sum(t[1] for t in per_thread),
        drained=sum(t[2] for t in per_thread),
        threads=per_thread, functions=functions, entries=head["entries"],
        extrapolated=sum(blocks[i].instructions for i in kept - hot_set) / total,
        skipped=sum(c.skipped * c.blocks[0].count for c in chains) / total,
        looped=sum(blocks[i].instructions for i in hot
                   if blocks[i].chain.loop) / total,
        cold_cpi=cpi, mca_seconds=mca_time, distinct=len(kept),
        modelled=len(hot))
