# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A window that a graph adds to its mask is found wherever the context ends,
soon, and changes nothing before it: onnx_windows.py BIN."""
import os
import re
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from e2e import LLMC, MODELS, expect, logits, program, run, scratch
from onnx_file import Model, constant, tensor
from onnx_golden import check_case, golden_case
from spellings import layers, mask_of, no_past

GOLDEN = "llama2-mha"
# Elements of a mask of 131072 * 131072, computed one by one, take minutes.
MOST_SECONDS = 30


def add_window(model, window):
    """Hides what lies `window` positions back or more: of every layer's mask."""
    zero, one = model.ints("window/0", 0, scalar=True), model.ints("window/1", 1, scalar=True)
    model.nodes.append(constant("window/seen", 0.0))
    model.nodes.append(constant("window/hidden", -1e30))
    masks = {mask_of(model, a): a for a in layers(model, GOLDEN)}
    for mask, a in masks.items():
        name = a.name + "window/"
        shape = model.add("Shape", [mask], name + "shape")
        total = model.add("Gather", [shape, model.ints(name + "last", 3, scalar=True)], name + "total")
        keys = model.add("Range", [zero, total, one], name + "keys")
        queries = model.add("Unsqueeze", ["position_ids", model.ints(name + "axes", 1, 3)], name + "queries")
        distance = model.add("Sub", [queries, keys], name + "distance")
        near = model.add("Less", [distance, model.ints(name + "width", window, scalar=True)], name + "near")
        far = model.add("Where", [near, "window/seen", "window/hidden"], name + "far")
        both = model.add("Min", [mask, far], name + "both")
        model.redirect(mask, both, [n.name for n in model.nodes if "window/" not in n.name])


def mask_table(model, rows=2048):
    """Where(rows of a table of bools, scores, low), as old exports have it."""
    table = b"".join(b"\1" * (i + 1) + b"\0" * (rows - 1 - i) for i in range(rows))
    model.tensors["table"] = tensor("table", [1, 1, rows, rows], 9, table)
    model.nodes.append(constant("table/low", -1e30))
    zero, two, three = (model.ints("table/%d" % i, i) for i in (0, 2, 3))
    for a in layers(model, GOLDEN):
        softmax = model.named(a.name + "Softmax")
        add = next(n for n in model.nodes if n.outputs[0] == softmax.inputs[0])
        scores = next(v for v in add.inputs if v != mask_of(model, a))
        name = a.name + "table/"
        shape = model.add("Shape", [scores], name + "shape")
        length, total = (model.add("Gather", [shape, axis], name + axis) for axis in (two, three))
        past = model.add("Sub", [total, length], name + "past")
        some = model.add("Slice", ["table", past, total, two], name + "rows")
        cut = model.add("Slice", [some, zero, total, three], name + "cut")
        softmax.inputs[0] = model.add("Where", [cut, scores, "table/low"], name + "chosen")


def check_table(folder):
    """A mask that is a table is one as far as it reaches."""
    model = Model(os.path.join(MODELS, "onnx", GOLDEN + "-torch", "model.onnx"))
    mask_table(model)
    path = model.write(os.path.join(folder, "table"))
    expect_windows(path, 2048, 0)
    words = program(path, folder, "--quantize", "f32", "--context", "2048")
    check_case(words, folder, GOLDEN, golden_case(GOLDEN))
    done = run(LLMC, "compile", path, "--emit", "raise", "--context", "2049", ok=False)
    expect(done.returncode == 1 and "at position 2048, expected one, or a smaller --context" in done.stderr,
           "a table that is too small: " + done.stderr)


def build(folder, window, change=None):
    """The path of the export with a window."""
    model = Model(os.path.join(MODELS, "onnx", GOLDEN + "-torch", "model.onnx"))
    if change:
        change(model)
    add_window(model, window)
    return model.write(os.path.join(folder, "%s-%d" % (change.__name__ if change else "past", window)))


def expect_windows(path, context, want):
    begin = time.monotonic()
    text = run(LLMC, "compile", path, "--emit", "raise", "--context", context).stdout
    seconds = time.monotonic() - begin
    attentions = re.findall(r"llm\.attention .*", text)
    windows = {int(w) for line in attentions for w in re.findall(r"window = (\d+)", line) or [0]}
    print("%s: context %d, windows %s, %.1f s" % (path, context, windows, seconds))
    expect(len(attentions) == 2 and windows == {want}, "windows %s, not %d" % (windows, want))
    expect(seconds < MOST_SECONDS, "%.0f s" % seconds)


def main():
    folder = scratch()
    with_past, without = build(folder, 5000), build(folder, 32768, no_past)
    for path, window in ((with_past, 5000), (without, 32768)):
        expect_windows(path, 131072, window)
        expect_windows(path, window + 1, window)
        expect_windows(path, window, 0)
    check_table(folder)
    short = build(folder, 8, no_past)
    expect_windows(short, 4096, 8)
    case = golden_case(GOLDEN)
    words = program(with_past, folder, "--quantize", "f32", "--context", "8192")
    check_case(words, folder, GOLDEN, case)
    shape, far = logits(words, case["prompt_ids"], folder)
    words = program(short, folder, "--quantize", "f32")
    _, near = logits(words, case["prompt_ids"], folder)
    same = sum(a == b for a, b in zip(far, near)) // shape[1]
    expect(same == 8 < shape[0], "%d rows of %d are the same in a window of 8" % (same, shape[0]))


main()
