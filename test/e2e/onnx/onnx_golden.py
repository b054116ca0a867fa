# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The golden logits of a model, as the judge of its ONNX forms."""
import json
import os

from e2e import MODELS, argmax, expect, logits, read_npy


def golden_cases(golden):
    with open(os.path.join(MODELS, golden, "golden.json"), encoding="utf-8") as file:
        return json.load(file)["cases"]


def golden_case(golden):
    return golden_cases(golden)[0]


def check_case(words, folder, golden, case, *options):
    """|difference| <= 1e-3 + 3e-4 |golden| and the same greedy tokens."""
    tokens = case["prompt_ids"] + case["greedy_ids"]
    shape, got = logits(words, tokens, folder, *options)
    golden_shape, want = read_npy(os.path.join(MODELS, golden, case["logits_file"]))
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
