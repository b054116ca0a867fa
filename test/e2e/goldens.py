# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""float32 artefacts give the golden logits: goldens.py BIN MODEL TARGET.

|difference| <= 1e-3 + 3e-4 |golden|, and the same greedy tokens.
"""
import json
import os
import sys

from e2e import MODELS, argmax, expect, logits, program, read_npy, scratch


def check_case(words, folder, model, case):
    tokens = case["prompt_ids"] + case["greedy_ids"]
    shape, got = logits(words, tokens, folder)
    golden_shape, want = read_npy(os.path.join(MODELS, model, case["logits_file"]))
    expect(shape == golden_shape, "%s: shape %s, not %s" % (case["name"], shape, golden_shape))
    worst = max((abs(g - w) - 3e-4 * abs(w), i) for i, (g, w) in enumerate(zip(got, want)))
    expect(worst[0] <= 1e-3, "%s: row %d, token %d: %g, not %g"
           % (case["name"], worst[1] // shape[1], worst[1] % shape[1],
              got[worst[1]], want[worst[1]]))
    first = len(case["prompt_ids"]) - 1
    greedy = [argmax(got, (first + i) * shape[1], shape[1])
              for i in range(len(case["greedy_ids"]))]
    expect(greedy == case["greedy_ids"], "%s: other greedy tokens" % case["name"])
    print("%s: %d rows, worst excess %g" % (case["name"], shape[0], worst[0]))


def main():
    model, target = sys.argv[2], sys.argv[3]
    folder = scratch()
    words = program(os.path.join(MODELS, model), folder, "--quantize", "f32", target=target)
    with open(os.path.join(MODELS, model, "golden.json"), encoding="utf-8") as file:
        cases = json.load(file)["cases"]
    for case in cases:
        check_case(words, folder, model, case)


main()
