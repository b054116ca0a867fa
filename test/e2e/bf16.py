# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What activations in bf16 may cost on the demo model, whose weights are bf16:
bf16.py BIN."""
import json
import math
import os

from e2e import FABLE, expect, logits, program, scratch


def log_softmax(row):
    top = max(row)
    total = top + math.log(sum(math.exp(x - top) for x in row))
    return [x - total for x in row]


def main():
    folder = scratch()
    with open(os.path.join(FABLE, "golden.json"), encoding="utf-8") as file:
        case = json.load(file)["cases"][0]
    tokens = (case["prompt_ids"] + case["generated_ids"])[:40]
    rows = []
    for scheme, target in ("f32", "native"), ("bf16", "neoverse-v2"):
        words = program(FABLE, folder, "--quantize", scheme, target=target, name=scheme)
        shape, values = logits(words, tokens, folder)
        rows.append([log_softmax(values[i * shape[1]:(i + 1) * shape[1]])
                     for i in range(shape[0])])
    kl = [sum(math.exp(p) * (p - q) for p, q in zip(*both)) for both in zip(*rows)]
    mean, worst = sum(kl) / len(kl), max(kl)
    print("%d rows: mean KL %g, worst %g" % (len(kl), mean, worst))
    expect(mean > 5e-8, "mean KL %g: nothing was rounded" % mean)
    expect(mean <= 2e-6, "mean KL %g, at most 2e-6" % mean)
    expect(worst <= 1e-4, "KL %g, at most 1e-4" % worst)


main()
