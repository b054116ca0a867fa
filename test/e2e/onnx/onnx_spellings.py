# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Real exports rewritten to what other exporters write give the golden logits
of the graph they come from, on the fast path: onnx_spellings.py BIN TARGET
SPELLING..."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from e2e import LLMC, MODELS, emulator, expect, run, scratch
from onnx_file import Model
from onnx_golden import check_case, golden_case
from spellings import SPELLINGS

TARGET = sys.argv[2]


def check(name):
    golden, change = SPELLINGS[name]
    folder = scratch()
    model = Model(os.path.join(MODELS, "onnx", golden + "-torch", "model.onnx"))
    change(model)
    path = os.path.join(folder, "model")
    sheet = run(LLMC, "compile", model.write(os.path.join(folder, name)), "-o", path + ".o",
                "--target", TARGET, "--quantize", "f32", "--print-kernels").stdout
    lines = [line for line in sheet.splitlines() if "generated" in line]
    expect(not lines, "%s: not on the fast path: %s" % (name, lines))
    run(LLMC, "link", path + ".o", "-o", path)
    check_case(emulator(TARGET) + [path], folder, golden, golden_case(golden))


def main():
    for name in sys.argv[3:]:
        print(name)
        check(name)


main()
