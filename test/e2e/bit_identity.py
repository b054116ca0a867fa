# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Logits have the same bits for any thread count, any chunking of the prompt
and by decode alone, whose threads share KV heads where there are more threads
than heads: bit_identity.py BIN TARGET SCHEME [MODEL [OPTION...]]."""
import os
import sys

from e2e import FABLE, MODELS, expect, fail, logits, program, scratch


def main():
    target, scheme = sys.argv[2], sys.argv[3]
    model = os.path.join(MODELS, sys.argv[4]) if len(sys.argv) > 4 else FABLE
    folder = scratch()
    words = program(model, folder, "--quantize", scheme, *sys.argv[5:], target=target)
    native = target == "native"
    count = 199 if native else 67  # four KV blocks, and two
    tokens = [(i * i * 7 + 3 * i + 1) % 400 for i in range(count)]
    shape, want = logits(words, tokens, folder, "--threads", 1)
    expect(shape[0] == count and len(set(want[:shape[1]])) > 50, "the logits are degenerate")

    def same(*options):
        _, got = logits(words, tokens, folder, *options)
        expect(len(got) == len(want), "another number of logits")
        if got.tobytes() != want.tobytes():
            i = next(i for i, pair in enumerate(zip(got, want)) if pair[0] != pair[1])
            fail("%s: row %d, token %d: %r, not %r" % (" ".join(map(str, options)),
                 i // shape[1], i % shape[1], got[i], want[i]))

    for threads in (2, 3, 5, 8) if native else (3,):
        same("--threads", threads)
    for chunk in (1, 7, 64, 0) if native else (7, 0):
        same("--threads", 2, "--chunk", chunk)
    for threads in (1, 3, 5, 8) if native else (3,):
        same("--threads", threads, "--chunk", 0)


main()
