#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes docs/generated/ from the .td and .def files.

    tools/make_docs.py            write
    tools/make_docs.py --check    exit 1 and name what is stale

Dialects and passes come from mlir-tblgen, the tables of targets, machines,
kernels and layouts from their rows.
"""
import argparse
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LLVM = Path("/usr/lib/llvm-19")
DIALECTS = {"onnx": "OnnxOps.td", "llm": "LlmOps.td", "exec": "ExecOps.td"}
PHASES = ["raise", "quantize", "fuse", "specialize", "pack", "plan", "lower"]
TABLES = [
    ("Targets", "compiler/target/Targets.def"),
    ("Machines", "compiler/target/Machines.def"),
    ("Layouts", "kernels/layouts/layouts.def"),
    ("Kernels", "kernels/kernel_table.def"),
]


def tablegen(source, *arguments):
    """The Markdown that mlir-tblgen makes of one .td file."""
    command = [LLVM / "bin/mlir-tblgen", f"-I{ROOT}", f"-I{LLVM}/include",
               *arguments, ROOT / source]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return re.sub(r"\n{3,}", "\n\n", text)


def split_row(text):
    """Cells of one macro row: commas inside quotes and brackets stay."""
    cells, depth, quoted, cell = [], 0, False, ""
    for c in text:
        quoted ^= c == '"'
        depth += (c in "({[") - (c in ")}]") if not quoted else 0
        if c == "," and not depth and not quoted:
            cells.append(cell.strip())
            cell = ""
        else:
            cell += c
    return [c.strip('"').replace("|", " ") for c in cells + [cell.strip()]]


def table(title, source):
    """The rows of a .def file under the column names of its first comment."""
    text = (ROOT / source).read_text()
    comment = "\n".join(line[2:].strip() for line in text.splitlines() if line.startswith("//"))
    macro, columns = re.search(r"(LLMC_\w+)\(([^)]*)\)", comment).groups()
    code = "\n".join(line.split("//")[0] for line in text.splitlines()
                     if not line.startswith(("#", "//")))
    rows = [split_row(" ".join(row.split()))
            for row in re.findall(macro + r"\((.*?)\)\s*(?=LLMC_|$)", code, re.S)]
    head = [c.strip() for c in columns.replace("\n", " ").split(",")]
    for row in rows:
        if len(row) != len(head):
            sys.exit(f"{source}: a row has {len(row)} cells, the comment names {len(head)}: {row}")
    lines = [f"# {title}", "", f"From [{source}](../../{source}), which says what the columns mean.", "",
             "| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


def pages():
    for name, source in DIALECTS.items():
        yield f"Dialect-{name}.md", tablegen(f"dialects/{name}/{source}", "-gen-dialect-doc", f"-dialect={name}")
    passes = "".join(f"# Phase {phase}\n\n" + tablegen(f"compiler/{phase}/Passes.td", "-gen-pass-doc")
                     for phase in PHASES)
    yield "Passes.md", passes
    for title, source in TABLES:
        yield f"{title}.md", table(title, source)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    folder = ROOT / "docs/generated"
    folder.mkdir(parents=True, exist_ok=True)
    made = dict(pages())
    stale = sorted({p.name for p in folder.iterdir()} - made.keys())
    for name, text in made.items():
        path = folder / name
        if check:
            if not path.exists() or path.read_text() != text:
                stale.append(name)
        else:
            path.write_text(text)
    if check and stale:
        sys.exit(f"stale in docs/generated: {', '.join(stale)}; run tools/make_docs.py")


if __name__ == "__main__":
    main()
