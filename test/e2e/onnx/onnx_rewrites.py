# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Graphs that compute the same in a way that no pattern takes still compile and
are right, by generated code: onnx_rewrites.py BIN TARGET REWRITE."""
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from e2e import LLMC, MODELS, emulator, expect, logits, read_npy, run, scratch
from onnx_file import Node, constant, rewrite

TARGET, REWRITE = sys.argv[2:4]
GOLDEN = os.path.join(MODELS, "llama2-mha")


def norm_of_absolute(node):
    """RMSNorm by the mean of |x|^2 is not recognised; but for the last one, which
    must pick the rows that want logits."""
    if node.op != "Pow" or "layers" not in node.name:
        return [node]
    name = node.outputs[0] + "/abs"
    absolute = Node("Abs", [node.inputs[0]], [name])
    node.inputs[0] = name
    return [absolute, node]


def extra_residual(node):
    """Every layer adds tanh(x) - tanh(x) to its residual stream."""
    if node.op != "Add" or not node.name.endswith("/Add_1") or "self_attn" in node.name:
        return [node]
    out = node.outputs[0]
    node.outputs[0] = out + "/sum"
    return [node, Node("Tanh", [out + "/sum"], [out + "/tanh"]),
            Node("Sub", [out + "/tanh", out + "/tanh"], [out + "/zero"]),
            Node("Add", [out + "/sum", out + "/zero"], [out])]


def gate_by_tanh(node):
    """sigmoid(x) = tanh(x / 2) / 2 + 1 / 2."""
    if node.op != "Sigmoid":
        return [node]
    x, out = node.inputs[0], node.outputs[0]
    return [constant(out + "/half", 0.5), Node("Mul", [x, out + "/half"], [out + "/x"]),
            Node("Tanh", [out + "/x"], [out + "/tanh"]),
            Node("Mul", [out + "/tanh", out + "/half"], [out + "/scaled"]),
            Node("Add", [out + "/half", out + "/scaled"], [out])]


def main():
    folder = scratch()
    with open(os.path.join(MODELS, "onnx", "llama2-mha-torch", "model.onnx"), "rb") as file:
        data = rewrite(file.read(), globals()[REWRITE])
    os.mkdir(os.path.join(folder, "rewritten"))
    model = os.path.join(folder, "rewritten", "model.onnx")
    with open(model, "wb") as file:
        file.write(data)
    path = os.path.join(folder, "model")
    sheet = run(LLMC, "compile", model, "-o", path + ".o", "--target", TARGET,
                "--quantize", "f32").stdout
    count = sheet.count("(generated)")
    expect(count >= 4 or REWRITE == "gate_by_tanh" and count == 2,
           "the sheet lists %d generated functions:\n%s" % (count, sheet))
    run(LLMC, "link", path + ".o", "-o", path)
    words = emulator(TARGET) + [path]
    with open(os.path.join(GOLDEN, "golden.json"), encoding="utf-8") as file:
        case = json.load(file)["cases"][0]
    for options in ([], ["--chunk", "0", "--threads", "3"], ["--chunk", "5", "--threads", "2"]):
        shape, got = logits(words, case["prompt_ids"] + case["greedy_ids"], folder, *options)
        golden_shape, want = read_npy(os.path.join(GOLDEN, case["logits_file"]))
        expect(shape == golden_shape, "shape %s, not %s" % (shape, golden_shape))
        worst = max(abs(g - w) - 3e-4 * abs(w) for g, w in zip(got, want))
        expect(worst <= 1e-3, "%s: worst excess %g" % (options, worst))
        print("%s %s: worst excess %g" % (REWRITE, options, worst))


main()
