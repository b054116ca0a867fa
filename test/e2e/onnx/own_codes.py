# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A model of MatMulNBits weights keeps its own codes and int8 activations, and
differs little from itself dequantized: own_codes.py BIN TARGET MODEL [SCHEME].

MODEL is a demo model that is written as ONNX with SCHEME (bits-block, z behind
it: with zero points; mixed: what real exports mix); the mean KL divergence of its
logits is at most 0.005. Or a folder of test/models: weights at random, which
tell nothing apart, so that 0.05 must do.
"""
import json
import math
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from e2e import FABLE, LLMC, MODELS, compile_model, emulator, expect, logits, run, scratch
from nbits_model import write_model

TARGET, MODEL = sys.argv[2:4]
SCHEME = sys.argv[4] if len(sys.argv) > 4 else None
TOKENS = 120


def scheme_of(name):
    """(bits, block, asymmetric) of a weight."""
    if SCHEME == "mixed":
        return (8, 32, True) if "v_proj" in name or "down_proj" in name else (4, 64, False)
    bits, block = SCHEME.rstrip("z").split("-")
    return int(bits), int(block), SCHEME.endswith("z")


def words_of_schemes():
    """What the contract sheet calls them; q, k and v share one."""
    if SCHEME == "mixed":
        return {"block8:group=32:asym", "block4:group=64"}
    bits, block, asymmetric = scheme_of("")
    return {"block%d:group=%d%s" % (bits, block, ":asym" * asymmetric)}


def model_and_tokens(folder):
    if SCHEME is None:
        path = os.path.join(MODELS, MODEL)
        with open(os.path.join(path, "golden.json"), encoding="utf-8") as file:
            cases = json.load(file)["cases"]
        case = max(cases, key=lambda case: len(case["prompt_ids"]))
        return os.path.join(path, "model.onnx"), case["prompt_ids"] + case["greedy_ids"]
    source = os.path.join(os.path.dirname(FABLE), MODEL)
    model = write_model(source, os.path.join(folder, "onnx"), scheme_of)
    with open(os.path.join(FABLE, "validation.txt"), encoding="utf-8") as file:
        text = file.read(8 * TOKENS)
    ids = [int(word) for word in run(LLMC, "tokenize", source, text).stdout.split(",")]
    return model, ids[:TOKENS]


def program(model, folder, name, target, *options):
    path = os.path.join(folder, name)
    sheet = compile_model(model, path + ".o", *options, target=target).stdout
    run(LLMC, "link", path + ".o", "-o", path)
    return sheet, emulator(target) + [path]


def log_softmax(row):
    top = max(row)
    total = math.log(sum(math.exp(x - top) for x in row)) + top
    return [x - total for x in row]


def mean_kl(want, got, width):
    """Of the distributions of `got` from those of `want`, row by row."""
    total = 0.0
    for begin in range(0, len(want), width):
        p, q = (log_softmax(values[begin:begin + width]) for values in (want, got))
        total += sum(math.exp(a) * (a - b) for a, b in zip(p, q))
    return total * width / len(want)


def check_layers(model, folder):
    """A layer alone keeps its codes too, so it costs less than all of them."""
    text = os.path.join(folder, "text")
    with open(os.path.join(FABLE, "validation.txt"), encoding="utf-8") as file:
        words = file.read(8 * TOKENS)
    with open(text, "w", encoding="utf-8") as file:
        file.write(words)
    done = run(LLMC, "eval", model, "--text", text, "--per-layer", "--json",
               env={"XDG_CACHE_HOME": os.path.join(folder, "cache")})
    result = json.loads(done.stdout)
    layers = [layer["kl_mean"] for layer in result["layers"]]
    expect(0 < max(layers) < result["kl_mean"],
           "mean KL %g of all, but of layers alone %s" % (result["kl_mean"], layers))


def main():
    folder = scratch()
    model, tokens = model_and_tokens(folder)
    _, reference = program(model, folder, "f32", "native", "--quantize", "f32")
    sheet, own = program(model, folder, "own", TARGET)
    schemes = words_of_schemes() if SCHEME else {"block4:group=32"}
    named = sheet.splitlines()[0].split(": ")[1].split(" weights")[0]
    expect(set(named.split("+")) == schemes, "the sheet names %s, not %s" % (named, schemes))
    expect("q8_b%s" % min(schemes)[5] in sheet, "no kernel for the codes in\n" + sheet)

    shape, want = logits(reference, tokens, folder)
    _, got = logits(own, tokens, folder)
    _, decoded = logits(own, tokens, folder, "--chunk", "0", "--threads", "3")
    expect(got == decoded, "decode and prefill give other bits")
    kl = mean_kl(want, got, shape[1])
    print("%s %s for %s: mean KL %g over %d rows" % (MODEL, SCHEME, TARGET, kl, shape[0]))
    most = 0.005 if SCHEME else 0.05
    expect(kl <= most, "mean KL %g, at most %g" % (kl, most))
    expect(kl > 1e-9, "mean KL %g: nothing was quantized" % kl)

    if SCHEME == "mixed" and TARGET == "native":
        check_layers(model, folder)
    if SCHEME in (None, "mixed"):
        sheet, _ = program(model, folder, "other", "native", "--quantize", "int4")
        expect(": int4 weights" in sheet and "block" not in sheet,
               "--quantize int4 does not requantize:\n" + sheet)


main()
