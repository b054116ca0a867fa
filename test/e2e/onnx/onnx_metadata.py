# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What the files beside a model.onnx say is picked up: onnx_metadata.py BIN."""
import json
import os
import shutil
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from e2e import LLMC, MODELS, expect, run, scratch

GOLDEN = os.path.join(MODELS, "llama2-mha")
TEXT = ("tokenizer.json", "tokenizer_config.json", "generation_config.json")


def folder_with(root, name, *files):
    """A folder with the torch export and files of the model it is of."""
    folder = os.path.join(root, name)
    os.mkdir(folder)
    shutil.copy(os.path.join(MODELS, "onnx", "llama2-mha-torch", "model.onnx"), folder)
    for file in files:
        shutil.copy(os.path.join(GOLDEN, file), folder)
    return folder


def config(folder, *options):
    """(the line of llm.config, what was said on stderr)."""
    done = run(LLMC, "compile", os.path.join(folder, "model.onnx"), "--emit", "raise", *options)
    return next(line for line in done.stdout.splitlines() if "llm.config" in line), done.stderr


def expect_context(folder, context):
    line, _ = config(folder)
    expect("contextLength = %d>" % context in line, "context is not %d: %s" % (context, line))


def program(folder, path, *options):
    run(LLMC, "compile", os.path.join(folder, "model.onnx"), "-o", path + ".o", *options)
    run(LLMC, "link", path + ".o", "-o", path)
    return path


def main():
    root = scratch()
    bare = folder_with(root, "bare")
    line, warning = config(bare)
    expect("vocab = 640, hidden = 64, layers = 2, heads = 4, kvHeads = 4, headDim = 16, ffn = 176, "
           "contextLength = 4096" in line, "the graph's own facts: " + line)
    expect("no tokenizer.json" in warning, "no warning: " + warning)

    expect_context(folder_with(root, "config", "config.json"), 256)
    genai = folder_with(root, "genai")
    with open(os.path.join(genai, "genai_config.json"), "w", encoding="utf-8") as file:
        json.dump({"model": {"context_length": 192, "eos_token_id": [7, 9], "bos_token_id": 5}}, file)
    expect_context(genai, 192)
    lowered = run(LLMC, "compile", os.path.join(genai, "model.onnx"), "--emit", "lower").stdout
    expect("bos = 5 : i64" in lowered and "eos = array<i64: 7, 9>" in lowered, "ids of genai_config.json")

    with open(os.path.join(genai, "config.json"), "w", encoding="utf-8") as file:
        file.write('{"max_position_embeddings": -3}')
    done = run(LLMC, "compile", os.path.join(genai, "model.onnx"), "-o", os.path.join(root, "x.o"), ok=False)
    expect(done.returncode == 1 and "config.json: max_position_embeddings is -3" in done.stderr
           and not os.path.exists(os.path.join(root, "x.o")), "a malformed config.json: " + done.stderr)

    words = ["tokenize", "Once upon a time"]
    want = run(LLMC, words[0], GOLDEN, words[1]).stdout
    beside = program(folder_with(root, "text", *TEXT), os.path.join(root, "t"))
    expect(run(beside, *words).stdout == want, "the tokenizer beside the model")
    given = program(bare, os.path.join(root, "d"), "--tokenizer", GOLDEN)
    expect(run(given, *words).stdout == want, "--tokenizer DIR")


main()
