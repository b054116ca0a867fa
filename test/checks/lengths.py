# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""No source file is longer than 600 lines, no line longer than 120 bytes
(tables in .def, .md, and test inputs may have long rows)."""
from source_files import CODE, OTHER, finish, names, read

FILE_LINES = 600
LINE_BYTES = 120
LONG_ROWS = (".def", ".md", ".mlir", ".td")
# The demo corpus generator is mostly word lists.
EXEMPT = ("examples/stories/scripts/make_corpus.py",)


def main():
    errors = []
    for file in names(CODE + OTHER):
        lines = read(file).splitlines()
        if len(lines) > FILE_LINES and file not in EXEMPT:
            errors.append("%s: %d lines, at most %d" % (file, len(lines), FILE_LINES))
        if file.endswith(LONG_ROWS) or file.startswith("test/unit/") or file in EXEMPT:
            continue
        for number, line in enumerate(lines, 1):
            if len(line.encode()) > LINE_BYTES:
                errors.append("%s:%d: %d bytes, at most %d"
                              % (file, number, len(line.encode()), LINE_BYTES))
    finish(errors)


if __name__ == "__main__":
    main()
