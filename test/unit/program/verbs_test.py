#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Command line of a stand-alone program around the fake model (vocabulary 37,
context 50, no text): outputs, exit codes, words of errors.
Usage: verbs_test.py PROGRAM..."""
import json
import os
import subprocess
import sys
import tempfile
import unittest

PROGRAM = []


def run(*arguments, text=""):
    done = subprocess.run([*PROGRAM, *arguments], input=text, text=True,
                          capture_output=True, timeout=120)
    return done.returncode, done.stdout, done.stderr


class Verbs(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = os.path.join(self.folder.name, "out.npy")

    def fails(self, code, words, *arguments):
        got, _, error = run(*arguments)
        self.assertEqual(got, code, error)
        self.assertIn(words, error)

    def logits(self, tokens, *options):
        code, _, error = run("logits", "--tokens", tokens, "-o", self.path,
                             *options)
        self.assertEqual(code, 0, error)
        with open(self.path, "rb") as file:
            return file.read()

    def test_usage_is_2(self):
        self.fails(2, "subcommand")
        self.fails(2, "unknown verb 'nonsense'", "nonsense", "--json")
        self.fails(2, "--prompt", "generate")
        self.fails(2, "--temperature", "generate", "-p", "x",
                   "--temperature=-1")
        self.fails(2, "--top-p", "generate", "-p", "x", "--top-p", "2")
        self.fails(2, "--stop", "generate", "-p", "x", "--stop", "")
        self.fails(2, "--max-tokens", "chat", "--max-tokens", "0")
        self.fails(2, "--tokens", "logits", "--tokens", "a", "-o", "x")
        self.fails(2, "--output", "logits", "--tokens", "1")
        self.fails(2, "--threads", "bench", "--threads", "0")
        self.fails(2, "--window", "perplexity", "--text", "x", "--window", "1")

    def test_help_is_0(self):
        for arguments in (["--help"], ["bench", "--help"]):
            code, out, _ = run(*arguments)
            self.assertEqual(code, 0)
            self.assertIn("Usage", out)

    def test_text_is_missing(self):
        for arguments in (["generate", "-p", "x"], ["chat"],
                          ["perplexity", "--text", "x"], ["tokenize", "x"]):
            self.fails(1, "model 'fake_model' was compiled without a tokenizer",
                       *arguments)
        self.fails(1, "without a chat template", "template", "--messages", "x")

    def test_serve_refuses(self):
        self.fails(1, "tokenizer", "serve", "--port", "0")
        self.fails(1, "--api-key", "serve", "--host", "0.0.0.0")
        self.fails(1, "at most 8 rows", "serve", "--slots", "9")
        self.fails(2, "--port", "serve", "--port", "70000")

    def test_logits_chunks_agree(self):
        tokens = ",".join(str(3 * i % 37) for i in range(20))
        whole = self.logits(tokens)
        self.assertIn(b"'shape': (20, 37)", whole)
        for options in (["--chunk", "0"], ["--chunk", "1"], ["--chunk", "7"],
                        ["--chunk", "64"], ["--threads", "3"],
                        ["--threads", "3", "--chunk", "0"]):
            self.assertEqual(whole, self.logits(tokens, *options), options)
        self.assertNotEqual(whole, self.logits("1" + tokens))

    def test_logits_refuses(self):
        output = ["-o", self.path]
        self.fails(1, "token 37", "logits", "--tokens", "1,37", *output)
        self.fails(1, "context of 50", "logits", "--tokens",
                   ",".join(["1"] * 51), *output)
        self.fails(1, "/nowhere/x.npy", "logits", "--tokens", "1", "-o",
                   "/nowhere/x.npy")
        self.assertEqual(os.listdir(self.folder.name), [])

    def test_info(self):
        code, out, _ = run("info", "--json")
        self.assertEqual(code, 0)
        facts = json.loads(out)
        self.assertEqual(facts["name"], "fake_model")
        self.assertEqual(facts["config"]["context"], 50)
        self.assertTrue(facts["targets"][0]["chosen"])
        code, out, _ = run("info")
        self.assertEqual(code, 0)
        self.assertIn("fake_model", out)

    def test_bench(self):
        code, out, error = run("bench", "--prompt", "4,50", "--generate", "6",
                               "--threads", "1,2", "--repeat", "2", "--json")
        self.assertEqual(code, 0, error)
        results = json.loads(out)["results"]
        self.assertEqual([(r["test"], r["threads"]) for r in results],
                         [("pp4", 1), ("pp50", 1), ("tg6", 1),
                          ("pp4", 2), ("pp50", 2), ("tg6", 2)])
        for result in results:
            self.assertEqual(len(result["seconds"]), 2)
            self.assertGreater(result["tokens_per_second"], 0)

    def test_bench_skips_and_refuses(self):
        code, out, _ = run("bench", "--prompt", "0", "--generate", "3")
        self.assertEqual(code, 0)
        self.assertIn("tg3", out)
        self.assertNotIn("pp", out)
        self.fails(1, "context of 50", "bench", "--prompt", "51")
        code, out, _ = run("bench", "--threads", "1")
        self.assertEqual(code, 0, "defaults must fit a small context")
        self.assertIn("tg50", out)


if __name__ == "__main__":
    PROGRAM = sys.argv[1:]
    unittest.main(argv=sys.argv[:1])
