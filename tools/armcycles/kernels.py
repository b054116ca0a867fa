# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The kernels' rows, and their modelled cycles: the program kernel_cycles under
armcycles, one run per core whatever the number of kernels."""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections import defaultdict

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.realpath(__file__))))
ARMCYCLES = os.path.join(ROOT, "tools", "armcycles", "armcycles")
BIN = os.environ.get("LLMC_BIN", os.path.join(ROOT, "build", "release", "bin"))
PROGRAM = os.path.join(BIN, "kernel_cycles_aarch64")
FIELDS = ["op", "graph", "out", "lhs", "rhs", "variant", "isa", "granule",
          "scratch0", "scratch_k", "symbol"]
MODELS = ["neoverse-v2", "neoverse-v1", "neoverse-n2", "neoverse-n1"]
UNITS = {"V": "vector pipes", "L": "loads"}  # others: the integer units


def table_rows():
    with open(os.path.join(ROOT, "kernels", "kernel_table.def")) as f:
        for line in f:
            m = re.match(r"LLMC_KERNEL_ROW\((.*)\)", line)
            if m:
                yield dict(zip(FIELDS, [v.strip() for v in m[1].split(",")]))


def features_of_cores():
    """The ISA levels of isa_features.def that each core has, by Targets.def."""
    with open(os.path.join(ROOT, "compiler", "target", "Targets.def")) as f:
        rows = re.findall(r'LLMC_TARGET\("([^"]*)", arm, "[^"]*", "[^"]*", "([^"]*)"',
                          f.read())
    return {core: {"any", *dict(rows)[core].split()} for core in MODELS}


CORES = features_of_cores()
ARM = set().union(*CORES.values())


def best(cpu, **wanted):
    """The symbol that `cpu` takes: of the rows that fit, the last."""
    return [r["symbol"] for r in table_rows() if r["isa"] in CORES[cpu] and
            r["graph"] in (wanted["graph"], "any") and
            all(r[k] == v for k, v in wanted.items() if k != "graph")][-1]


def limit_of(limits):
    """What most of the cycles wait for."""
    joined = defaultdict(float)
    for name, cycles in limits.items():
        if name.startswith("Unit"):
            name = UNITS.get(name[4], "integer units")
        joined["latency" if name == "dependencies" else name] += cycles
    return max(joined, key=joined.get)


def armcycles(cpu, options, program):
    """Runs `program` under armcycles; its output and the JSON report."""
    with tempfile.TemporaryDirectory(prefix="kernels-") as tmp:
        out = os.path.join(tmp, "cycles.json")
        done = subprocess.run(
            [ARMCYCLES, "--cpu", cpu, "--top", "0", *options, "--json", out,
             "--", *program], capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"{os.path.basename(program[0])} on {cpu}:\n{done.stderr}")
        with open(out) as f:
            return done.stdout, json.load(f)


def measure(cpu, calls=()):
    """Calls are arguments of kernel_cycles, none: every kernel. Gives a dict per
    call, in order: symbol, unit, work, bytes, cycles, instructions, limit."""
    if not os.path.exists(PROGRAM):
        sys.exit(f"no {PROGRAM}: build the target kernel_cycles_aarch64")
    text, report = armcycles(
        cpu, ["--min-share", "0", "--scope", "thread",
              "--start", "benchmark_begin", "--stop", "benchmark_end"],
        [PROGRAM, *calls])
    lines = [l.split("\t") for l in text.split("\n") if l.startswith("llmc_")]
    assert len(lines) == len(report["threads"]), "a thread per kernel"
    return [dict(symbol=symbol, unit=unit, work=float(work), bytes=float(size),
                 cycles=t["cycles"], instructions=t["instructions"],
                 limit=limit_of(t["limits"]))
            for (symbol, unit, work, size), t in zip(lines, report["threads"])]
