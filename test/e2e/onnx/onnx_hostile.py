# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Graphs that nobody exports are compiled, or answered by one line that names
the node, soon and without a file left: onnx_hostile.py BIN."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from e2e import LLMC, MODELS, expect, scratch
from onnx_file import Model, Node, render, tensor, text

SECONDS = 60 # each takes a few at most
Q = "/m/model/layers.0/self_attn/q_proj/MatMul"


def after_q(model, change):
    """What reads q reads change(q)."""
    q = model.named(Q).outputs[0]
    readers = [node.name for node in model.nodes]
    model.redirect(q, change(q), readers)


def chain(op, count, **attributes):
    def build(model):
        def change(value):
            for i in range(count):
                value = model.add(op, [value], "c%d" % i, **attributes)
            return value
        after_q(model, change)
    return build


def doubled(model):
    """A tree of 2^60 paths."""
    def change(value):
        for i in range(60):
            value = model.add("Max", [value, value], "c%d" % i)
        return value
    after_q(model, change)


def residuals(model):
    table = model.named("/m/model/embed_tokens/Gather").outputs[0]
    value, readers = table, [node.name for node in model.nodes]
    for i in range(1000):
        product = model.add("MatMul", [value, model.named(Q).inputs[1]], "m%d" % i)
        value = model.add("Add", [value, product], "r%d" % i)
    model.redirect(table, value, readers)


def shaped(op, *values, floats=False):
    """q by way of `op`, whose shape is `values`."""
    def build(model):
        def change(q):
            if not floats:
                return model.add(op, [q, model.ints("shape", *values)], "bad")
            model.floats("numbers", [len(values)], values)
            return model.add(op, [q, model.add("Cast", ["numbers"], "shape", to=7)], "bad")
        after_q(model, change)
    return build


def filled(*sizes):
    def build(model):
        after_q(model, lambda q: model.add("Add", [
            q, model.add("ConstantOfShape", [model.ints("shape", *sizes)], "bad")], "sum"))
    return build


def empty_beside_huge(model):
    """[2^40, 0] has no elements to count."""
    def change(q):
        none = model.add("Expand", [model.floats("one", [1, 1], [1.0]), model.ints("shape", 1 << 40, 0)], "none")
        return model.add("Add", [q, model.add("ReduceSum", [none], "sum", keepdims=0)], "new")
    after_q(model, change)


def long_range(model):
    def change(q):
        first, last = (model.ints(n, v, scalar=True) for n, v in (("first", -1 << 63), ("last", (1 << 63) - 1)))
        many = model.add("Range", [first, last, model.ints("step", 1, scalar=True)], "bad")
        return model.add("Add", [q, model.add("Cast", [many], "floats", to=1)], "sum")
    after_q(model, change)


def branch(model):
    model.tensors["cond"] = tensor("cond", [], 9, b"\1")
    node = Node("If", ["cond"], ["bad"])
    node.others = [(5, 2, render([text(1, "then_branch"), (6, 2, render([text(2, "g")])), (20, 0, 5)]))]
    model.nodes.append(node)
    after_q(model, lambda q: "bad")


def weight(*dims):
    def build(model):
        model.named(Q).inputs[1] = model.floats("w", dims, [])
    return build


def no_part(model):
    """A linear of no columns of q."""
    def change(q):
        model.add("Split", [q, model.ints("sizes", 64, 0)], ["all", "bad"], axis=2)
        product = model.add("MatMul", ["bad", model.floats("w", [0, 64], [])], "product")
        return model.add("Add", ["all", product], "sum")
    after_q(model, change)


NAN, INFINITE = float("nan"), float("inf")
# A part of the message; nothing where the graph is compiled.
CASES = {
    "tanhs": (chain("Tanh", 2000), None),
    "too many tanhs": (chain("Tanh", 100000), "is behind 20000 others in a row"),
    "identities": (chain("Identity", 15000), None),
    "transposes": (chain("Transpose", 15000, perm=[0, 2, 1]), "(Transpose) is part of no pattern"),
    "doubled": (doubled, None),
    "residuals": (residuals, None),
    "nan": (shaped("Reshape", NAN, NAN, NAN, floats=True), "'bad' (Reshape) has a shape that does not follow"),
    "infinite": (shaped("Expand", INFINITE, INFINITE, floats=True), "'bad' (Expand) has a shape that does not"),
    "expand": (shaped("Expand", 1 << 40, 1 << 40, 64), "'bad' (Expand) has a shape that does not follow"),
    "tile": (shaped("Tile", 1 << 62, 1 << 62, 1 << 62), "'bad' (Tile) has a shape that does not follow"),
    "unsqueeze": (shaped("Unsqueeze", *range(100000)), "'bad' (Unsqueeze) has a shape that does not"),
    "filled": (filled(1 << 31, 1 << 33), "'bad' (ConstantOfShape) has a shape that does not follow"),
    "empty beside huge": (empty_beside_huge, None),
    "range": (long_range, "'bad' (Range) has a shape that does not follow"),
    "branch": (branch, "node 'bad' (If): is not supported"),
    "no part": (no_part, "(Split) is part of no pattern"),
    "no columns": (weight(64, 0), "has a shape that does not follow"),
    "no rows": (weight(0, 64), "has a shape that does not follow"),
}


def check(name, build, message):
    folder = scratch()
    model = Model(os.path.join(MODELS, "onnx", "llama2-mha-torch", "model.onnx"))
    build(model)
    path = model.write(os.path.join(folder, "model"))
    out = os.path.join(folder, "out")
    os.mkdir(out)
    done = subprocess.run([LLMC, "compile", path, "-o", os.path.join(out, "x.o"), "--quantize", "f32"],
                          capture_output=True, text=True, timeout=SECONDS)
    lines = [line for line in done.stderr.splitlines() if "there is no tokenizer" not in line]
    print("%s: exit %d, %s" % (name, done.returncode, lines))
    if message is None:
        expect(done.returncode == 0 and not lines, "%s is not compiled" % name)
    else:
        expect(done.returncode == 1 and len(lines) == 1 and message in lines[0] and not os.listdir(out),
               "%s: not answered by '%s'" % (name, message))


def main():
    for name, (build, message) in CASES.items():
        check(name, build, message)


main()
