# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The demo model in float32 says what other software says: fable.py BIN TARGET.

Greedy tokens, the 20 best logits after each prompt, and the perplexity of both
demo models: of the whole validation text on this host, of its beginning where
the program is emulated (the whole takes an hour), judged by the host's.
"""
import json
import os
import sys

from e2e import FABLE, ROOT, emulator, expect, logits, program, run, scratch

STORIES = os.path.join(ROOT, "examples", "stories")
# Below this margin between the two best logits the tokens may part.
MARGIN = 0.004
TOP_ERROR = 2e-3
# Bytes of text, and how far apart two machines' float32 perplexities may be.
BEGINNING = 1000
HOST_ERROR = 2e-5


def check_case(words, folder, case):
    prompt, want = case["prompt_ids"], case["generated_ids"]
    shape, got = logits(words, prompt + want, folder)
    vocab = shape[1]

    def row(index):
        return got[index * vocab:(index + 1) * vocab]

    last = row(len(prompt) - 1)
    best = sorted(range(vocab), key=lambda i: -last[i])[:20]
    for entry in case["last_prompt_position_top20"]:
        expect(abs(last[entry["id"]] - entry["logit"]) <= TOP_ERROR,
               "%r: logit of %d is %g, not %g" % (case["prompt"][-40:], entry["id"],
                                                 last[entry["id"]], entry["logit"]))
    expect(set(best) == {e["id"] for e in case["last_prompt_position_top20"]},
           "%r: other top 20" % case["prompt"][-40:])
    for i, token in enumerate(want):
        values = row(len(prompt) - 1 + i)
        choice = values.index(max(values))
        expect(choice == token or max(values) - values[token] < MARGIN,
               "%r: token %d is %d, not %d" % (case["prompt"][-40:], i, choice, token))


def perplexity(words, text):
    return json.loads(run(*words, "perplexity", "--text", text, "--json").stdout)


def check_perplexity(folder, model, target):
    text = os.path.join(FABLE, "validation.txt")
    words = program(model, folder, "--quantize", "f32", target=target, name="perplexity")
    if emulator(target):
        host = program(model, folder, "--quantize", "f32", name="host")
        with open(text, "rb") as file:
            beginning = file.read(BEGINNING)
        text = os.path.join(folder, "beginning.txt")
        with open(text, "wb") as file:
            file.write(beginning)
        want, error = perplexity(host, text), HOST_ERROR
    else:
        with open(os.path.join(model, "perplexity.json"), encoding="utf-8") as file:
            want, error = json.load(file)["bf16"], 1e-3
    got = perplexity(words, text)
    name = os.path.basename(model)
    expect(got["tokens"] == want["tokens"],
           "%s: %s tokens, not %s" % (name, got["tokens"], want["tokens"]))
    expect(abs(got["perplexity"] - want["perplexity"]) <= error,
           "%s: perplexity %g, not %g" % (name, got["perplexity"], want["perplexity"]))


def main():
    target = sys.argv[2]
    folder = scratch()
    words = program(FABLE, folder, "--quantize", "f32", target=target)
    with open(os.path.join(FABLE, "golden.json"), encoding="utf-8") as file:
        cases = json.load(file)["cases"]
    for case in cases:
        check_case(words, folder, case)
    for name in ("fable-8m", "fable-1m"):
        check_perplexity(folder, os.path.join(STORIES, name), target)


main()
