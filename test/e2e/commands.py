# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Every documented command and option is executed: commands.py BIN."""
import json
import os

from e2e import FABLE, LLMC, MODELS, emulator, expect, run, scratch

FOLDER = scratch()
ODD = os.path.join(MODELS, "llama-odd")
CACHE = {"XDG_CACHE_HOME": os.path.join(FOLDER, "cache")}
PHASES = ("import", "raise", "quantize", "fuse", "specialize", "pack", "plan", "lower")


def path(name):
    return os.path.join(FOLDER, name)


def llmc(*words, code=0, says="", stdin=None):
    """Runs llmc; `says` stands in what it prints, in stderr where it fails."""
    done = run(LLMC, *words, ok=False, stdin=stdin, env=CACHE)
    line = "llmc " + " ".join(map(str, words))
    expect(done.returncode == code, "%s: exit code %d, not %d\n%s"
           % (line, done.returncode, code, done.stderr[-1000:]))
    output = done.stdout if code == 0 else done.stderr
    expect(says in output, "%s: %r is not in\n%s" % (line, says, output[-1500:]))
    if code == 1:
        lines = [l for l in done.stderr.splitlines() if "warning:" not in l]
        expect(len(lines) == 1, "%s: more than one line:\n%s" % (line, done.stderr))
    return done


def compile_options():
    llmc("compile", FABLE, "-o", path("arm.o"), "--target", "neoverse-v2", "--machine",
         "graviton4-16", "--report", path("arm.json"), "--name", "fable", says="modelled")
    with open(path("arm.h"), encoding="utf-8") as file:
        expect("llmc_model fable" in file.read(), "arm.h does not declare fable")
    with open(path("arm.json"), encoding="utf-8") as file:
        report = json.load(file)
    expect(report["modelled"]["tokens_per_second"] > 0, "no prediction in the report")
    expect(report["barriers_per_layer"] <= 5, "more than 5 barriers per layer")
    llmc("compile", ODD, "-o", path("odd.o"), "--quantize", "int4:group=64", "--quantize",
         "lm_head=int8", "--context", 64, "--rows", 16, "--kv", "f16", "--weights", "embed",
         "--threads", 1, "--report", path("odd.html"), says="int4")
    with open(path("odd.html"), encoding="utf-8") as file:
        page = file.read()
    expect(page.count("<svg") == 2 and "counters: " in page, "the report draws no arena")
    llmc("compile", FABLE, "--emit", "sheet", "--target", "neoverse-n1", "--machine", "graviton2-16",
         "--report", path("sheet.html"), says="all that is no linear")
    with open(path("sheet.html"), encoding="utf-8") as file:
        expect("<td>DRAM<td>" in file.read(), "the report draws no roofline")
    llmc("compile", ODD, "-o", path("host.o"), "--target", "native", "--print-plan", "--print-kernels")
    llmc("compile", ODD, "-o", path("x86.o"), "--target", "x86-64-v3")
    llmc("compile", ODD, "-o", path("dump.o"), "--dump-phases", path("phases"))
    expect(len(os.listdir(path("phases"))) >= len(PHASES), "--dump-phases left phases out")
    for phase in PHASES:
        llmc("compile", ODD, "--emit", phase, "--target", "neoverse-n1", says="module")
    llmc("compile", ODD, "--emit", "llvm", "--target", "neoverse-n1", says="define")
    llmc("compile", ODD, "--emit", "asm", "--target", "neoverse-n1", "-o", path("odd.s"))
    expect(os.path.getsize(path("odd.s")) > 1000, "--emit asm -o wrote nothing")


def read(name):
    with open(path(name), "rb") as file:
        return file.read()


def taken_back_in():
    """IR that was emitted gives the object that the model gives."""
    llmc("compile", ODD, "-o", path("direct.o"), "--name", "odd")
    llmc("compile", ODD, "-o", path("direct8.o"), "--name", "odd", "--quantize", "int8")
    for phase in ("fuse", "pack", "plan", "lower"):
        for direct, options in (("direct.o", ()), ("direct8.o", ("--quantize", "int8"))):
            llmc("compile", ODD, "--emit", phase, "-o", path("odd.mlir"), "--name", "odd", *options)
            llmc("compile", path("odd.mlir"), "--from", phase, "-o", path("from.o"), "--name", "odd")
            expect(read("from.o") == read(direct), "--from %s gives another object" % phase)


def link_and_inspect():
    llmc("link", path("arm.o"), "-o", path("arm"))
    llmc("link", path("host.o"), "-o", path("host"))
    llmc("link", path("host.o"), "-o", path("host-dynamic"), "--dynamic")
    run(path("host-dynamic"), "info")
    llmc("link", path("host"), "-o", path("again"), code=1, says="linked already")
    llmc("link", os.path.join(ODD, "config.json"), "-o", path("again"), code=1, says="ELF")
    expect(not os.path.exists(path("again")), "a failed link left its output")
    llmc("inspect", ODD, says="lm_head")
    for file in ("arm.o", "arm"):
        facts = json.loads(llmc("inspect", path(file), "--verify", "--json").stdout)
        expect(facts["config"]["layers"] == 7 and facts["architecture"] == "aarch64",
               "inspect %s: wrong facts" % file)
    run(*emulator("neoverse-v2"), path("arm"), "info", "--json")


def weights_file():
    llmc("compile", ODD, "-o", path("big.o"), "--weights", "file", says=".weights")
    os.mkdir(path("elsewhere"))
    llmc("link", path("big.o"), "-o", path("elsewhere/big"))
    llmc("inspect", path("big.o"), "--verify")
    words = [path("elsewhere/big"), "logits", "--tokens", "1,2,3", "-o", path("big.npy")]
    run(*words)
    os.rename(path("elsewhere/big.weights"), path("moved.weights"))
    with open(path("big.weights"), "r+b") as file:
        file.seek(5000)
        byte = file.read(1)[0]
        file.seek(5000)
        file.write(bytes([byte ^ 1]))
    llmc("inspect", path("big.o"), "--verify", code=1, says="damaged")
    os.remove(path("big.weights"))
    done = run(*words, ok=False)
    expect(done.returncode == 1 and "big.weights" in done.stderr, "missing weights: " + done.stderr)
    run(*words, env={"LLMC_WEIGHTS": path("moved.weights")})


def verbs():
    greedy = ("--temperature", 0, "--max-tokens", 8)
    llmc("run", FABLE, "-p", "The capital of France is", *greedy)
    llmc("run", FABLE, "-p", "Once", "--max-tokens", 4, "--temperature", 0.8, "--top-k", 40,
         "--top-p", 0.9, "--min-p", 0.01, "--repeat-penalty", 1.1, "--seed", 7, "--stop", "fox",
         "--threads", 2, "--json", says="{")
    llmc("chat", FABLE, "--temperature", 0, "--system", "Answer in one word.",
         stdin="What is the capital of France?\n/reset\n/quit\n")
    done = llmc("bench", FABLE, "--prompt", "16,32", "--generate", 8, "--threads", "1,2",
                "--repeat", 1, "--warmup", 0, "--json")
    json.loads(done.stdout)
    llmc("logits", ODD, "--tokens", "1,2,3", "-o", path("odd.npy"), "--chunk", 0, "--threads", 2)
    with open(path("short.txt"), "w", encoding="utf-8") as file:
        file.write("Once upon a time, a fox lived in a town. " * 8)
    done = llmc("perplexity", FABLE, "--text", path("short.txt"), "--window", 32, "--json")
    expect(json.loads(done.stdout)["perplexity"] > 1, "perplexity is not above 1")
    llmc("info", ODD, "--json", says="{")
    llmc("eval", ODD, "--text", path("short.txt"), "--quantize", "int8", "--per-layer", "--json",
         says="layers")


def text_verbs():
    done = llmc("tokenize", FABLE, "The capital of France is Paris.", "--plain")
    expect(done.stdout.count(",") > 3, "tokenize: " + done.stdout)
    expect(llmc("tokenize", FABLE, "--decode", "--skip-special", stdin=done.stdout).stdout.strip()
           == "The capital of France is Paris.", "tokenize --decode is no inverse")
    llmc("tokenize", FABLE, "--batch", stdin='"Hello"\n"fox"\n')
    with open(path("messages.json"), "w", encoding="utf-8") as file:
        json.dump({"messages": [{"role": "user", "content": "Hi"}],
                   "add_generation_prompt": True}, file)
    llmc("template", FABLE, "--messages", path("messages.json"), says="assistant")


def refusals():
    for words in (["compile", ODD, "-o", path("n.o"), "--draft", FABLE],
                  ["compile", ODD, "-o", path("n.o"), "--tensor-parallel", 2],
                  ["compile", ODD, "-o", path("n.o"), "--calibrate", path("short.txt")],
                  ["compile", ODD, "-o", path("n.o"), "--target", "neoverse-n1,neoverse-v2"]):
        llmc(*words, code=1, says="not yet available")
    llmc("compile", ODD, "-o", path("n.o"), "--target", "z80", code=1, says="neoverse-v2")
    llmc("compile", ODD, "-o", path("n.o"), "--machine", "pdp11", code=1, says="graviton4")
    llmc("compile", path("nothing"), "-o", path("n.o"), code=1, says="nothing")
    expect(not os.path.exists(path("n.o")), "a failed compile left its output")
    for words in ([], ["compile"], ["compile", ODD], ["frobnicate"], ["link", path("arm.o")],
                  ["compile", ODD, "-o", path("n.o"), "--quantize", "int3"],
                  ["compile", ODD, "-o", path("n.o"), "--kv", "f8"],
                  ["compile", ODD, "-o", path("n.o"), "--context", "0"]):
        llmc(*words, code=2)
    for words in (["--help"], ["--version"], ["compile", "--help"], ["run", "--help"]):
        llmc(*words)


def main():
    llmc("targets", says="neoverse-v2")
    compile_options()
    taken_back_in()
    link_and_inspect()
    weights_file()
    verbs()
    text_verbs()
    refusals()


main()
