# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A model.onnx gives the golden logits of the model that it was exported from,
for prefill and for decode alone, all of it on the fast path: the contract sheet
lists no generated code. onnx_goldens.py BIN TARGET ONNX GOLDEN."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from e2e import LLMC, MODELS, emulator, expect, run, scratch
from onnx_golden import check_case, golden_cases

TARGET, ONNX, GOLDEN = sys.argv[2:5]


def main():
    folder = scratch()
    path = os.path.join(folder, "model")
    sheet = run(LLMC, "compile", os.path.join(MODELS, ONNX, "model.onnx"),
                "-o", path + ".o", "--target", TARGET, "--quantize", "f32", "--print-kernels")
    lines = [line for line in sheet.stdout.splitlines() if "generated" in line]
    expect(not lines, "not on the fast path: %s" % lines)
    run(LLMC, "link", path + ".o", "-o", path)
    words = emulator(TARGET) + [path]
    for case in golden_cases(GOLDEN):
        check_case(words, folder, GOLDEN, case)
        check_case(words, folder, GOLDEN, case, "--chunk", "0", "--threads", "3")


main()
