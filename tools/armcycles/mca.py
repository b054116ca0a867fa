# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Asks llvm-mca what a piece of code costs, and keeps the answers."""

import glob
import hashlib
import json
import os
import re
import shutil
import subprocess
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor

from programs import fail
from counts import cache_dir

MCA_FLAGS = ["-mtriple=aarch64-linux-gnu", "-mattr=+all", "-call-latency=1",
             "-skip-unsupported-instructions=any"]


class Llvm:
    def __init__(self, args):
        self.cpu = args.cpu
        self.jobs = args.jobs
        places = [args.llvm] if args.llvm else sorted(
            glob.glob("/usr/lib/llvm-*/bin"),
            key=lambda p: -int(re.search(r"-(\d+)/", p)[1]))
        self.mca = self.find("llvm-mca", places)
        self.mc = self.find("llvm-mc", places)
        text = subprocess.run([self.mca, "--version"], capture_output=True,
                              text=True).stdout
        self.version = re.search(r"version (\S+)", text)[1]
        name = f"mca-{self.version}-{self.cpu}.jsonl"
        self.store = None if args.no_cache else os.path.join(cache_dir(), name)
        self.known = {}
        if self.store and os.path.exists(self.store):
            with open(self.store) as f:
                for line in f:
                    try:
                        key, *value = json.loads(line)
                        self.known[key] = value
                    except ValueError:
                        pass
        self.asm = {}

    @staticmethod
    def find(tool, places):
        for place in places:
            path = os.path.join(place, tool)
            if os.path.exists(path):
                return path
        path = shutil.which(tool)
        return path or fail(f"{tool} not found (--llvm DIR)")

    def disassemble(self, words):
        """Fill self.asm: instruction word (hex text) -> assembly text."""
        words = sorted(set(words) - set(self.asm))
        data = "".join(" ".join(f"0x{w[i:i + 2]}" for i in (6, 4, 2, 0)) + "\n"
                       for w in words)
        r = subprocess.run(
            [self.mc, "--disassemble", "-triple=aarch64-linux-gnu",
             "-mattr=+all"], input=data, capture_output=True, text=True)
        bad = {int(m[1]) - 1 for m in re.finditer(
            r"^<stdin>:(\d+):\d+: warning: invalid instr", r.stderr, re.M)}
        lines = [l.strip() for l in r.stdout.split("\n")]
        lines = [l for l in lines if l and l != ".text"]
        good = [w for i, w in enumerate(words) if i not in bad]
        if len(lines) != len(good):
            fail("llvm-mc: unexpected output")
        self.asm.update(zip(good, lines))
        for i in bad:
            self.asm[words[i]] = f".inst 0x{words[i]}"

    def text(self, words):
        text = "\n".join(self.asm[w] for w in words)
        if self.cpu == "neoverse-n2":
            # LLVM gives the address update of these loads the latency of the
            # load (6 cycles, 1 in truth); written apart it is right.
            text = re.sub(r"^(ldr\t[bhsdq]\d+, \[(\w+)\]), (#-?\d+)",
                          r"\1\nadd\t\2, \2, \3", text, flags=re.M)
        return text

    def call_mca(self, regions, turns, pressure):
        """[(key, text)] -> {key: (cycles, bound, unit, its cycles, known)}"""
        source = "".join(f"# LLVM-MCA-BEGIN {key}\n{text}\n# LLVM-MCA-END\n"
                         for key, text in regions)
        r = subprocess.run(
            [self.mca, f"-mcpu={self.cpu}", *MCA_FLAGS, "-json",
             "-instruction-info=false", f"-iterations={turns}",
             f"-resource-pressure={'true' if pressure else 'false'}"],
            input=source, capture_output=True, text=True)
        try:
            data = json.loads(r.stdout)
        except ValueError:          # nothing in there that mca can model
            return {}
        units = data.get("TargetInfo", {}).get("Resources", [])
        result = {}
        for region in data.get("CodeRegions", []):
            n = len(region["Instructions"])
            load = defaultdict(float)
            view = region.get("ResourcePressureView", {})
            for p in view.get("ResourcePressureInfo", []):
                if p["InstructionIndex"] == n:      # the sum over all
                    load[units[p["ResourceIndex"]]] += p["ResourceUsage"]
            top = max(load.items(), key=lambda kv: kv[1], default=("", 0))
            unit = re.sub(r"^[A-Z]\d(?=Unit)|\..*", "", top[0])
            s = region["SummaryView"]
            result[region["Name"]] = (s["TotalCycles"], s["BlockRThroughput"],
                                      unit, round(top[1], 3), n)
        return result

    def measure(self, texts):
        """texts: {text: effort} -> {text: (cycles per iteration, cycles of one
        iteration, resource bound, busiest unit, its cycles, known)}

        The first figure is the difference of two simulations, so that filling
        and draining the pipeline drops out of it; with effort 0 there is only
        one iteration. effort: about how many instructions to simulate.
        """
        def name(text, effort):
            return f"{hashlib.sha256(text.encode()).hexdigest()[:24]}-{effort}"
        batches = defaultdict(list)         # (turns, last) -> regions
        for text, effort in sorted(texts.items()):
            key = name(text, effort)
            if key in self.known:
                continue
            batches[1, False].append((key, text))
            if effort:                      # lengths in classes, 4 to a class
                n = 2 << (text.count("\n").bit_length() // 2 * 2)
                few = 2 + -(-effort // 4 // n)
                many = few + max(4, -(-effort // n))
                batches[few, False].append((key, text))
                batches[many, True].append((key, text))
        work = []
        for (turns, last), regions in batches.items():
            part, room = [], 400000         # instructions per process
            for region in regions:
                part.append(region)
                room -= (region[1].count("\n") + 1) * turns + 300
                if room < 0:
                    work.append((part, turns, last))
                    part, room = [], 400000
            if part:
                work.append((part, turns, last))
        with ThreadPoolExecutor(self.jobs) as pool:
            results = list(pool.map(lambda w: self.call_mca(*w), work))
        seen = defaultdict(dict)
        for (part, turns, _), result in zip(work, results):
            for key, _ in part:
                seen[key][turns] = result.get(key)
        fresh = {}
        for key, by_turns in seen.items():
            if None in by_turns.values():   # nothing mca could model
                fresh[key] = [0.0, 0, 0.0, "", 0.0, 0]
                continue
            turns = sorted(by_turns)
            one, last = by_turns[1], by_turns[turns[-1]]
            rate = float(one[0])
            if len(turns) > 1:
                a, b = turns[-2:]
                rate = (by_turns[b][0] - by_turns[a][0]) / (b - a)
            fresh[key] = [rate, one[0], one[1], *last[2:]]
        if self.store and fresh:
            with open(self.store, "a") as f:
                f.write("".join(json.dumps([k, *v]) + "\n"
                                for k, v in fresh.items()))
        self.known.update(fresh)
        return {t: self.known[name(t, effort)] for t, effort in texts.items()}

    def bottleneck(self, text, n):
        r = subprocess.run(
            [self.mca, f"-mcpu={self.cpu}", *MCA_FLAGS, "-bottleneck-analysis",
             "-instruction-info=false", "-resource-pressure=false",
             f"-iterations={2 + 4096 // n}"],
            input=text, capture_output=True, text=True)
        m = re.search(r"^(Cycles with backend pressure.*|No resource or data.*)",
                      r.stdout, re.S | re.M)
        if not m:
            return ""
        # Of the critical sequence, only the instructions that are in it.
        top, _, path = m[1].partition("Critical sequence")
        path = [l for l in path.split("\n") if "+--" in l or "carried" in l]
        return "\n".join(top.rstrip().split("\n") + path)
