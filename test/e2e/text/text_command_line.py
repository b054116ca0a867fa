# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""tokenize and template without --batch: output, exit codes, words of errors."""
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from e2e import MODELS, LLMC, expect, run, scratch

MODEL = os.path.join(MODELS, "llama3-gqa")
folder = scratch()


def answers(want, *words, stdin=None):
    done = run(LLMC, *words, stdin=stdin)
    expect(done.stdout == want, "%r: got %r, want %r" % (words, done.stdout, want))


def refuses(code, part, *words, stdin=""):
    done = run(LLMC, *words, ok=False, stdin=stdin)
    expect(done.returncode == code, "%r: exit code %d" % (words, done.returncode))
    expect(part in done.stderr, "%r: %r" % (words, done.stderr))


answers("759,39,288,340\n", "tokenize", MODEL, "Hello")
answers("39,288,340\n", "tokenize", MODEL, "Hello", "--plain")
answers("39,288,340\n", "tokenize", MODEL, "--plain", stdin="Hello")
answers("<|begin_of_text|>Hello\n", "tokenize", MODEL, "--decode", "759,39,288,340")
answers("Hello\n", "tokenize", MODEL, "--skip-special", "--decode", "759", "39", "288,340")
answers("Hello\n", "tokenize", MODEL, "--decode", stdin="39, 288\n340\n")
answers('[759,39]\n{"error":"-1 is no token id"}\n"\\u00e9"\n', "tokenize", MODEL,
        "--batch", stdin='"H"\n\n[-1]\n[127,102]\n')
refuses(1, "'x' is no token id", "tokenize", MODEL, "--decode", "1,x")
refuses(1, "no tokenizer", "tokenize", os.path.join(MODELS, "bad", "st-ok"), "a")
refuses(1, "no such file", "tokenize", os.path.join(folder, "none"), "a")
refuses(1, "tokenizer.json: line 1", "tokenize", os.path.join(MODELS, "bad", "tok-truncated"), "a")

chat = os.path.join(folder, "chat.json")
with open(chat, "w") as file:
    json.dump({"messages": [{"role": "user", "content": "Hi"}],
               "add_generation_prompt": True}, file)
answers("<|begin_of_text|><|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|>"
        "<|start_header_id|>assistant<|end_header_id|>\n\n",
        "template", MODEL, "--messages", chat)
with open(chat, "w") as file:
    json.dump({"prompt": "Hi"}, file)
refuses(1, "chat.json: expected a list of messages", "template", MODEL, "--messages", chat)
refuses(1, "cannot be read", "template", MODEL, "--messages", os.path.join(folder, "none"))
refuses(2, "--messages", "template", MODEL)
answers('{"error":"the model has no chat template"}\n', "template",
        os.path.join(MODELS, "bad", "tok-ok"), "--batch",
        stdin='[{"role": "user", "content": "Hi"}]\n')
