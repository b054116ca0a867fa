# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The sh blocks of a document run as they stand: readme.py BIN DOCUMENT.

They run in an empty folder with llmc on the PATH and the repository's
examples beside it.
"""
import os
import re
import subprocess
import sys

from e2e import BIN, ROOT, expect, fail, scratch


def main():
    document = os.path.join(ROOT, sys.argv[2])
    with open(document, encoding="utf-8") as file:
        blocks = re.findall(r"^```sh\n(.*?)^```", file.read(), re.M | re.S)
    expect(blocks, sys.argv[2] + ": has no sh block")
    folder = scratch()
    os.symlink(os.path.join(ROOT, "examples"), os.path.join(folder, "examples"))
    env = dict(os.environ, PATH=BIN + ":" + os.environ["PATH"],
               XDG_CACHE_HOME=os.path.join(folder, "cache"))
    for block in blocks:
        done = subprocess.run(["sh", "-eu"], input=block, cwd=folder, env=env,
                              capture_output=True, text=True)
        print(block + done.stdout)
        if done.returncode != 0:
            fail("exit code %d of\n%s\n%s" % (done.returncode, block, done.stderr[-2000:]))


main()
