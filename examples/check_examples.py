#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Installs llmc into an empty prefix, builds the examples against it as their
README says, and compares what they print with the stand-alone program of the
same object. Usage: check_examples.py BUILD ARCH (x86_64 or aarch64)"""
import json
import os
import platform
import subprocess
import sys
import tempfile

EXAMPLES = os.path.dirname(os.path.abspath(__file__))
MODEL = os.path.join(EXAMPLES, "stories", "fable-8m")
PROMPT = "Once upon a time,"
MESSAGE = "What is the capital of France?\n"


def run(*command, text=None):
    done = subprocess.run(command, input=text, text=True, capture_output=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)}: exit {done.returncode}\n"
                 f"{done.stdout}{done.stderr}")
    return done.stdout


def check(what, got, want):
    if got != want:
        sys.exit(f"{what}: printed\n{got!r}\nthe program prints\n{want!r}")
    print(f"{what}: good")


def toolchain(arch):
    """C compiler, CMake options, CPU and what runs a program of `arch`."""
    if arch == platform.machine():
        return ["cc"], [], "native", []
    flags = ["-static", "-fuse-ld=lld"]
    cmake = ["-DCMAKE_SYSTEM_NAME=Linux", f"-DCMAKE_SYSTEM_PROCESSOR={arch}",
             "-DCMAKE_C_COMPILER=clang-19",
             f"-DCMAKE_C_COMPILER_TARGET={arch}-linux-gnu",
             f"-DCMAKE_EXE_LINKER_FLAGS={' '.join(flags)}"]
    return (["clang-19", f"--target={arch}-linux-gnu", *flags], cmake,
            "neoverse-v2", ["qemu-aarch64", "-cpu",
                            "max,sve-default-vector-length=16"])


def main(build, arch):
    compiler, cmake, target, runner = toolchain(arch)
    with tempfile.TemporaryDirectory() as folder:
        prefix = os.path.join(folder, "prefix")
        run("cmake", "--install", build, "--prefix", prefix)
        llmc = os.path.join(prefix, "bin", "llmc")
        work = os.path.join(folder, "work")
        os.mkdir(work)
        os.chdir(work)
        run(llmc, "compile", MODEL, "-o", "fable.o", "--target", target)
        run(llmc, "link", "fable.o", "-o", "fable")
        paths = ["-I.", f"-I{prefix}/include", f"-L{prefix}/lib/llmc/{arch}"]
        if not runner:
            paths[-1] = f"-L{prefix}/lib"
        ends = ["-lllmc_rt", "-lpthread", "-lm"]

        def generate(count):
            return json.loads(run(*runner, "./fable", "generate", "-p", PROMPT,
                                  "--max-tokens", str(count), "--json"))

        run(*compiler, f"{EXAMPLES}/hello_llama/hello_llama.c", "fable.o",
            *paths, *ends, "-o", "hello_llama")
        want = " ".join(map(str, generate(24)["tokens"])) + "\n"
        check("hello_llama", run(*runner, "./hello_llama"), want)

        run(*compiler, f"{EXAMPLES}/chat/chat.c", "fable.o", *paths,
            "-lllmc_text", *ends, "-o", "chat")
        want = run(*runner, "./fable", "chat", text=MESSAGE)
        check("chat", run(*runner, "./chat", text=MESSAGE), want)

        run("cmake", "-S", f"{EXAMPLES}/cmake_project", "-B", "project",
            f"-DCMAKE_PREFIX_PATH={prefix}", f"-DTARGET={target}", *cmake)
        run("cmake", "--build", "project")
        check("cmake_project", run(*runner, "project/story", PROMPT),
              generate(64)["text"] + "\n")


if __name__ == "__main__":
    main(os.path.abspath(sys.argv[1]), sys.argv[2])
