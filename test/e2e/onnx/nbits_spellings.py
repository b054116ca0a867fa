# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Spellings of the GenAI export whose q, k and v are one com.microsoft.MatMulNBits:
its rows taken apart and put in another order."""
from onnx_file import attribute, parse, tensor

MICROSOFT = "com.microsoft"
HEADS, KV_HEADS, HEAD_DIM = 8, 2, 16
Q, K = HEADS * HEAD_DIM, KV_HEADS * HEAD_DIM


def blocks(model):
    """Each layer's node of q, k and v, and its attention."""
    for node in model.nodes[:]:
        if node.op == "GroupQueryAttention":
            yield next(n for n in model.nodes if n.outputs[0] == node.inputs[0]), node


def set_attribute(node, name, value):
    node.others = [f for f in node.others if (1, 2, name.encode()) not in parse(f[2])]
    node.others.append(attribute(name, value))


def neighbours(model):
    """Pair i of the rotation stands at rows 2i, 2i + 1 of every head of q and k."""
    half = HEAD_DIM // 2
    order = list(range(Q + 2 * K))
    for row in range(Q + K):
        head, d = divmod(row, HEAD_DIM)
        order[head * HEAD_DIM + (2 * d if d < half else 2 * (d - half) + 1)] = row
    for linear, _ in blocks(model):
        for name in linear.inputs[1:]:
            dims, kind, raw = model.raw(name)
            size = len(raw) // len(order)
            rows = b"".join(raw[row * size:(row + 1) * size] for row in order)
            model.tensors[name] = tensor(name, dims, kind, rows)


def split(model):
    """Three inputs for the attention, by Split or Slice."""
    for layer, (linear, attention) in enumerate(blocks(model)):
        parts = ["%s/%s" % (linear.name, part) for part in "qkv"]
        if layer % 2 == 0:
            widths = model.ints(linear.name + "/widths", Q, K, K)
            model.add("Split", [linear.outputs[0], widths], parts, axis=-1)
        else:
            axis, begin = model.ints(linear.name + "/axis", 2), 0
            for part, width in zip(parts, (Q, K, K)):
                model.add("Slice", [linear.outputs[0], model.ints(part + "/b", begin),
                                    model.ints(part + "/e", begin + width), axis], part)
                begin += width
        attention.inputs[:3] = parts


def nbits_neighbours(model):
    """Rotated by the attention, neighbour by neighbour."""
    neighbours(model)
    for _, attention in blocks(model):
        set_attribute(attention, "rotary_interleaved", 1)


def positions(model):
    """[batch, sequence] of positions that follow the past."""
    one = model.ints("new/one", 1)
    shape = model.add("Shape", ["input_ids"], "new/shape")
    lengths = [model.add("Squeeze", [model.add("Gather", [shape_of, one], name)], name + "/scalar")
               for name, shape_of in (("new/total", model.add("Shape", ["attention_mask"], "new/mask")),
                                      ("new/sequence", shape))]
    past = model.add("Sub", lengths, "new/past")
    step = model.ints("new/step", 1, scalar=True)
    row = model.add("Range", [past, lengths[0], step], "new/range")
    return model.add("Expand", [row, shape], "new/positions")


def rotate_outside(model, rotate):
    """q and k are rotated before they meet the attention."""
    neighbours(model)
    split(model)
    for _, attention in blocks(model):
        set_attribute(attention, "do_rotary", 0)
        attention.inputs[:2] = [rotate(x, x + "/rotated", heads)
                                for x, heads in zip(attention.inputs[:2], (HEADS, KV_HEADS))]
        del attention.inputs[7:]


def nbits_rotary(model):
    """com.microsoft.RotaryEmbedding, interleaved, of q and k by Split or Slice."""
    ids = positions(model)
    rotate_outside(model, lambda x, name, heads: model.add(
        "RotaryEmbedding", [x, ids, "cos_cache", "sin_cache"], name, domain=MICROSOFT,
        interleaved=1, num_heads=heads))


def nbits_rotary_nodes(model):
    """The same spelled out, on heads that are not transposed."""
    ids, axis = positions(model), model.ints("new/axis", 2)
    cos, sin = (model.add("Unsqueeze", [model.add("Gather", [c, ids], "new/" + c), axis], "new/%s/four" % c)
                for c in ("cos_cache", "sin_cache"))
    picks = [model.ints("new/pick%d" % i, i, scalar=True) for i in (0, 1)]
    last = model.ints("new/last", -1)

    def rotate(x, name, heads):
        four, two = model.ints(name + "/4", 0, 0, heads, HEAD_DIM), model.ints(name + "/2", 0, 0, 0, HEAD_DIM // 2, 2)
        pairs = model.add("Reshape", [model.add("Reshape", [x, four], name + "/x"), two], name + "/pairs")
        a, b = (model.add("Gather", [pairs, pick], name + pick, axis=4) for pick in picks)
        mul = lambda u, v, n: model.add("Mul", [u, v], name + n)
        first = model.add("Sub", [mul(a, cos, "/ac"), mul(b, sin, "/bs")], name + "/first")
        second = model.add("Add", [mul(a, sin, "/as"), mul(b, cos, "/bc")], name + "/second")
        both = model.add("Concat", [model.add("Unsqueeze", [p, last], p + "/pair")
                                    for p in (first, second)], name + "/both", axis=-1)
        turned = model.add("Reshape", [both, four], name + "/turned")
        return model.add("Reshape", [turned, model.ints(name + "/flat", 0, 0, heads * HEAD_DIM)], name)
    rotate_outside(model, rotate)


SPELLINGS = {name: ("onnx/llama3-gqa-genai-int4", change)
             for name, change in (("nbits_split", split), ("nbits_neighbours", nbits_neighbours),
                                  ("nbits_rotary", nbits_rotary), ("nbits_rotary_nodes", nbits_rotary_nodes))}
