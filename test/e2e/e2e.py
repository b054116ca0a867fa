# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What the end-to-end tests share: llmc, a scratch folder, programs on this
host or under emulation, .npy files.

Every test is called as  TEST.py BIN [arguments], BIN being the folder with
llmc, and exits 1 with a line that says what differs.
"""
import array
import os
import platform
import shutil
import struct
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MODELS = os.path.join(ROOT, "test", "models")
FABLE = os.path.join(ROOT, "examples", "stories", "fable-8m")
BIN = os.path.abspath(sys.argv[1])
LLMC = os.path.join(BIN, "llmc")
HOST_IS_ARM = platform.machine() in ("aarch64", "arm64")

# The emulated CPU for each target: enough features, no more where it can be.
EMULATED = {
    "neoverse-n1": "neoverse-n1",
    "cortex-a76": "cortex-a76",
    "generic-arm64": "cortex-a57",
    "neoverse-v1": "max,sve-default-vector-length=32",
}
OTHER_ARM = "max,sve-default-vector-length=16"


def fail(text):
    print("FAILED: " + text)
    sys.exit(1)


def expect(condition, text):
    if not condition:
        fail(text)


def scratch():
    """A folder that disappears with the test."""
    folder = tempfile.mkdtemp(prefix="llmc-e2e-")
    import atexit
    atexit.register(shutil.rmtree, folder, True)
    return folder


def run(*words, ok=True, text=True, stdin=None, env=None):
    """Runs a command and gives its CompletedProcess; fails the test where its
    exit code is not 0 (ok=True)."""
    words = [str(word) for word in words]
    full = dict(os.environ, **(env or {}))
    done = subprocess.run(words, input=stdin, capture_output=True, text=text, env=full)
    if ok and done.returncode != 0:
        fail("%s\nexit code %d\n%s\n%s"
             % (" ".join(words), done.returncode, done.stdout[-2000:], done.stderr[-2000:]))
    return done


def is_arm(target):
    return HOST_IS_ARM if target == "native" else not target.startswith(("x86", "avx"))


def emulator(target):
    """The words that run a program of `target` on this host."""
    if HOST_IS_ARM or not is_arm(target):
        return []
    return ["qemu-aarch64", "-cpu", EMULATED.get(target, OTHER_ARM)]


def compile_model(model, output, *options, target="native"):
    return run(LLMC, "compile", model, "-o", output, "--target", target, *options)


def program(model, folder, *options, target="native", name="model"):
    """Compiles and links; the words that start the program."""
    path = os.path.join(folder, name)
    compile_model(model, path + ".o", *options, target=target)
    run(LLMC, "link", path + ".o", "-o", path)
    return emulator(target) + [path]


def read_npy(path):
    """(shape, values) of a little-endian float32 .npy file in C order."""
    with open(path, "rb") as file:
        data = file.read()
    expect(data[:6] == b"\x93NUMPY", path + ": no .npy file")
    size = struct.unpack_from("<H" if data[6] == 1 else "<I", data, 8)[0]
    start = (10 if data[6] == 1 else 12) + size
    header = eval(data[start - size:start].decode(), {"__builtins__": {}}, {})
    expect(header["descr"] == "<f4" and not header["fortran_order"],
           path + ": is not float32 in C order")
    values = array.array("f")
    values.frombytes(data[start:])
    return header["shape"], values


def logits(words, tokens, folder, *options):
    """(shape, values) of a program's logits for the tokens."""
    path = os.path.join(folder, "logits.npy")
    run(*words, "logits", "--tokens", ",".join(map(str, tokens)), "-o", path, *options)
    return read_npy(path)


def argmax(values, begin, count):
    row = values[begin:begin + count]
    return row.index(max(row))
