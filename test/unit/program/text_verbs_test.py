#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""generate, chat and perplexity of a real program (fable-8m, int4).
Usage: text_verbs_test.py LLMC MODEL [ARM_TARGET RUNNER...]; with the last ones
the program is compiled for Arm and run by RUNNER."""
import json
import math
import os
import pty
import select
import signal
import subprocess
import sys
import tempfile
import time
import unittest

PROGRAM = []
PROMPT = "Once upon a time,"


def run(*arguments, text=""):
    done = subprocess.run([*PROGRAM, *arguments], input=text, text=True,
                          capture_output=True, timeout=300)
    return done.returncode, done.stdout, done.stderr


def generate(*options, prompt=PROMPT):
    code, out, error = run("generate", "-p", prompt, "--max-tokens", "24",
                           "--json", *options)
    assert code == 0, error
    return json.loads(out)


class Generate(unittest.TestCase):
    def test_streams_the_text_of_the_json(self):
        want = generate()
        code, out, error = run("generate", "-p", PROMPT, "--max-tokens", "24")
        self.assertEqual(code, 0)
        self.assertEqual(out, want["text"] + "\n")
        self.assertIn("first token after", error)
        self.assertIn("tokens/s", error)
        self.assertEqual(len(want["tokens"]), 24)
        self.assertEqual(want["finish_reason"], "length")

    def test_threads_do_not_change_the_answer(self):
        self.assertEqual(generate("--threads", "1")["tokens"],
                         generate("--threads", "3")["tokens"])

    def test_seed_decides(self):
        hot = ["--temperature", "1.5", "--top-p", "0.99", "--seed"]
        self.assertEqual(generate(*hot, "5")["tokens"],
                         generate(*hot, "5")["tokens"])
        self.assertNotEqual(generate(*hot, "5")["tokens"],
                            generate(*hot, "6")["tokens"])
        for narrow in (("--top-k", "1"), ("--top-p", "0.000001"), ("--min-p", "1")):
            self.assertEqual(generate("--temperature", "1", *narrow)["tokens"],
                             generate()["tokens"], narrow)

    def test_stops_before_the_stop_text(self):
        text = generate()["text"]
        word = text.split()[4]
        got = generate("--stop", "never this", "--stop", word)
        self.assertEqual(got["text"], text[:text.index(word)])
        self.assertEqual(got["finish_reason"], "stop")

    def test_repeat_penalty_changes_it(self):
        self.assertNotEqual(generate("--repeat-penalty", "3")["tokens"],
                            generate()["tokens"])

    def test_prompt_longer_than_the_context(self):
        code, out, error = run("generate", "-p", "word " * 3000)
        self.assertEqual((code, out), (1, ""))
        self.assertIn("the context holds", error)

    def test_fills_the_context(self):
        got = json.loads(run("generate", "-p", "a " * 60, "--max-tokens",
                             "100000", "--json", "--temperature", "2",
                             "--seed", "3")[1])
        self.assertIn(got["finish_reason"], ("context", "stop"))

    def test_bad_utf8_is_refused(self):
        done = subprocess.run([*PROGRAM, "generate", "-p", b"a\xff"],
                              capture_output=True, timeout=300)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stdout, b"")


class Perplexity(unittest.TestCase):
    def perplexity(self, text, *options):
        with tempfile.NamedTemporaryFile("w") as file:
            file.write(text)
            file.flush()
            return run("perplexity", "--text", file.name, *options)

    def test_windows(self):
        text = ("Once upon a time, a brave fox named Poppy lived in a frozen "
                "land. One sunny morning, Poppy had promised to return a blue "
                "button to the miller. When Poppy came home, her friends were "
                "waiting at the door. Poppy smiled.")
        code, out, _ = self.perplexity(text, "--json", "--window", "16")
        self.assertEqual(code, 0)
        got = json.loads(out)
        windows = -(-got["tokens"] // 16)
        self.assertEqual(got["predicted_tokens"], got["tokens"] - windows)
        code, out, _ = self.perplexity(text, "--json", "--window", "64")
        other = json.loads(out)
        self.assertEqual(other["tokens"], got["tokens"])
        self.assertNotEqual(other["perplexity"], got["perplexity"])
        for result in (got, other):
            self.assertAlmostEqual(result["perplexity"],
                                   math.exp(result["nll_per_token"]))
            self.assertLess(1, result["perplexity"])
            self.assertLess(result["perplexity"], 20)

    def test_refuses(self):
        for text, options, words in (
                ("", [], "0 tokens"),
                ("Hello there", ["--window", "100000"], "context")):
            code, _, error = self.perplexity(text, *options)
            self.assertEqual(code, 1)
            self.assertIn(words, error)
        code, _, error = run("perplexity", "--text", "/nowhere")
        self.assertEqual(code, 1)
        self.assertIn("/nowhere", error)


class Chat(unittest.TestCase):
    def test_keeps_the_conversation(self):
        lines = "Hello, my name is Anna.\nWhat is my name?\n"
        code, both, error = run("chat", text=lines)
        self.assertEqual(code, 0, error)
        code, reset, _ = run("chat", text=lines.replace("\n", "\n/reset\n", 1))
        self.assertEqual(both.split("\n")[0], reset.split("\n")[0])
        self.assertNotEqual(both, reset)
        # The second turn computes only what is new.
        counts = [int(line.split("(")[1].split()[0])
                  for line in error.splitlines() if "first token" in line]
        self.assertEqual(len(counts), 2)
        self.assertLess(counts[1], counts[0] + 10)

    def test_turns_are_taken_back(self):
        first, other = "What is the capital of France?\n", "Hello there!\n"
        _, plain, _ = run("chat", text=first)
        _, undone, _ = run("chat", text=other + "/undo\n" + first)
        self.assertTrue(undone.endswith("\n" + plain) and len(undone) > len(plain))
        _, again, _ = run("chat", text=first + "/again\n")
        self.assertEqual(again, 2 * plain)
        code, out, error = run("chat", text="/undo\n")
        self.assertEqual((code, out), (0, ""))
        self.assertIn("no turn", error)

    def terminal(self, *options):
        """(process, its terminal, until(words) that gives what it wrote) of a chat."""
        master, slave = pty.openpty()
        chat = subprocess.Popen([*PROGRAM, "chat", *options],
                                stdin=slave, stdout=slave, stderr=slave, close_fds=True)
        os.close(slave)

        def until(words):
            seen, deadline = b"", time.time() + 60
            while words not in seen:
                ready, _, _ = select.select([master], [], [], 1)
                if ready:
                    seen += os.read(master, 4096)
                self.assertLess(time.time(), deadline, seen)
            return seen

        return chat, master, until

    def test_lines_are_edited(self):
        if len(PROGRAM) > 1:
            self.skipTest("on the host")
        chat, master, until = self.terminal("--temperature", "0")
        until(b"> ")
        # A wrong word taken out, the start put in, and a two-byte character gone.
        os.write(master, b"s the capital of Spain\xc3\xa9\x7f\x17France?"
                 b"\x01What iX\x1b[D\x1b[3~\n")
        self.assertIn(b"Paris", until(b"\n> "))
        os.write(master, b"\x1b[A\x0b\x1b[D\x15/quit\x1b[H\x1b[3~\x1b[F\x7f\x01/\n")
        self.assertEqual(chat.wait(60), 0)
        os.close(master)

    def test_quit_ends_it(self):
        code, out, _ = run("chat", text="/quit\nWho are you?\n")
        self.assertEqual((code, out), (0, ""))

    def test_system_message_counts(self):
        question = "What is the opposite of big?\n"
        plain = run("chat", text=question)
        terse = run("chat", "--system", "Answer in one word.", text=question)
        self.assertEqual((plain[0], terse[0]), (0, 0))
        self.assertNotEqual(plain[1], terse[1])

    def test_interrupt_stops_the_answer_only(self):
        if len(PROGRAM) > 1:
            self.skipTest("signals at speed: on the host")
        chat, master, until = self.terminal("--temperature", "3", "--max-tokens", "900")
        until(b"> ")
        os.write(master, b"Tell me a story.\n")
        if b" " not in until(b"story.\r\n").split(b"story.\r\n")[1]:
            until(b" ")  # of the answer
        chat.send_signal(signal.SIGINT)
        seen = until(b"\n> ")
        self.assertIn(b"(stopped)", seen)
        self.assertIn(b"first token after", seen)
        os.write(master, b"/quit\n")
        self.assertEqual(chat.wait(60), 0)
        os.close(master)


def build(llmc, model, folder, target):
    program = os.path.join(folder, "fable")
    subprocess.run([llmc, "compile", model, "-o", program + ".o", "--target",
                    target], check=True, stdout=subprocess.DEVNULL)
    subprocess.run([llmc, "link", program + ".o", "-o", program], check=True)
    return program


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        llmc, model, *rest = sys.argv[1:]
        target, *runner = rest or ["native"]
        PROGRAM = [*runner, build(llmc, model, folder, target)]
        unittest.main(argv=sys.argv[:1])
