# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes a Hugging Face folder of the demo models as an ONNX graph whose linears
are com.microsoft.MatMulNBits: weights rounded to nearest in blocks of K, the
last one part-filled where K is not a multiple."""
import array
import json
import math
import os
import shutil
import struct

from onnx_file import Node, render, tensor, text

FLOAT, UINT8, INT32, INT64 = 1, 2, 6, 7
MICROSOFT = "com.microsoft"


def value(field, name, kind, shape):
    dims = [(1, 2, render([(1, 0, d) if isinstance(d, int) else text(2, d)])) for d in shape]
    typed = render([(1, 2, render([(1, 0, kind), (2, 2, render(dims))]))])
    return (field, 2, render([text(1, name), (2, 2, typed)]))


class Checkpoint:
    """The bf16 tensors of a safetensors file, widened."""

    def __init__(self, folder):
        with open(os.path.join(folder, "model.safetensors"), "rb") as file:
            data = file.read()
        size = struct.unpack_from("<Q", data)[0]
        self.header, self.data = json.loads(data[8:8 + size]), data[8 + size:]

    def floats(self, name):
        entry = self.header[name]
        begin, end = entry["data_offsets"]
        wide = bytearray(2 * (end - begin))
        wide[2::4], wide[3::4] = self.data[begin:end:2], self.data[begin + 1:end:2]
        values = array.array("f")
        values.frombytes(bytes(wide))
        return entry["shape"], values


def quantize_block(weights, bits, asymmetric):
    """(codes, scale, zero point) of one block."""
    top = (1 << bits) - 1
    low, high = min(weights), max(weights)
    if asymmetric:
        low, high = min(low, 0.0), max(high, 0.0)
        scale = (high - low) / top
    else:
        scale = (high if high > -low else low) / -(1 << bits - 1)
    scale = array.array("f", [scale])[0]
    if scale == 0:
        return [1 << bits - 1] * len(weights), 0.0, 1 << bits - 1
    zero = round(-low / scale) if asymmetric else 1 << bits - 1
    return [min(top, max(0, round(w / scale) + zero)) for w in weights], scale, zero


def packed(codes, bits):
    if bits == 8:
        return bytes(codes)
    codes = codes + [0] * (len(codes) % 2)
    return bytes(a | b << 4 for a, b in zip(codes[::2], codes[1::2]))


def nbits_tensors(name, shape, weights, bits, block, asymmetric):
    """The initializers of a MatMulNBits of [n, k] weights."""
    n, k = shape
    blocks = (k + block - 1) // block
    codes, scales, zeros = bytearray(), array.array("f"), bytearray()
    for row in range(n):
        row_zeros = []
        for first in range(0, k, block):
            begin, end = row * k + first, row * k + min(k, first + block)
            some, scale, zero = quantize_block(weights[begin:end], bits, asymmetric)
            # What lies behind K must not be read.
            codes += packed(some + [7] * (block - len(some)), bits)
            scales.append(scale)
            row_zeros.append(zero)
        zeros += packed(row_zeros, bits)
    yield tensor(name + "_Q4", [n, blocks, block * bits // 8], UINT8, codes)
    yield tensor(name + "_scales", [n * blocks], FLOAT, scales.tobytes())
    if asymmetric:
        yield tensor(name + "_zeros", [len(zeros)], UINT8, zeros)


class Writer:
    """scheme(name) gives (bits, block, asymmetric) of a weight."""

    def __init__(self, folder, scheme):
        with open(os.path.join(folder, "config.json"), encoding="utf-8") as file:
            self.config = json.load(file)
        self.checkpoint, self.scheme = Checkpoint(folder), scheme
        self.nodes, self.tensors = [], []

    def node(self, op, inputs, output, others=(), **attributes):
        self.nodes.append(Node(op, inputs, [output, *others], **attributes))
        return output

    def floats(self, name):
        shape, values = self.checkpoint.floats(name)
        self.tensors.append(tensor(name, shape, FLOAT, values.tobytes()))
        return name

    def linear(self, x, name, weight=None):
        shape, values = self.checkpoint.floats(weight or name)
        bits, block, asymmetric = self.scheme(name)
        self.tensors += nbits_tensors(name, shape, values, bits, block, asymmetric)
        inputs = [x, name + "_Q4", name + "_scales"] + [name + "_zeros"] * asymmetric
        return self.node("MatMulNBits", inputs, name + "/out", domain=MICROSOFT, K=shape[1],
                         N=shape[0], bits=bits, block_size=block)

    def rotary_caches(self):
        width = self.config["head_dim"] // 2
        for name, function in (("cos_cache", math.cos), ("sin_cache", math.sin)):
            angles = (position * self.config["rope_theta"] ** (-i / width)
                      for position in range(self.config["max_position_embeddings"])
                      for i in range(width))
            data = array.array("f", map(function, angles))
            shape = [self.config["max_position_embeddings"], width]
            self.tensors.append(tensor(name, shape, FLOAT, data.tobytes()))

    def lengths(self):
        """The sequence lengths that GroupQueryAttention reads."""
        for name, data in (("one", 1), ("axis", 1)):
            shape = [1] if name == "axis" else []
            self.tensors.append(tensor(name, shape, INT64, struct.pack("<q", data)))
        self.node("ReduceSum", ["attention_mask", "axis"], "sum", keepdims=0)
        self.node("Sub", ["sum", "one"], "last")
        self.node("Cast", ["last"], "seqlens", to=INT32)
        self.node("Shape", ["attention_mask"], "mask_shape")
        self.node("Gather", ["mask_shape", "one"], "total", axis=0)
        self.node("Cast", ["total"], "total_length", to=INT32)

    def attention(self, x, layer, name):
        q, k, v = (self.linear(x, name + "self_attn.%s_proj.weight" % part) for part in "qkv")
        past = ["past_key_values.%d.%s" % (layer, part) for part in ("key", "value")]
        present = ["present.%d.%s" % (layer, part) for part in ("key", "value")]
        config = self.config
        out = self.node("GroupQueryAttention",
                        [q, k, v] + past + ["seqlens", "total_length", "cos_cache", "sin_cache"],
                        name + "attention", others=present, domain=MICROSOFT,
                        num_heads=config["num_attention_heads"],
                        kv_num_heads=config["num_key_value_heads"],
                        do_rotary=1, rotary_interleaved=0)
        return self.linear(out, name + "self_attn.o_proj.weight")

    def norm(self, x, delta, name):
        """(normalised x + delta, x + delta)."""
        epsilon = self.config["rms_norm_eps"]
        if delta is None:
            return self.node("SimplifiedLayerNormalization", [x, self.floats(name)],
                             name + "/out", epsilon=epsilon, axis=-1, stash_type=1), x
        out = self.node("SkipSimplifiedLayerNormalization", [x, delta, self.floats(name)],
                        name + "/out", others=["", "", name + "/sum"], domain=MICROSOFT,
                        epsilon=epsilon)
        return out, name + "/sum"

    def graph(self):
        self.rotary_caches()
        self.lengths()
        embedding = "model.embed_tokens.weight"
        x = self.node("Gather", [self.floats(embedding), "input_ids"], "embedded")
        delta = None
        for layer in range(self.config["num_hidden_layers"]):
            name = "model.layers.%d." % layer
            y, x = self.norm(x, delta, name + "input_layernorm.weight")
            delta = self.attention(y, layer, name)
            y, x = self.norm(x, delta, name + "post_attention_layernorm.weight")
            gate = self.linear(y, name + "mlp.gate_proj.weight")
            up = self.linear(y, name + "mlp.up_proj.weight")
            silu = self.node("Mul", [gate, self.node("Sigmoid", [gate], gate + "/sigmoid")],
                             gate + "/silu")
            delta = self.linear(self.node("Mul", [silu, up], up + "/gated"),
                                name + "mlp.down_proj.weight")
        y, _ = self.norm(x, delta, "model.norm.weight")
        logits = self.linear(y, "lm_head.weight", weight=embedding)
        self.node("Identity", [logits], "logits")
        return render([(1, 2, node.render()) for node in self.nodes] + [text(2, "nbits")] +
                      [(5, 2, data) for data in self.tensors] + self.interface())

    def interface(self):
        config, batch = self.config, "batch_size"
        cache = [batch, config["num_key_value_heads"], "past", config["head_dim"]]
        out = [value(11, "input_ids", INT64, [batch, "sequence"]),
               value(11, "attention_mask", INT64, [batch, "total"]),
               value(12, "logits", FLOAT, [batch, "sequence", config["vocab_size"]])]
        for layer in range(config["num_hidden_layers"]):
            for part in ("key", "value"):
                out.append(value(11, "past_key_values.%d.%s" % (layer, part), FLOAT, cache))
                out.append(value(12, "present.%d.%s" % (layer, part), FLOAT,
                                 cache[:2] + ["total"] + cache[3:]))
        return out


def write_model(folder, out, scheme):
    """Writes out/model.onnx, and the tokenizer beside it; gives the path."""
    graph = Writer(folder, scheme).graph()
    model = render([(1, 0, 10), (7, 2, graph), (8, 2, render([text(1, ""), (2, 0, 21)])),
                    (8, 2, render([text(1, "com.microsoft"), (2, 0, 1)]))])
    os.makedirs(out, exist_ok=True)
    path = os.path.join(out, "model.onnx")
    with open(path, "wb") as file:
        file.write(model)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(os.path.join(folder, name), out)
    return path
