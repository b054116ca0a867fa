# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The official openai npm package against the server, unchanged. Skipped, with
a message and exit code 77, where npm or the package is out of reach:
openai_client.py BIN."""
import os
import shutil
import subprocess
import sys

from server import Server, expect, fable, scratch

SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "openai_client.mjs")


def skip(why):
    print("skipped: " + why)
    sys.exit(77)


def main():
    if not shutil.which("npm") or not shutil.which("node"):
        skip("npm and node are not installed")
    folder = scratch()
    done = subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts",
                           "--prefix", folder, "openai"], capture_output=True, text=True,
                          timeout=300, check=False)
    if done.returncode != 0:
        skip("npm install openai failed: " + done.stderr[-300:])
    shutil.copy(SCRIPT, folder)
    server = Server(fable(), "--api-key", "test-key")
    done = subprocess.run(["node", os.path.join(folder, "openai_client.mjs"),
                           "http://127.0.0.1:%d/v1" % server.port], capture_output=True,
                          text=True, timeout=300, check=False)
    print(done.stdout)
    expect(done.returncode == 0, done.stderr[-2000:])
    server.stop()


main()
