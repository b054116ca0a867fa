# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""File names, licence lines and the names that tie op, pass, kernel and test.

- compiler/ and dialects/ have CamelCase sources, runtime/ and kernels/ snake_case.
- Every source opens with its SPDX line, and a header goes on with its contract.
- A kernel's symbol in kernel_table.def is llmc_<op>_..._<isa>, and stands in a
  file of its op's folder.
- A pass of Passes.td, llmc-fuse-rms-norm, has its file FuseRmsNorm.cpp.
- No note to oneself is left in the code.
"""
import os
import re

from source_files import CODE, OTHER, finish, names, read

CAMEL = re.compile(r"^[A-Z][A-Za-z0-9]*\.(h|cpp|td|def)$")
SNAKE = re.compile(r"^[a-z][a-z0-9_]*\.(h|c|cpp|def|inc)$")
SPDX = "SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception"
MARKS = re.compile(r"\b(TO" r"DO|FIX" r"ME|X" r"XX)\b")


def check_file(file, text):
    name = os.path.basename(file)
    if file.startswith(("compiler/", "dialects/")) and name.endswith(CODE) \
            and not CAMEL.match(name):
        yield "%s: sources here have CamelCase names" % file
    if file.startswith(("runtime/", "kernels/")) and name.endswith(CODE) and not SNAKE.match(name):
        yield "%s: sources here have snake_case names" % file
    if not name.endswith((".md", ".mlir")) and SPDX not in "\n".join(text.splitlines()[:3]):
        yield "%s: the SPDX line is missing" % file
    if name.endswith((".h", ".td")) and len(text.splitlines()) > 8:
        comments = [line for line in text.splitlines()[:10]
                    if re.match(r"\s*(//|/?\*)\s*\w", line) and SPDX not in line]
        if not comments:
            yield "%s: opens without its contract" % file
    for number, line in enumerate(text.splitlines(), 1):
        if MARKS.search(line):
            yield "%s:%d: a note to oneself" % (file, number)


def check_kernels():
    table = "kernels/kernel_table.def"
    rows = re.findall(r"^LLMC_KERNEL_ROW\((.*)\)$", read(table), re.M)
    for row in rows:
        cells = [cell.strip().strip('"') for cell in row.split(",")]
        op, isa, symbol = cells[0], cells[6], cells[-1]
        if not symbol.startswith("llmc_" + op + "_"):
            yield "%s: %s is a kernel of %s and must start with llmc_%s_" % (table, symbol, op, op)
        if isa != "any" and not symbol.endswith("_" + isa):
            yield "%s: %s needs %s and must end in it" % (table, symbol, isa)


def check_passes(files):
    for file in files:
        if os.path.basename(file) != "Passes.td":
            continue
        folder = os.path.dirname(file)
        for argument in re.findall(r'Pass<"llmc-([a-z0-9-]+)"', read(file)):
            stem = "".join(word.capitalize() for word in argument.split("-"))
            if folder + "/" + stem + ".cpp" not in files:
                yield "%s: pass llmc-%s wants the file %s.cpp" % (file, argument, stem)


def main():
    files = names(CODE + OTHER)
    errors = []
    for file in files:
        errors += check_file(file, read(file))
    errors += check_kernels()
    errors += check_passes(set(files))
    finish(errors)


if __name__ == "__main__":
    main()
