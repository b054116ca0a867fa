# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""An object holds no instruction that its target does not know:
disassemble.py BIN TARGET..."""
import os
import re
import sys

from e2e import MODELS, compile_model, expect, run, scratch

OBJDUMP = "/usr/lib/llvm-19/bin/llvm-objdump"
# llvm's name of the CPU and what Targets.def adds to it.
CPUS = {
    "generic-arm64": ("generic", ""),
    "x86-64-v3": ("x86-64-v3", ""),
    "x86-64-v4": ("x86-64-v4", ""),
    "avx512-vnni": ("x86-64-v4", "+avx512vnni"),
}


def unknown(path, target):
    cpu, features = CPUS.get(target, (target, ""))
    words = [OBJDUMP, "-d", "--no-show-raw-insn", "--mcpu=" + cpu]
    if features:
        words.append("--mattr=" + features)
    listing = run(*words, path).stdout
    lines = listing.splitlines()
    code = [line for line in lines if re.match(r"^\s*[0-9a-f]+:", line)]
    return len(code), [line for line in code if re.search(r"<unknown>|\(bad\)", line)]


def main():
    folder = scratch()
    for target in sys.argv[2:]:
        path = os.path.join(folder, target + ".o")
        for scheme in ("f32", "int4"):
            compile_model(os.path.join(MODELS, "llama-odd"), path, "--quantize", scheme,
                          target=target)
            count, bad = unknown(path, target)
            expect(count > 100, "%s: only %d instructions" % (target, count))
            expect(not bad, "%s, %s: unknown instructions:\n%s"
                   % (target, scheme, "\n".join(bad[:5])))
        print("%s: %d instructions" % (target, count))


main()
