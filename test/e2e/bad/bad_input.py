# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compiles every damaged Hugging Face folder of test/models/bad and checks the
answer that its manifest asks for: refused with exit code 1, one line that names
the file and no output left behind; or compiled, with a warning where one is
due. Always: no crash, no long run, no large memory.

    bad_input.py BIN FOLDER [CASE...]
"""

import json
import os
import subprocess
import sys
import tempfile

SECONDS = 60
RESIDENT_KB = 1 << 20
FILES = ("config.json", ".safetensors", ".safetensors.index.json", "tokenizer.json")


class Answer:
    """What one compilation did."""

    def __init__(self, llmc, folder, out):
        with tempfile.TemporaryFile() as err:
            child = subprocess.Popen(
                ["timeout", str(SECONDS), llmc, "compile", folder, "-o",
                 os.path.join(out, "model.o"), "--target", "neoverse-n1"],
                stdout=subprocess.DEVNULL, stderr=err)
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = self.code = os.waitstatus_to_exitcode(status)
            err.seek(0)
            lines = err.read().decode(errors="backslashreplace").splitlines()
        self.resident_kb = usage.ru_maxrss
        self.files = sorted(os.listdir(out))
        self.lines = lines
        self.warnings = [l for l in lines if l.startswith("llmc: warning: ")]
        self.errors = [l for l in lines if l not in self.warnings]
        # A folder without text files compiles with a warning that says so.
        self.warnings = [l for l in self.warnings if "commands that need" not in l]


def is_refused(answer, folder):
    """What is wrong with a refusal; empty where nothing is."""
    if answer.code != 1:
        return f"exit code {answer.code}, expected 1"
    if len(answer.lines) != 1:
        return f"{len(answer.lines)} lines on stderr, expected 1: {answer.lines}"
    line = answer.lines[0]
    named = folder in line and any(name + ":" in line for name in FILES)
    if not line.startswith("llmc: ") or not named:
        return f"the message does not begin with llmc: and name the file: {line}"
    if answer.files:
        return f"left behind: {answer.files}"
    return ""


def is_accepted(answer, warnings):
    if answer.code != 0:
        return f"exit code {answer.code}, expected 0: {answer.errors}"
    if answer.errors:
        return f"unexpected lines on stderr: {answer.errors}"
    if answer.files != ["model.h", "model.o"]:
        return f"output {answer.files}, expected model.h and model.o"
    if len(answer.warnings) != warnings:
        return f"{len(answer.warnings)} warnings, expected {warnings}: {answer.warnings}"
    return ""


def judge(expect, answer, folder):
    if answer.resident_kb > RESIDENT_KB:
        return f"{answer.resident_kb} KB resident, at most {RESIDENT_KB}"
    if expect == "reject" or (expect == "either" and answer.code != 0):
        return is_refused(answer, folder)
    return is_accepted(answer, 0 if expect == "accept" else 1)


def main():
    llmc, root, only = os.path.join(sys.argv[1], "llmc"), sys.argv[2], sys.argv[3:]
    with open(os.path.join(root, "manifest.json")) as manifest:
        cases = [c for c in json.load(manifest)["cases"] if c["kind"] != "onnx"]
    bad = 0
    for case in cases:
        if only and case["path"] not in only:
            continue
        folder = os.path.join(root, case["path"])
        with tempfile.TemporaryDirectory() as out:
            wrong = judge(case["expect"], Answer(llmc, folder, out), folder)
        bad += bool(wrong)
        print(f"{'FAIL' if wrong else 'ok'} {case['path']} ({case['expect']}) {wrong}")
    print(f"{bad} of {len(cases)} cases failed")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
