# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The spellings of onnx_spellings.py: each changes a Model in place."""
import math
import struct

from onnx_file import attribute, constant, parse, render, tensor

LAYERS = {"llama2-mha": 2, "llama3-gqa": 3}
HEADS = {"llama2-mha": (4, 4), "llama3-gqa": (8, 2)}
HEAD_DIM = 16
MICROSOFT = "com.microsoft"


class Attention:
    """The names of one layer's attention in the torch exports."""

    def __init__(self, model, golden, layer):
        self.model, self.layer = model, layer
        self.heads, self.kv_heads = HEADS[golden]
        self.name = "/m/model/layers.%d/self_attn/" % layer
        self.q, self.k, self.v = (model.named(self.name + p + "_proj/MatMul") for p in "qkv")
        self.past = ["past_key_values.%d.%s" % (layer, kind) for kind in ("key", "value")]

    def heads_of(self, linear, heads):
        """[batch, heads, sequence, head_dim] of a linear."""
        m, base = self.model, self.name + "new/" + linear.outputs[0].strip("/").replace("/", "_")
        shape = m.ints(base + "/shape", 0, 0, heads, HEAD_DIM)
        four = m.add("Reshape", [linear.outputs[0], shape], base + "/four")
        return m.add("Transpose", [four], base + "/heads", perm=[0, 2, 1, 3])

    def finish(self, joined):
        """The output projection reads `joined`."""
        self.model.named(self.name + "o_proj/MatMul").inputs[0] = joined

    def join(self, heads):
        """[batch, sequence, heads * head_dim] of heads."""
        m, base = self.model, self.name + "new/"
        turned = m.add("Transpose", [heads], base + "turned", perm=[0, 2, 1, 3])
        shape = m.ints(base + "joined/shape", 0, 0, self.heads * HEAD_DIM)
        return m.add("Reshape", [turned, shape], base + "joined")


def frequencies(golden):
    if golden == "llama2-mha":
        return [10000.0 ** (-2 * i / HEAD_DIM) for i in range(HEAD_DIM // 2)]
    # llama3: factor 8, low 1, high 4, original context 64, theta 500000
    result = []
    for i in range(HEAD_DIM // 2):
        f = 500000.0 ** (-2 * i / HEAD_DIM)
        wavelength = 2 * math.pi / f
        if wavelength > 64:
            f /= 8
        elif wavelength > 64 / 4:
            smooth = (64 / wavelength - 1) / 3
            f = (1 - smooth) * f / 8 + smooth * f
        result.append(f)
    return result


def caches(model, golden, positions=256, twice=False):
    """Initializers [positions, head_dim / 2] of cos and sin, or of head_dim."""
    names = []
    for name, function in (("cos_cache", math.cos), ("sin_cache", math.sin)):
        values = []
        for p in range(positions):
            row = [function(p * f) for f in frequencies(golden)]
            values += row * 2 if twice else row
        names.append(model.floats(name, [positions, HEAD_DIM // 2 * (1 + twice)], values))
    return names


def layers(model, golden):
    return [Attention(model, golden, layer) for layer in range(LAYERS[golden])]


# Whole blocks of opset 23.

def attention_23(model):
    """Attention with is_causal on heads, RotaryEmbedding with caches."""
    golden = "llama3-gqa"
    model.opset("", 23)
    cos, sin = caches(model, golden)
    for a in layers(model, golden):
        q, k, v = a.heads_of(a.q, 8), a.heads_of(a.k, 2), a.heads_of(a.v, 2)
        q = model.add("RotaryEmbedding", [q, cos, sin, "position_ids"], a.name + "new/q")
        k = model.add("RotaryEmbedding", [k, cos, sin, "position_ids"], a.name + "new/k")
        out = model.add("Attention", [q, k, v, ""] + a.past, a.name + "new/out", is_causal=1)
        a.finish(a.join(out))


def attention_23_joined(model):
    """On [batch, sequence, width], the mask an input, cos and sin picked before."""
    golden = "llama3-gqa"
    model.opset("", 23)
    cos, sin = (model.add("Gather", [c, "position_ids"], c + "/rows") for c in caches(model, golden))
    mask = model.named("/m/model/Expand").outputs[0]
    for a in layers(model, golden):
        q, k = (model.add("RotaryEmbedding", [x.outputs[0], cos, sin], a.name + "new/" + n, num_heads=h)
                for n, x, h in (("q", a.q, 8), ("k", a.k, 2)))
        out = model.add("Attention", [q, k, a.v.outputs[0], mask] + a.past, a.name + "new/out",
                        q_num_heads=8, kv_num_heads=2, scale=0.25)
        a.finish(out)


def norm_23(model):
    """RMSNormalization."""
    model.opset("", 23)
    norms = ["/m/model/layers.%d/%s_layernorm/" % (i, n) for i in range(2)
             for n in ("input", "post_attention")] + ["/m/model/norm/"]
    for norm in norms:
        last = model.named(norm + "Mul_1")
        x, weight = model.named(norm + "Pow").inputs[0], last.inputs[0]
        out = model.add("RMSNormalization", [x, weight], norm + "new", epsilon=1e-5, axis=-1)
        model.redirect(last.outputs[0], out)


# com.microsoft.

def multi_head_attention(model):
    """MultiHeadAttention and RotaryEmbedding of com.microsoft."""
    golden = "llama2-mha"
    model.opset(MICROSOFT, 1)
    tables = caches(model, golden)
    for a in layers(model, golden):
        q, k = rotated(model, a, tables)
        out = model.add("MultiHeadAttention", [q, k, a.v.outputs[0], "", "", mask_of(model, a)] + a.past,
                        a.name + "new/out", domain=MICROSOFT, num_heads=4)
        a.finish(out)


def packed(model, names, part):
    """The heads of [batch, sequence, 4 * head_dim] values, part after part."""
    shape = model.ints(names[0] + "/five", 0, 0, 4, 1, HEAD_DIM)
    parts = [model.add("Reshape", [name, shape], name + part) for name in names]
    return model.add("Concat", parts, names[0] + part + "/packed", axis=3)


def rotated(model, a, tables):
    """q and k of a layer after com.microsoft.RotaryEmbedding."""
    return [model.add("RotaryEmbedding", [x.outputs[0], "position_ids", *tables],
                      a.name + "new/" + n, domain=MICROSOFT, num_heads=4)
            for n, x in (("q", a.q), ("k", a.k))]


def packed_inputs(model):
    """MultiHeadAttention of q, k and v in one, or of k and v in one."""
    model.opset(MICROSOFT, 1)
    tables = caches(model, "llama2-mha")
    for a in layers(model, "llama2-mha"):
        q, k = rotated(model, a, tables)
        if a.layer == 0:
            inputs = [packed(model, [q, k, a.v.outputs[0]], "/qkv"), "", ""]
        else:
            inputs = [q, packed(model, [k, a.v.outputs[0]], "/kv"), ""]
        a.finish(model.add("MultiHeadAttention", inputs + ["", "", mask_of(model, a)] + a.past,
                           a.name + "new/out", domain=MICROSOFT, num_heads=4))


def packed_weights(model):
    """One linear whose columns are q, k and v of each head in turn, with a bias."""
    model.opset(MICROSOFT, 1)
    tables = caches(model, "llama2-mha")
    for a in layers(model, "llama2-mha"):
        parts = [model.read(linear.inputs[1])[1] for linear in (a.q, a.k, a.v)]
        values = [part[row * 64 + head * HEAD_DIM + d] for row in range(64) for head in range(4)
                  for part in parts for d in range(HEAD_DIM)]
        weight = model.floats(a.name + "new/qkv", [64, 192], values)
        bias = model.floats(a.name + "new/bias", [192], [0.0] * 192)
        out = model.add("Add", [model.add("MatMul", [a.q.inputs[0], weight], a.name + "new/product"), bias],
                        a.name + "new/sum")
        five = model.add("Reshape", [out, model.ints(a.name + "new/shape", 0, 0, 4, 3, HEAD_DIM)], a.name + "new/five")
        flat = model.ints(a.name + "new/flat", 0, 0, 64)
        if a.layer == 0:
            q, k = rotated(model, a, tables)
            a.finish(model.add("MultiHeadAttention", [q, k, a.v.outputs[0], "", "", mask_of(model, a)] + a.past,
                               a.name + "new/out", domain=MICROSOFT, num_heads=4))
        for i, linear in enumerate((a.q, a.k, a.v)):
            name = "%snew/part%d" % (a.name, i)
            part = model.add("Gather", [five, model.ints(name + "/i", i, scalar=True)], name, axis=3)
            model.redirect(linear.outputs[0], model.add("Reshape", [part, flat], name + "/flat"))


def group_queries(model):
    """GroupQueryAttention of q, k and v apart, rotated before it or by it."""
    golden = "llama3-gqa"
    model.opset(MICROSOFT, 1)
    cos, sin = caches(model, golden)
    one = model.ints("new/one", 1)
    count = model.add("ReduceSum", ["attention_mask", one], "new/count", keepdims=0)
    last = model.add("Cast", [model.add("Sub", [count, one], "new/last")], "new/seqlens", to=6)
    shape = model.add("Shape", ["attention_mask"], "new/shape")
    total = model.add("Cast", [model.add("Gather", [shape, model.ints("new/i1", 1, scalar=True)],
                                         "new/length")], "new/total", to=6)
    for a in layers(model, golden):
        q, k = a.q.outputs[0], a.k.outputs[0]
        before = a.layer == 1
        if before:
            q, k = (model.add("RotaryEmbedding", [x, "position_ids", cos, sin], a.name + "new/" + n,
                              domain=MICROSOFT, num_heads=h) for n, x, h in (("q", q, 8), ("k", k, 2)))
        tables = ["", ""] if before else [cos, sin]
        a.finish(model.add("GroupQueryAttention", [q, k, a.v.outputs[0]] + a.past + [last, total] + tables,
                           a.name + "new/out", domain=MICROSOFT, num_heads=8, kv_num_heads=2,
                           do_rotary=0 if before else 1))


def quick_gelu(model):
    """SiLU as ONNX Runtime fuses it: QuickGelu with alpha 1."""
    model.opset(MICROSOFT, 1)
    for layer in range(2):
        act = model.named("/m/model/layers.%d/mlp/act_fn/Mul" % layer)
        gate = model.named("/m/model/layers.%d/mlp/gate_proj/MatMul" % layer).outputs[0]
        model.redirect(act.outputs[0], model.add("QuickGelu", [gate], act.name + "/new",
                                                 domain=MICROSOFT, alpha=1.0))


def half(model, x, name, begin, end):
    return model.add("Slice", [x, model.ints(name + "/b", begin), model.ints(name + "/e", end),
                               model.ints(name + "/a", -1)], name)


def mask_of(model, attention):
    """What the eager export adds to the scores."""
    softmax = model.named(attention.name + "Softmax")
    add = next(n for n in model.nodes if n.outputs[0] == softmax.inputs[0])
    product = {n.outputs[0] for n in model.nodes if n.op in ("Mul", "MatMul", "Div")}
    return next(value for value in add.inputs if value not in product)


def rotary_neighbours_block(model):
    """The same nodes, interleaved: the rows of q and k stand as neighbours."""
    multi_head_attention(model)
    neighbours(model)
    for node in model.nodes:
        if node.op == "RotaryEmbedding":
            node.others.append(attribute("interleaved", 1))


def neighbours(model):
    """Permutes the columns of the q and k weights: pair i stands at 2i, 2i + 1."""
    for a in layers(model, "llama2-mha"):
        for linear in (a.q, a.k):
            (rows, columns), values = model.read(linear.inputs[1])
            out = [0.0] * len(values)
            for r in range(rows):
                for c in range(columns):
                    head, d = divmod(c, HEAD_DIM)
                    to = 2 * d if d < HEAD_DIM // 2 else 2 * (d - HEAD_DIM // 2) + 1
                    out[r * columns + head * HEAD_DIM + to] = values[r * columns + c]
            linear.inputs[1] = model.floats(linear.name + "/neighbours", [rows, columns], out)


# Linears.

def gemm(model):
    """Gemm of flattened rows with a transposed weight and a bias."""
    for node in model.nodes[:]:
        if node.op != "MatMul" or "_proj" not in node.name:
            continue
        (rows, columns), values = model.read(node.inputs[1])
        turned = [values[r * columns + c] for c in range(columns) for r in range(rows)]
        weight = model.floats(node.name + "/turned", [columns, rows], turned)
        bias = model.floats(node.name + "/bias", [columns], [0.0] * columns)
        flat = model.add("Reshape", [node.inputs[0], model.ints(node.name + "/flat", -1, rows)],
                         node.name + "/rows")
        product = model.add("Gemm", [flat, weight, bias], node.name + "/gemm", transB=1, beta=2.0)
        shape = model.add("Shape", [node.inputs[0]], node.name + "/shape")
        lead = model.add("Slice", [shape, model.ints(node.name + "/0", 0), model.ints(node.name + "/2", 2)],
                         node.name + "/lead")
        full = model.add("Concat", [lead, model.ints(node.name + "/n", columns)], node.name + "/full", axis=0)
        model.redirect(node.outputs[0], model.add("Reshape", [product, full], node.name + "/new"),
                       [n.name for n in model.nodes if n.name != node.name + "/new"])


def tied(model):
    """The head is the transposed embedding table."""
    table = model.named("/m/model/embed_tokens/Gather").inputs[0]
    model.named("/m/lm_head/MatMul").inputs[1] = \
        model.add("Transpose", [table], "head/turned", perm=[1, 0])


def joined(model, a):
    """The weight of q, k and v side by side, and its width."""
    parts = [model.read(linear.inputs[1]) for linear in (a.q, a.k, a.v)]
    rows, widths = parts[0][0][0], [part[0][1] for part in parts]
    values = []
    for r in range(rows):
        for (_, data), width in zip(parts, widths):
            values += data[r * width:(r + 1) * width]
    weight = model.floats(a.name + "qkv", [rows, sum(widths)], values)
    return model.add("MatMul", [a.q.inputs[0], weight], a.name + "qkv/out"), widths


def fused_split(model):
    """q, k and v by Split from one linear."""
    for a in layers(model, "llama3-gqa"):
        out, widths = joined(model, a)
        parts = [a.name + "new/" + n for n in "qkv"]
        model.add("Split", [out, model.ints(a.name + "new/widths", *widths)], parts, axis=-1)
        for linear, part in zip((a.q, a.k, a.v), parts):
            model.redirect(linear.outputs[0], part)


def fused_slice(model):
    """q, k and v by Slice from one linear."""
    for a in layers(model, "llama3-gqa"):
        out, widths = joined(model, a)
        begin = 0
        for linear, name, width in zip((a.q, a.k, a.v), "qkv", widths):
            part = half(model, out, a.name + "new/" + name, begin, begin + width)
            model.redirect(linear.outputs[0], part)
            begin += width


def fused_gather(model):
    """[batch, sequence, 3, heads, head_dim] and a Gather of each third."""
    for a in layers(model, "llama2-mha"):
        out, _ = joined(model, a)
        five = model.add("Reshape", [out, model.ints(a.name + "new/five", 0, 0, 3, 4, 16)],
                         a.name + "new/fives")
        for i, linear in enumerate((a.q, a.k, a.v)):
            part = model.add("Gather", [five, model.ints(a.name + "new/%d" % i, i, scalar=True)],
                             a.name + "new/part%d" % i, axis=2)
            shape = next(n for n in model.nodes if n.inputs[:1] == linear.outputs and n.op == "Reshape")
            shape.inputs[0] = part


# Caches and masks.

def heads_not_transposed(model):
    """The past is [batch, past, heads, head_dim]; heads are transposed after it."""
    for index, (field, kind, value) in enumerate(model.entries):
        if field == 11 and b"past_key_values" in value:
            fields = parse(value)
            for i, (n, k, v) in enumerate(fields):
                if n == 2:
                    fields[i] = (n, k, swap_dims(v))
            model.entries[index] = (field, kind, render(fields))
    for a in layers(model, "llama2-mha"):
        for past in a.past:
            concat = next(n for n in model.nodes if past in n.inputs and n.op == "Concat")
            old, new = concat.inputs
            model.redirect(past, model.add("Transpose", [past], concat.name + "/past", perm=[0, 2, 1, 3]))
            back = model.add("Transpose", [new], concat.name + "/back", perm=[0, 2, 1, 3])
            both = model.add("Concat", [old, back], concat.name + "/both", axis=1)
            model.redirect(concat.outputs[0],
                           model.add("Transpose", [both], concat.name + "/heads", perm=[0, 2, 1, 3]))


def swap_dims(type_proto):
    """A TypeProto with its second and third dimension exchanged."""
    def change(data, path):
        fields = parse(data)
        if not path:
            dims = [i for i, f in enumerate(fields) if f[0] == 1]
            fields[dims[1]], fields[dims[2]] = fields[dims[2]], fields[dims[1]]
            return render(fields)
        return render([(n, k, change(v, path[1:])) if n == path[0] and k == 2 else (n, k, v)
                       for n, k, v in fields])
    return change(type_proto, [1, 2])


def no_past(model):
    """input_ids alone: neither mask nor positions nor past."""
    model.entries = [e for e in model.entries
                     if not (e[0] == 11 and b"input_ids" not in e[2]) and not (e[0] == 12 and b"logits" not in e[2])]
    shape = model.add("Shape", ["input_ids"], "new/ids/shape")
    length = model.add("Gather", [shape, model.ints("new/ids/one", 1, scalar=True)], "new/length", axis=0)
    zero, one = model.ints("new/0", 0, scalar=True), model.ints("new/1", 1, scalar=True)
    positions = model.add("Range", [zero, length, one], "new/positions")
    model.add("Unsqueeze", [positions, model.ints("new/axis", 0)], "position_ids")
    model.add("ConstantOfShape", [shape], "new/zeros")
    model.add("Add", ["new/zeros", one], "attention_mask")
    for a in layers(model, "llama2-mha"):
        for past in a.past:
            concat = next(n for n in model.nodes if past in n.inputs and n.op == "Concat" and len(n.inputs) == 2)
            model.redirect(concat.outputs[0], concat.inputs[1])
            for node in model.nodes: # its length
                node.inputs = [v if v != past else "new/empty" for v in node.inputs]
    model.floats("new/empty", [1, 4, 0, 16], [])


def mask_by_where(model):
    """Where(seen, scores, -10000) or the other way round, and a lower bound."""
    model.nodes.append(constant("new/low", -10000.0))
    model.nodes.append(constant("new/lowest", -3e38))
    model.nodes.append(constant("new/limit", -1.0))
    for a in layers(model, "llama2-mha"):
        softmax = model.named(a.name + "Softmax")
        add = next(n for n in model.nodes if n.outputs[0] == softmax.inputs[0])
        mask = mask_of(model, a)
        scores = next(v for v in add.inputs if v != mask)
        if a.layer == 0:
            seen = model.add("Greater", [mask, "new/limit"], a.name + "new/seen")
            choice = [seen, scores, "new/low"]
        else:
            hidden = model.add("Less", [mask, "new/limit"], a.name + "new/hidden")
            choice = [hidden, "new/low", scores]
        chosen = model.add("Where", choice, a.name + "new/chosen")
        softmax.inputs[0] = model.add("Max", [chosen, "new/lowest"], a.name + "new/bounded")


def half_precision(model):
    """Weights and activations in float16, norms in float32 between casts."""
    for name in list(model.tensors):
        if "norm" in name or "weight" not in name and "MatMul" not in name:
            continue
        dims, values = model.read(name)
        model.tensors[name] = tensor(name, dims, 10, struct.pack("<%de" % len(values), *values))
    for i in range(2):
        for norm in ("input", "post_attention"):
            base = "/m/model/layers.%d/%s_layernorm/" % (i, norm)
            last = model.named(base + "Mul_1")
            model.redirect(last.outputs[0], model.add("Cast", [last.outputs[0]], base + "half", to=10),
                           [n.name for n in model.nodes if n.name != base + "half"])
    last = model.named("/m/model/norm/Mul_1")
    model.named("/m/lm_head/MatMul").inputs[0] = \
        model.add("Cast", [last.outputs[0]], "/m/model/norm/half", to=10)
    head = model.named("/m/lm_head/MatMul")
    head.outputs[0] = "head/half"
    model.add("Cast", ["head/half"], "logits", to=1)


SPELLINGS = {
    "attention_23": ("llama3-gqa", attention_23),
    "attention_23_joined": ("llama3-gqa", attention_23_joined),
    "norm_23": ("llama2-mha", norm_23),
    "multi_head_attention": ("llama2-mha", multi_head_attention),
    "packed_inputs": ("llama2-mha", packed_inputs),
    "packed_weights": ("llama2-mha", packed_weights),
    "group_queries": ("llama3-gqa", group_queries),
    "quick_gelu": ("llama2-mha", quick_gelu),
    "rotary_neighbours_block": ("llama2-mha", rotary_neighbours_block),
    "gemm": ("llama2-mha", gemm),
    "tied": ("llama3-gqa", tied),
    "fused_split": ("llama3-gqa", fused_split),
    "fused_slice": ("llama3-gqa", fused_slice),
    "fused_gather": ("llama2-mha", fused_gather),
    "heads_not_transposed": ("llama2-mha", heads_not_transposed),
    "no_past": ("llama2-mha", no_past),
    "mask_by_where": ("llama2-mha", mask_by_where),
    "half_precision": ("llama2-mha", half_precision),
}
