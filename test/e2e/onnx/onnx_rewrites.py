# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Graphs that compute the same in a way that no pattern takes still compile and
are right, by generated code: onnx_rewrites.py BIN TARGET REWRITE."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from e2e import LLMC, MODELS, emulator, expect, run, scratch
from onnx_file import Model
from onnx_golden import check_case, golden_case
from spellings import joined, layers

TARGET, REWRITE = sys.argv[2:4]


def norm_of_absolute(model):
    """RMSNorm by the mean of |x|^2 is not recognised, the last one neither."""
    for node in model.nodes[:]:
        if node.op == "Pow":
            node.inputs[0] = model.add("Abs", [node.inputs[0]], node.outputs[0] + "/abs")


def extra_residual(model):
    """Every layer adds tanh(x) - tanh(x) to its residual stream."""
    for layer in range(2):
        node = model.named("/m/model/layers.%d/Add_1" % layer)
        x = node.outputs[0]
        tanh = model.add("Tanh", [x], x + "/tanh")
        zero = model.add("Sub", [tanh, tanh], x + "/zero")
        out = model.add("Add", [x, zero], x + "/out")
        model.redirect(x, out, [n.name for n in model.nodes if n.name not in (tanh, zero, out)])


def gate_of_three(model):
    """act(gate) * (up + tanh(again) - tanh(again)), where gate is computed again."""
    for layer in range(2):
        mlp = "/m/model/layers.%d/mlp/" % layer
        again = model.add("MatMul", model.named(mlp + "gate_proj/MatMul").inputs, mlp + "again")
        tanh = model.add("Tanh", [again], mlp + "tanh")
        zero = model.add("Sub", [tanh, tanh], mlp + "zero")
        product = model.named(mlp + "Mul")
        product.inputs[1] = model.add("Add", [product.inputs[1], zero], mlp + "up")


def logits_by_tanh(model):
    """Something between the last linear and the logits: x + tanh(x) - tanh(x)."""
    head = model.named("/m/lm_head/MatMul")
    head.outputs[0] = "head"
    tanh = model.add("Tanh", ["head"], "head/tanh")
    zero = model.add("Sub", [tanh, tanh], "head/zero")
    model.add("Add", ["head", zero], "logits")


def between_norm_and_head(model):
    """The same before the last linear, which reads all of it."""
    head = model.named("/m/lm_head/MatMul")
    x = head.inputs[0]
    tanh = model.add("Tanh", [x], x + "/tanh")
    zero = model.add("Sub", [tanh, tanh], x + "/zero")
    head.inputs[0] = model.add("Add", [x, zero], x + "/out")


def query_by_tanh(model):
    """An unknown chain between a linear and its heads: q + tanh(q) - tanh(q)."""
    for layer in range(2):
        name = "/m/model/layers.%d/self_attn/" % layer
        q = model.named(name + "q_proj/MatMul").outputs[0]
        tanh = model.add("Tanh", [q], name + "tanh")
        zero = model.add("Sub", [tanh, tanh], name + "zero")
        model.redirect(q, model.add("Add", [q, zero], name + "new"), [name + "Reshape"])


def split_of_chain(model):
    """q, k and v by Split from a joined linear that goes through a chain first."""
    for a in layers(model, "llama2-mha"):
        out, widths = joined(model, a)
        tanh = model.add("Tanh", [out], a.name + "tanh")
        zero = model.add("Sub", [tanh, tanh], a.name + "zero")
        chain = model.add("Add", [out, zero], a.name + "chain")
        parts = [a.name + "new/" + n for n in "qkv"]
        model.add("Split", [chain, model.ints(a.name + "new/widths", *widths)], parts, axis=-1)
        for linear, part in zip((a.q, a.k, a.v), parts):
            model.redirect(linear.outputs[0], part)


def main():
    folder = scratch()
    model = Model(os.path.join(MODELS, "onnx", "llama2-mha-torch", "model.onnx"))
    globals()[REWRITE](model)
    path = os.path.join(folder, "model")
    sheet = run(LLMC, "compile", model.write(os.path.join(folder, "rewritten")), "-o",
                path + ".o", "--target", TARGET, "--quantize", "f32").stdout
    count = sheet.count("(generated)")
    expect(count >= 2, "the sheet lists %d generated functions:\n%s" % (count, sheet))
    run(LLMC, "link", path + ".o", "-o", path)
    words = emulator(TARGET) + [path]
    for options in ([], ["--chunk", "0", "--threads", "3"], ["--chunk", "5", "--threads", "2"]):
        check_case(words, folder, "llama2-mha", golden_case("llama2-mha"), *options)


main()
