# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The bias of com.microsoft.MultiHeadAttention, and q, k and v in one linear that
feeds it, give the bits of biases added to three linears: onnx_biases.py BIN.
Without rotations, which such an attention would have to do before."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from e2e import MODELS, expect, logits, program, scratch
from onnx_file import Model
from onnx_golden import golden_case
from spellings import HEAD_DIM, MICROSOFT, layers, mask_of

GOLDEN = "llama2-mha"
WIDTH = 4 * HEAD_DIM


def biases(layer):
    return [[(i * (7 + which + layer) % 11 - 5) / 16 for i in range(WIDTH)] for which in range(3)]


def attend(model, a, inputs):
    a.finish(model.add("MultiHeadAttention", inputs + ["", mask_of(model, a)] + a.past, a.name + "new/out",
                       domain=MICROSOFT, num_heads=4))


def sums(model):
    for a in layers(model, GOLDEN):
        parts = [model.add("Add", [linear.outputs[0], model.floats(linear.name + "/bias", [WIDTH], bias)],
                           linear.name + "/sum")
                 for linear, bias in zip((a.q, a.k, a.v), biases(a.layer))]
        attend(model, a, parts + [""])


def one_bias(model):
    for a in layers(model, GOLDEN):
        bias = model.floats(a.name + "new/bias", [3 * WIDTH], sum(biases(a.layer), []))
        attend(model, a, [linear.outputs[0] for linear in (a.q, a.k, a.v)] + [bias])


def one_linear(model):
    """[batch, sequence, heads, 3, head_dim]."""
    for a in layers(model, GOLDEN):
        def turns(parts, rows):
            return [part[row * WIDTH + head * HEAD_DIM + d] for row in range(rows) for head in range(4)
                    for part in parts for d in range(HEAD_DIM)]
        parts = [model.read(linear.inputs[1])[1] for linear in (a.q, a.k, a.v)]
        weight = model.floats(a.name + "new/qkv", [WIDTH, 3 * WIDTH], turns(parts, WIDTH))
        bias = model.floats(a.name + "new/bias", [3 * WIDTH], turns(biases(a.layer), 1))
        out = model.add("Add", [model.add("MatMul", [a.q.inputs[0], weight], a.name + "new/product"), bias],
                        a.name + "new/sum")
        five = model.add("Reshape", [out, model.ints(a.name + "new/shape", 0, 0, 4, 3, HEAD_DIM)], a.name + "new/five")
        attend(model, a, [five, "", "", ""])


def compiled(change, folder):
    model = Model(os.path.join(MODELS, "onnx", GOLDEN + "-torch", "model.onnx"))
    model.opset(MICROSOFT, 1)
    change(model)
    path = model.write(os.path.join(folder, change.__name__))
    return logits(program(path, folder, "--quantize", "f32"), golden_case(GOLDEN)["prompt_ids"], folder)


def main():
    folder = scratch()
    want = compiled(sums, folder)
    for change in (one_bias, one_linear):
        expect(compiled(change, folder) == want, "%s: other logits" % change.__name__)
        print(change.__name__)


main()
