# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What several clients at once cost: throughput.py BIN [ROUNDS].

Without ROUNDS, a test by counts: four clients take fewer steps (each reads the
weights once) and fewer Arm instructions per token than one. With ROUNDS, the
tokens per second of 1, 2, 4 and 8 clients on this host, taken in turns."""
import json
import os
import signal
import statistics
import sys
import threading
import time

from server import ROOT, FABLE, Server, expect, fable, program, scratch

CYCLES = os.path.join(ROOT, "tools", "armcycles", "armcycles")
ENDS = {"4089": -100, "4092": -100}  # no end token, so that all answers are as long
TOKENS = 64


class CountedServer(Server):
    """The Arm program, emulated; what its steps execute is counted."""

    def __init__(self, path, folder):
        self.counts = os.path.join(folder, "counts.json")
        super().__init__([CYCLES, "--within", "llmc_step_rows", "--json", self.counts, "--", path],
                         "--threads", 1)

    def stop(self):
        # The signal is for the emulator, which then lets armcycles go on.
        with open("/proc/%d/task/%d/children" % ((self.process.pid,) * 2), encoding="ascii") as file:
            for child in file.read().split():
                os.kill(int(child), signal.SIGTERM)
        expect(self.process.wait(300) == 0, "armcycles failed")
        with open(self.counts, encoding="utf-8") as file:
            return json.load(file)


def ask(server, clients, tokens=TOKENS):
    """Seconds until all clients have their answer; they begin at once."""
    ready = threading.Barrier(clients + 1)

    def one(i):
        ready.wait()
        body = {"prompt": "The fox number %d" % i, "max_tokens": tokens, "temperature": 0,
                "logit_bias": ENDS}
        used = server.post("/v1/completions", body)["usage"]
        expect(used["completion_tokens"] == tokens, "an answer ended early: %s" % used)
    threads = [threading.Thread(target=one, args=(i,)) for i in range(clients)]
    for thread in threads:
        thread.start()
    ready.wait()
    start = time.monotonic()
    for thread in threads:
        thread.join()
    return time.monotonic() - start


def count(clients, path, folder):
    """[steps, Arm instructions, modelled cycles] per token."""
    server = CountedServer(path, folder)
    ask(server, clients)
    steps = server.metrics()["llmc_steps_total"]
    made = server.stop()
    return [value / (clients * TOKENS) for value in (steps, made["instructions"], made["cycles"])]


def counts():
    folder = scratch()
    path = program(FABLE, folder, target="neoverse-v2", name="arm")[-1]
    one, four = (count(clients, path, folder) for clients in (1, 4))
    for clients, (steps, instructions, cycles) in ((1, one), (4, four)):
        print("%d clients: %.3f steps, %.3f million Arm instructions, %.3f million modelled cycles"
              " per token" % (clients, steps, 1e-6 * instructions, 1e-6 * cycles))
    expect(four[0] < 0.35 * one[0], "four clients share no steps")
    expect(four[1] < 0.9 * one[1], "four clients save no instructions")


def rates(rounds):
    server = Server(fable(), "--slots", 8)
    ask(server, 8)
    taken = {clients: [] for clients in (1, 2, 4, 8)}
    for _ in range(rounds):
        for clients, values in taken.items():
            values.append(clients * 256 / ask(server, clients, 256))
    for clients, values in taken.items():
        print("%d clients: %5.0f tokens/s (best %.0f, least %.0f of %d)"
              % (clients, statistics.median(values), max(values), min(values), rounds))
    server.stop()


if len(sys.argv) > 2:
    rates(int(sys.argv[2]))
else:
    counts()
