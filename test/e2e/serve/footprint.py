# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The static Arm program is under 4 MB, stripped, without the weights; on this
host it answers within 0.3 s of its start: footprint.py BIN."""
import os
import time

from server import Server, FABLE, expect, fable, program, run, scratch

MAX_BYTES, MAX_SECONDS = 4 << 20, 0.3


def main():
    folder = scratch()
    arm = program(FABLE, folder, target="neoverse-v2", name="arm")[-1]
    run("llvm-strip-19", arm)
    sections = run("llvm-size-19", "-A", arm).stdout.splitlines()
    weights = sum(int(line.split()[1]) for line in sections if line.startswith(".llmc.weights"))
    expect(weights > 1 << 20, "no weights found in the program")
    size = os.path.getsize(arm) - weights
    expect(size < MAX_BYTES, "the program has %d bytes, at most %d" % (size, MAX_BYTES))
    words, took = fable(), []
    for _ in range(5):
        start = time.monotonic()
        server = Server(words)
        expect(server.request("GET", "/health")[0] == 200, "/health is not 200")
        took.append(time.monotonic() - start)
        server.stop()
    expect(min(took) < MAX_SECONDS, "first answer after %s s" % took)
    print("%d bytes without weights, first answer after %.0f ms" % (size, 1e3 * min(took)))


main()
