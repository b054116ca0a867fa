# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The verbs tokenize and template against the goldens of a model: by llmc from
the folder's text files, or (with a target) by the compiled program, which then
continues some prompts too.
Arguments: BIN MODEL [TARGET]"""
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from e2e import MODELS, LLMC, expect, program, run, scratch

folder = os.path.join(MODELS, sys.argv[2])
if len(sys.argv) > 3:
    base = program(folder, scratch(), target=sys.argv[3])
    words = lambda verb: [*base, verb]
else:
    words = lambda verb: [LLMC, verb, folder]


def golden(name):
    with open(os.path.join(folder, name), encoding="utf-8") as file:
        return json.load(file)


def batch(verb, values, *options):
    """One answer for each value."""
    lines = "".join(json.dumps(value) + "\n" for value in values)
    done = run(*words(verb), "--batch", *options, stdin=lines)
    expect(done.stdout.isascii(), verb + ": output is not ASCII")
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    expect(len(answers) == len(values), "%s: %d answers to %d lines"
           % (verb, len(answers), len(values)))
    return answers


def compare(what, inputs, got, want):
    for one, answer, wanted in zip(inputs, got, want):
        expect(answer == wanted, "%s of %r: got %r, want %r" % (what, one, answer, wanted))


cases = golden("tokenizer_golden.json")
texts = [case["text"] for case in cases["cases"]]
compare("ids", texts, batch("tokenize", texts), [c["ids"] for c in cases["cases"]])
compare("plain ids", texts, batch("tokenize", texts, "--plain"),
        [c.get("ids_plain", c["ids"]) for c in cases["cases"]])
lists = cases["cases"] + cases["decode_cases"]
ids = [case["ids"] for case in lists]
compare("text", ids, batch("tokenize", ids), [c["decoded"] for c in lists])
compare("text without special tokens", ids, batch("tokenize", ids, "--skip-special"),
        [c.get("decoded_skip_special", c["decoded"]) for c in lists])

chats = golden("chat_golden.json")["cases"]
requests = [{"messages": c["messages"], "add_generation_prompt": c["add_generation_prompt"]}
            for c in chats]
want = [c["text"] if "text" in c else {"error": c["error"]} for c in chats]
compare("template", requests, batch("template", requests), want)
want = [c["ids"] if "text" in c else {"error": c["error"]} for c in chats]
compare("ids of template", requests, batch("tokenize", requests), want)

if len(sys.argv) > 3:
    # The text of an answer is what follows the prompt, its first space included.
    for prompt in ("Once upon a time", "Hello", "x \U0001F98A", "a\n"):
        answer = json.loads(run(*base, "generate", "-p", prompt, "--max-tokens", "12", "--json").stdout)
        [ids] = batch("tokenize", [prompt])
        whole, = batch("tokenize", [ids + answer["tokens"]], "--skip-special")
        expect(whole == prompt + answer["text"],
               "after %r: %r, of %r" % (prompt, answer["text"], whole))
