# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A model.onnx gives the golden logits of the model that it was exported from:
onnx_goldens.py BIN TARGET ONNX GOLDEN [GENERATED].

|difference| <= 1e-3 + 3e-4 |golden| for prefill and for decode alone, and the
same greedy tokens. GENERATED is a function that both graphs must call; without
it the contract sheet must list no generated code.
"""
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from e2e import (LLMC, MODELS, argmax, emulator, expect, logits, read_npy, run,
                 scratch)

TARGET, ONNX, GOLDEN = sys.argv[2:5]
GENERATED = sys.argv[5] if len(sys.argv) > 5 else None


def compile_and_link(folder):
    path = os.path.join(folder, "model")
    sheet = run(LLMC, "compile", os.path.join(MODELS, ONNX, "model.onnx"),
                "-o", path + ".o", "--target", TARGET, "--quantize", "f32")
    lines = [line for line in (sheet.stdout + sheet.stderr).splitlines()
             if "generated" in line]
    if GENERATED:
        expect(len(lines) == 2 and all(GENERATED in line for line in lines),
               "the sheet lists %s, not %s in both graphs" % (lines, GENERATED))
    else:
        expect(not lines, "the sheet lists %s" % lines)
    run(LLMC, "link", path + ".o", "-o", path)
    return emulator(TARGET) + [path]


def check_case(words, folder, case, *options):
    tokens = case["prompt_ids"] + case["greedy_ids"]
    shape, got = logits(words, tokens, folder, *options)
    golden_shape, want = read_npy(os.path.join(MODELS, GOLDEN, case["logits_file"]))
    expect(shape == golden_shape, "%s: shape %s, not %s" % (case["name"], shape, golden_shape))
    worst, at = max((abs(g - w) - 3e-4 * abs(w), i)
                    for i, (g, w) in enumerate(zip(got, want)))
    expect(worst <= 1e-3, "%s: row %d, token %d: %g, not %g"
           % (case["name"], at // shape[1], at % shape[1], got[at], want[at]))
    first = len(case["prompt_ids"]) - 1
    greedy = [argmax(got, (first + i) * shape[1], shape[1])
              for i in range(len(case["greedy_ids"]))]
    expect(greedy == case["greedy_ids"], "%s: other greedy tokens" % case["name"])
    print("%s: %d rows, worst excess %g" % (case["name"], shape[0], worst))


def main():
    folder = scratch()
    words = compile_and_link(folder)
    with open(os.path.join(MODELS, GOLDEN, "golden.json"), encoding="utf-8") as file:
        cases = json.load(file)["cases"]
    for case in cases:
        check_case(words, folder, case)
        check_case(words, folder, case, "--chunk", "0", "--threads", "3")


main()
