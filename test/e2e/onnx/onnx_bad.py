# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compiles every damaged model.onnx of test/models/bad and checks the answer
that its manifest asks for, as bad_input.py does for folders: onnx_bad.py BIN
FOLDER."""
import json
import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "bad"))
import bad_input


def main():
    llmc, root = os.path.join(sys.argv[1], "llmc"), sys.argv[2]
    bad_input.FILES = ("model.onnx",)
    with open(os.path.join(root, "manifest.json"), encoding="utf-8") as manifest:
        cases = [case for case in json.load(manifest)["cases"] if case["kind"] == "onnx"]
    bad = 0 if len(cases) == 12 else 1
    for case in cases:
        model = os.path.join(root, case["path"], "model.onnx")
        with tempfile.TemporaryDirectory() as out:
            wrong = bad_input.judge(case["expect"], bad_input.Answer(llmc, model, out), model)
        bad += bool(wrong)
        print("%s %s (%s) %s" % ("FAIL" if wrong else "ok", case["path"], case["expect"], wrong))
    return 1 if bad else 0


sys.exit(main())
