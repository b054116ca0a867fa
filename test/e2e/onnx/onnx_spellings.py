# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Real exports rewritten to what other exporters write give the golden logits
of the graph they come from, on the fast path: onnx_spellings.py BIN TARGET
SPELLING..."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from e2e import LLMC, MODELS, emulator, expect, logits, program, run, scratch
from onnx_file import Model
from onnx_golden import check_case, golden_case
import nbits_spellings
import rope_spellings
import spellings

TARGET = sys.argv[2]


def check_codes(export, rewritten, golden, folder):
    """Own codes in another order give the same bits."""
    tokens = golden_case(golden)["prompt_ids"]
    bits = [logits(program(model, folder, target=TARGET), tokens, folder) for model in (export, rewritten)]
    expect(bits[0] == bits[1], "own codes give other bits")


def check(name):
    of_codes = name in nbits_spellings.SPELLINGS
    golden, change = {**spellings.SPELLINGS, **rope_spellings.SPELLINGS,
                      **nbits_spellings.SPELLINGS}[name]
    folder = scratch()
    export = os.path.join(MODELS, golden if of_codes else "onnx/%s-torch" % golden, "model.onnx")
    model = Model(export)
    change(model)
    rewritten = model.write(os.path.join(folder, name))
    if of_codes:
        check_codes(export, rewritten, golden, folder)
    path = os.path.join(folder, "model")
    sheet = run(LLMC, "compile", rewritten, "-o", path + ".o",
                "--target", TARGET, "--quantize", "f32", "--print-kernels").stdout
    lines = [line for line in sheet.splitlines() if "generated" in line]
    expect(not lines, "%s: not on the fast path: %s" % (name, lines))
    run(LLMC, "link", path + ".o", "-o", path)
    check_case(emulator(TARGET) + [path], folder, golden, golden_case(golden))


def main():
    for name in sys.argv[3:]:
        print(name)
        check(name)


main()
