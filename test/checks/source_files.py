# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The committed source files of the repository and where the root is.

Data (models, corpora, generated tables) is left out: the rules of the house
are for what people read and write.
"""
import os
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CODE = (".h", ".c", ".cpp", ".td", ".def")
OTHER = (".py", ".sh", ".cmake", ".md", ".mlir", "CMakeLists.txt")
SKIPPED = ("test/models/", "docs/generated/", "build/")


def walk():
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [f for f in folders if f not in (".git", "build", "__pycache__")]
        for name in files:
            yield os.path.relpath(os.path.join(folder, name), ROOT)


def names(endings):
    """Paths from the root: of git where it is a clone, else of the tree."""
    files = []
    if shutil.which("git"):
        git = subprocess.run(["git", "-C", ROOT, "ls-files"], capture_output=True, text=True)
        files = git.stdout.splitlines() if git.returncode == 0 else []
    files = files or list(walk())
    return sorted(f for f in files
                  if f.endswith(endings) and not f.startswith(SKIPPED)
                  and os.path.exists(os.path.join(ROOT, f)))


def read(name):
    with open(os.path.join(ROOT, name), encoding="utf-8") as file:
        return file.read()


def finish(errors):
    """Prints the errors and ends with 1 where there are any."""
    for error in errors:
        print(error)
    sys.exit(1 if errors else 0)
