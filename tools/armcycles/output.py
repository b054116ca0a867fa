# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The report as text and as JSON."""

import os
import re

from model import CORES


def roofline(args, cycles):
    """Times in seconds; cycles are those of the slowest thread."""
    r = {}
    if args.ghz:
        r["compute_s"] = cycles / (args.ghz * 1e9)
    if args.dram_bytes and args.dram_gbs:
        r["memory_s"] = args.dram_bytes / (args.dram_gbs * 1e9)
    if len(r) == 2:
        r["bound_s"] = max(r.values())
        r["bound_by"] = ("compute" if r["compute_s"] >= r["memory_s"]
                         else "memory")
    return r


def report(args, a, out):
    def p(text=""):
        print(text, file=out)
    per = args.per
    n, cycles = a["instructions"], a["cycles"]
    critical = max(a["threads"], key=lambda t: t[1])
    p(f"core {args.cpu}, qemu -cpu {args.qemu_cpu}, "
      f"llvm-mca {a['llvm'].version}"
      + (f", all figures divided by {per:g}" if per != 1 else ""))
    if args.start or args.within:
        p(f"region entered   {a['entries']:>18,} times")
    p(f"instructions     {n / per:>18,.0f}"
      + (f"   ({100 * n / a['counted']:.2f} % of those counted)"
         if n != a["counted"] else ""))
    p(f"cycles           {cycles / per:>18,.0f}   IPC {n / cycles:.2f}"
      f"   (L1 hits, predicted branches, chains overlap)")
    p(f"  no overlap     {a['drained'] / per:>18,.0f}   IPC "
      f"{n / a['drained']:.2f}   (pipeline empty at each chain entry)")
    if len(a["threads"]) > 1:
        p(f"critical thread  {critical[1] / per:>18,.0f}   "
          f"of {len(a['threads'])} threads")
        for i, t in enumerate(a["threads"]):
            p(f"  thread {i:<4}  {t[1] / per:>20,.0f} cycles "
              f"{t[0] / per:>18,.0f} instructions  "
              f"{100 * t[1] / cycles:6.2f} %")
    p(f"in loops {100 * a['looped']:.2f} %, extrapolated "
      f"{100 * a['extrapolated']:.2f} % (at IPC {1 / a['cold_cpi']:.2f}), "
      f"not modelled {100 * a['skipped']:.2f} % of instructions; "
      f"{a['modelled']} of {a['distinct']} blocks in {len(a['chains'])} chains")
    r = roofline(args, critical[1])
    if r:
        p("roofline         " + ", ".join(
            f"{k[:-2]} {v / per * 1e3:.4g} ms" for k, v in r.items()
            if k.endswith("_s")) + (f" (by {r['bound_by']})"
                                    if "bound_by" in r else ""))
    p()
    p(f"{'instructions':>18} {'cycles':>18} {'no overlap':>18} {'IPC':>6} "
      f"{'share':>7}  function")
    rows = sorted(a["functions"].items(), key=lambda kv: (-kv[1][1], kv[0]))
    for name, (fi, fc, fd, where) in rows[:args.top]:
        p(f"{fi / per:>18,.0f} {fc / per:>18,.0f} {fd / per:>18,.0f} "
          f"{fi / fc:>6.2f} {100 * fc / cycles:>6.2f}%  {name}"
          + (f"  ({where})" if where != os.path.basename(args.program[0])
             else ""))
    rest = rows[args.top:]
    if rest:
        fi, fc = sum(r[1][0] for r in rest), sum(r[1][1] for r in rest)
        fd = sum(r[1][2] for r in rest)
        p(f"{fi / per:>18,.0f} {fc / per:>18,.0f} {fd / per:>18,.0f} "
          f"{fi / fc:>6.2f} {100 * fc / cycles:>6.2f}%  "
          f"({len(rest)} more functions)")


def hot_report(args, a, out):
    def p(text=""):
        print(text, file=out)
    rx = re.compile(args.hot)
    names = [f for f in a["functions"] if rx.search(f)]
    if not names:
        p(f"\nno counted function matches {args.hot}")
        return
    name = max(names, key=lambda f: a["functions"][f][1])
    llvm, total = a["llvm"], a["functions"][name][1]
    chains = [c for c in a["chains"]
              if any(b.function == name for b in c.blocks)]

    def part(c):
        return sum(b.count * b.cycles for b in c.blocks if b.function == name)
    chains.sort(key=lambda c: (-part(c), c.blocks[0].addr))
    p(f"\nhot chains of {name}")
    for c in chains[:args.hot_loops]:
        kind = "loop" if c.loop else "straight code"
        p(f"\n{kind} at {c.blocks[0].addr:#x}: {c.n} instructions, run "
          f"{c.blocks[0].count / args.per:,.0f} times, {c.steady:.2f} cycles "
          f"each (IPC {c.n / c.steady:.2f}), {100 * part(c) / total:.1f} % of "
          f"the function")
        p(f"  limit: {c.limit}; bounds in cycles: resources {c.bound:.2f}"
          f" ({c.unit} busy {c.busy:.2f}), "
          f"front end {c.n / CORES[args.cpu]['width']:.2f}, "
          f"taken branches {c.taken}; alone {c.first:.0f}")
        for b in c.blocks:
            note = "" if b.function == name else f"   [{b.function}]"
            p(f"  -- {b.count / args.per:,.0f} times, {b.cycles:.2f} cycles"
              + note)
            for i, w in enumerate(b.words):
                p(f"  {b.addr + 4 * i:8x}  {llvm.asm[w].expandtabs(8)}")
        text = llvm.bottleneck(llvm.text(c.words), c.n)
        if text:
            p("  llvm-mca:")
            p("\n".join("  " + l for l in text.split("\n")))


def as_json(args, a):
    critical = max(a["threads"], key=lambda t: t[1])
    chains = sorted(a["chains"], key=lambda c: -c.cycles)[:1000]
    return dict(
        cpu=args.cpu, qemu_cpu=args.qemu_cpu, llvm=a["llvm"].version,
        program=args.program, per=args.per, entries=a["entries"],
        note="totals are not divided by per",
        instructions=a["instructions"], counted=a["counted"],
        cycles=round(a["cycles"], 3), cycles_no_overlap=round(a["drained"], 3),
        critical_cycles=round(critical[1], 3),
        ipc=round(a["instructions"] / a["cycles"], 4),
        loop_share=a["looped"], extrapolated_share=a["extrapolated"],
        not_modelled_share=a["skipped"],
        roofline=roofline(args, critical[1]),
        threads=[dict(instructions=t[0], cycles=round(t[1], 3),
                      cycles_no_overlap=round(t[2], 3),
                      limits={k: round(v, 3) for k, v in t[3].items()})
                 for t in a["threads"]],
        functions=[dict(name=k, object=v[3], instructions=v[0],
                        cycles=round(v[1], 3),
                        cycles_no_overlap=round(v[2], 3))
                   for k, v in sorted(a["functions"].items(),
                                      key=lambda kv: (-kv[1][1], kv[0]))],
        chains=[dict(addr=hex(c.blocks[0].addr),
                     function=c.blocks[0].function, loop=c.loop,
                     instructions=c.n, count=c.blocks[0].count,
                     cycles_each=round(c.steady, 4), limit=c.limit,
                     cycles=round(c.cycles, 3)) for c in chains])
