# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Who may include whom (docs/Architecture.md). Fails with file:line: why."""
import re

from source_files import CODE, finish, names, read

PHASES = ("import", "raise", "quantize", "fuse", "specialize", "pack", "plan",
          "lower", "object")
COMPILER = r"(mlir|llvm|llvm-c|compiler|dialects|tools)/"
PROTOBUF = r"(google/protobuf|onnx)/"
OPTIONS = r"(CLI/|llvm/Support/CommandLine\.h)"
# What kernels may use of the outside: fixed-width types and intrinsics.
FREESTANDING = (r"(stdint|stddef|immintrin|arm_(neon|neon_sve_bridge|sve|sme|acle|bf16|fp16))\.h$"
                r"|type_traits$")

# (folder, what it must not include, why)
RULES = [
    ("kernels/", COMPILER + "|" + PROTOBUF + "|runtime/|llmc/runtime", "kernels stand alone"),
    ("runtime/", COMPILER + "|" + PROTOBUF, "the runtime knows nothing of the compiler"),
    ("dialects/", r"(compiler|runtime|llmc|tools)/|kernels/.*\.h$", "dialects know no compiler, kernel or runtime"),
    ("compiler/", r"tools/", "tools use the compiler, not the other way round"),
]


def phase_of(path):
    match = re.match(r"compiler/(%s)/" % "|".join(PHASES), path)
    return match.group(1) if match else None


def why_not(file, included, system):
    """The reason why `file` must not include `included`, or None."""
    for folder, pattern, why in RULES:
        if file.startswith(folder) and re.match(pattern, included):
            return why
    if file.startswith("kernels/") and system and not re.match(FREESTANDING, included):
        return "a kernel is freestanding"
    if re.match(PROTOBUF, included) and not file.startswith(("compiler/import/", "test/")):
        return "protobuf stays in compiler/import"
    if re.match(OPTIONS, included) and not file.startswith("tools/"):
        return "command lines are parsed in tools only"
    own, other = phase_of(file), phase_of(included)
    if own and other and own != other:
        return "a phase never uses another phase"
    return None


def main():
    errors = []
    for file in names(CODE):
        for number, line in enumerate(read(file).splitlines(), 1):
            match = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
            if not match:
                continue
            why = why_not(file, match.group(2), match.group(1) == "<")
            if why:
                errors.append("%s:%d: includes %s: %s" % (file, number, match.group(2), why))
    finish(errors)


# The rules themselves must be able to fail.
assert why_not("kernels/norm/x.cpp", "stdlib.h", True)
assert not why_not("kernels/norm/x.cpp", "arm_neon.h", True)
assert why_not("compiler/fuse/X.cpp", "compiler/pack/Y.h", False)
assert not why_not("compiler/fuse/X.cpp", "compiler/target/Target.h", False)
assert why_not("runtime/session.cpp", "llvm/ADT/StringRef.h", False)

if __name__ == "__main__":
    main()
