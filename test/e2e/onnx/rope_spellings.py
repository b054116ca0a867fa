# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Spellings of onnx_spellings.py: rotations spelled out."""
from spellings import caches, half, layers, neighbours


def rope_nodes(a):
    """The two Adds that end the rotations of q and k, and what they rotate."""
    for linear, heads in ((a.q, a.heads), (a.k, a.kv_heads)):
        x = a.heads_of(linear, heads)
        yield linear, x


def cos_and_sin(model, golden, twice):
    """[batch, 1, sequence, ..] picked from large caches by position_ids."""
    one = model.ints("new/one", 1)
    return [model.add("Unsqueeze", [model.add("Gather", [c, "position_ids"], c + "/rows"), one],
                      c + "/four") for c in caches(model, golden, twice=twice)]


def replace_rope(model, a, rotate):
    """Lets the attention read rotate(x) for the heads x of q and k."""
    ends = [n for n in model.nodes if n.name in (a.name + "Add", a.name + "Add_1")]
    for (linear, x), end in zip(rope_nodes(a), ends):
        model.redirect(end.outputs[0], rotate(x, linear.name + "/rotated"))


def rope_halves(model):
    """concat(a cos - b sin, b cos + a sin) of the halves a and b."""
    cos, sin = cos_and_sin(model, "llama2-mha", False)

    def rotate(x, name):
        a, b = half(model, x, name + "/x1", 0, 8), half(model, x, name + "/x2", 8, 1 << 40)
        mul = lambda u, v, n: model.add("Mul", [u, v], name + n)
        first = model.add("Sub", [mul(a, cos, "/ac"), mul(b, sin, "/bs")], name + "/first")
        second = model.add("Add", [mul(b, cos, "/bc"), mul(a, sin, "/as")], name + "/second")
        return model.add("Concat", [first, second], name, axis=-1)
    for a in layers(model, "llama2-mha"):
        replace_rope(model, a, rotate)


def rope_caches(model):
    """x cos + rotate_half(x) sin, cos and sin from large caches of head_dim."""
    cos, sin = cos_and_sin(model, "llama2-mha", True)

    def rotate(x, name):
        a, b = half(model, x, name + "/x1", 0, 8), half(model, x, name + "/x2", 8, 16)
        turned = model.add("Concat", [model.add("Neg", [b], name + "/neg"), a], name + "/turned", axis=-1)
        return model.add("Add", [model.add("Mul", [x, cos], name + "/c"),
                                 model.add("Mul", [turned, sin], name + "/s")], name)
    for a in layers(model, "llama2-mha"):
        replace_rope(model, a, rotate)


def rope_neighbours(model):
    """Even and odd columns by Reshape and Split, put together again."""
    neighbours(model)
    cos, sin = cos_and_sin(model, "llama2-mha", False)
    two = model.ints("new/two", 0, 0, 0, 8, 2)
    flat = model.ints("new/flat", 0, 0, 0, 16)
    last = model.ints("new/last", -1)

    def rotate(x, name):
        pairs = model.add("Reshape", [x, two], name + "/pairs")
        parts = [name + "/even", name + "/odd"]
        model.add("Split", [pairs], parts, axis=-1)
        a, b = (model.add("Squeeze", [p, last], p + "/flat") for p in parts)
        mul = lambda u, v, n: model.add("Mul", [u, v], name + n)
        first = model.add("Sub", [mul(a, cos, "/ac"), mul(b, sin, "/bs")], name + "/first")
        second = model.add("Add", [mul(a, sin, "/as"), mul(b, cos, "/bc")], name + "/second")
        both = model.add("Concat", [model.add("Unsqueeze", [p, last], p + "/pair")
                                    for p in (first, second)], name + "/both", axis=-1)
        return model.add("Reshape", [both, flat], name)
    for a in layers(model, "llama2-mha"):
        replace_rope(model, a, rotate)


SPELLINGS = {
    "rope_halves": ("llama2-mha", rope_halves),
    "rope_caches": ("llama2-mha", rope_caches),
    "rope_neighbours": ("llama2-mha", rope_neighbours),
}
