#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes a Hugging Face folder with random bf16 weights, to measure speed and
memory at real sizes without a download: config.json and model.safetensors, no
tokenizer. The same seed gives the same bytes. Standard library only; memory
stays at a few MB whatever the size.

    tools/make_model.py DIR [--shape tinyllama-1.1b] [--layers N] [--seed N]

With --zeros the weights are a hole in the file, which takes no disk: enough for
`llmc compile --emit sheet` of a model larger than the disk.
"""

import argparse
import json
import math
import os
import random
import struct
import sys

SHAPES = {  # hidden, heads, KV heads, head_dim, ffn, layers, vocabulary, theta, tied
    "llama-52m": (512, 8, 4, 64, 1536, 6, 32000, 10000.0, False),
    "tinyllama-1.1b": (2048, 32, 4, 64, 5632, 22, 32000, 10000.0, False),
    "llama-3.2-1b": (2048, 32, 8, 64, 8192, 16, 128256, 500000.0, True),
    "llama-2-7b": (4096, 32, 32, 128, 11008, 32, 32000, 10000.0, False),
    "llama-3.1-8b": (4096, 32, 8, 128, 14336, 32, 128256, 500000.0, False),
}
CHUNK = 1 << 20  # elements written at a time


def config_of(shape, layers):
    hidden, heads, kv_heads, head_dim, ffn, n, vocab, theta, tied = SHAPES[shape]
    return {
        "architectures": ["LlamaForCausalLM"],
        "attention_bias": False,
        "bos_token_id": 1,
        "eos_token_id": 2,
        "head_dim": head_dim,
        "hidden_act": "silu",
        "hidden_size": hidden,
        "intermediate_size": ffn,
        "max_position_embeddings": 2048,
        "mlp_bias": False,
        "model_type": "llama",
        "num_attention_heads": heads,
        "num_hidden_layers": layers or n,
        "num_key_value_heads": kv_heads,
        "rms_norm_eps": 1e-05,
        "rope_scaling": None,
        "rope_theta": theta,
        "tie_word_embeddings": tied,
        "torch_dtype": "bfloat16",
        "vocab_size": vocab,
    }


def tensors_of(c):
    """Yields (name, shape) in the order of the file."""
    hidden, ffn, vocab = c["hidden_size"], c["intermediate_size"], c["vocab_size"]
    q = c["num_attention_heads"] * c["head_dim"]
    kv = c["num_key_value_heads"] * c["head_dim"]
    yield "model.embed_tokens.weight", (vocab, hidden)
    for i in range(c["num_hidden_layers"]):
        layer = f"model.layers.{i}."
        yield layer + "input_layernorm.weight", (hidden,)
        yield layer + "self_attn.q_proj.weight", (q, hidden)
        yield layer + "self_attn.k_proj.weight", (kv, hidden)
        yield layer + "self_attn.v_proj.weight", (kv, hidden)
        yield layer + "self_attn.o_proj.weight", (hidden, q)
        yield layer + "post_attention_layernorm.weight", (hidden,)
        yield layer + "mlp.gate_proj.weight", (ffn, hidden)
        yield layer + "mlp.up_proj.weight", (ffn, hidden)
        yield layer + "mlp.down_proj.weight", (hidden, ffn)
    yield "model.norm.weight", (hidden,)
    if not c["tie_word_embeddings"]:
        yield "lm_head.weight", (vocab, hidden)


def high_bytes(scale):
    """Maps a uniform byte to the upper byte of a bf16: sign and the upper seven
    bits of the exponent, so that magnitudes are about `scale` and below. The
    lower byte, the exponent's last bit and the fraction, may be anything."""
    top = (127 + math.floor(math.log2(scale))) // 2
    table = bytearray()
    for value in range(256):
        magnitude = value & 127  # 3/4 in the top two octaves, 3/16 below, ...
        step = 0
        while magnitude % 4 == 3 and step < 3:
            magnitude //= 4
            step += 1
        table.append((value & 128) | (top - step))
    return bytes(table)


def write_random(out, rng, count, scale):
    table = high_bytes(scale)
    while count > 0:
        n = min(count, CHUNK)
        chunk = bytearray(2 * n)
        chunk[0::2] = rng.randbytes(n)
        chunk[1::2] = rng.randbytes(n).translate(table)
        out.write(chunk)
        count -= n


def write_weights(path, tensors, seed, zeros):
    header, offset = {"__metadata__": {"format": "pt"}}, 0
    for name, shape in tensors:
        size = 2 * math.prod(shape)
        header[name] = {"dtype": "BF16", "shape": list(shape),
                        "data_offsets": [offset, offset + size]}
        offset += size
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    rng = random.Random(seed)
    with open(path + ".part", "wb") as out:
        out.write(struct.pack("<Q", len(text)) + text)
        if zeros:
            out.truncate(out.tell() + offset)
            tensors = []
        for name, shape in tensors:
            if len(shape) == 1:  # norms: 1.0
                out.write(b"\x80\x3f" * shape[0])
            else:
                write_random(out, rng, math.prod(shape), 1 / math.sqrt(shape[1]))
    os.rename(path + ".part", path)
    return offset


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("folder")
    parser.add_argument("--shape", choices=SHAPES, default="tinyllama-1.1b")
    parser.add_argument("--layers", type=int, default=0, help="instead of the shape's own")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--zeros", action="store_true", help="no weights but zero")
    args = parser.parse_args()
    os.makedirs(args.folder, exist_ok=True)
    config = config_of(args.shape, args.layers)
    size = write_weights(os.path.join(args.folder, "model.safetensors"),
                         list(tensors_of(config)), args.seed, args.zeros)
    with open(os.path.join(args.folder, "config.json"), "w") as out:
        json.dump(config, out, indent=1)
        out.write("\n")
    print(f"{args.folder}: {size // 2} weights of {args.shape}, {size} bytes")


if __name__ == "__main__":
    sys.exit(main())
