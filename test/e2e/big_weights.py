# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Programs with more embedded weights than a 32-bit offset (x86-64) or an adrp
(Arm, 4 GiB) reaches over: big_weights.py BIN TARGET. The object's weights are
made a section without bytes in the file (SHT_NOBITS), of six GiB of zeros."""
import os
import struct
import sys

from e2e import LLMC, MODELS, emulator, expect, run, scratch

SIZE = 6 << 30
TARGET = sys.argv[2]
OBJECT = os.path.join(scratch(), "odd.o")


def section_headers(elf):
    start, = struct.unpack_from("<Q", elf, 40)
    size, count, names = struct.unpack_from("<HHH", elf, 58)
    names, = struct.unpack_from("<Q", elf, start + names * size + 24)
    for at in range(start, start + count * size, size):
        name = names + struct.unpack_from("<I", elf, at)[0]
        yield bytes(elf[name:elf.index(0, name)]).decode(), at


def grow_weights():
    with open(OBJECT, "rb") as file:
        elf = bytearray(file.read())
    weights, = [at for name, at in section_headers(elf) if name.endswith(".llmc.weights")]
    struct.pack_into("<I", elf, weights + 4, 8)
    struct.pack_into("<Q", elf, weights + 32, SIZE)
    with open(OBJECT, "wb") as file:
        file.write(elf)


def main():
    run(LLMC, "compile", os.path.join(MODELS, "llama-odd"), "-o", OBJECT, "--target", TARGET,
        "--weights", "embed")
    grow_weights()
    for option in ([], ["--dynamic"]):
        program = OBJECT + "".join(option)[2:] + ".exe"
        run(LLMC, "link", OBJECT, "-o", program, *option)
        expect(os.path.getsize(program) < 100 << 20, "the weights are in the file")
        if not option or not emulator(TARGET):
            said = run(*emulator(TARGET), program, "info").stdout
            expect("odd" in said, said)


main()
