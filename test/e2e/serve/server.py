# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A server of the demo model on a free loopback port, and requests to it.

Every test here is called as  TEST.py BIN; all its traffic stays on 127.0.0.1.
"""
import atexit
import http.client
import json
import os
import signal
import socket
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from e2e import FABLE, ROOT, expect, program, run, scratch  # noqa: E402,F401

TIMEOUT = 120


class Server:
    def __init__(self, words, *options, env=None):
        self.process = subprocess.Popen(
            [*words, "serve", "--port", "0", *map(str, options)], stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True, env=dict(os.environ, **(env or {})))
        atexit.register(self.process.kill)
        line = self.process.stderr.readline()
        expect("listening on http://127.0.0.1:" in line, "serve says: " + line)
        self.port = int(line.rsplit(":", 1)[1])

    def stop(self, signal_number=signal.SIGTERM, seconds=40):
        self.process.send_signal(signal_number)
        return self.process.wait(seconds)

    def open(self, timeout=TIMEOUT):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)

    def request(self, method, path, body=None, headers=None):
        """(status, headers, body) of one request on its own connection."""
        connection = self.open()
        try:
            full = {"Content-Type": "application/json"} if body is not None else {}
            full.update(headers or {})
            if body is not None and not isinstance(body, (str, bytes)):
                body = json.dumps(body)
            connection.request(method, path, body, full)
            response = connection.getresponse()
            return response.status, response.headers, response.read()
        finally:
            connection.close()

    def post(self, path, body, status=200):
        """The JSON answer, which must have the status."""
        got, _, text = self.request("POST", path, body)
        expect(got == status, "%s %.200r: %d, not %d: %.300r" % (path, body, got, status, text))
        return json.loads(text)

    def chat(self, question, **options):
        return self.post("/v1/chat/completions", chat_body(question, **options))

    def events(self, path, body):
        """The JSON values of a streamed answer; [DONE] must be the last."""
        status, headers, text = self.request("POST", path, dict(body, stream=True))
        expect(status == 200 and headers["Content-Type"] == "text/event-stream",
               "%s: %d %s" % (path, status, text[:300]))
        lines = [part for part in text.decode().split("\n\n") if part]
        expect(all(line.startswith("data: ") for line in lines), "not events: " + str(lines[:3]))
        expect(lines[-1] == "data: [DONE]", "last event: " + lines[-1])
        return [json.loads(line[6:]) for line in lines[:-1]]

    def raw(self, data, timeout=TIMEOUT):
        """Sends bytes as they are and gives all that comes back."""
        with socket.create_connection(("127.0.0.1", self.port), timeout) as client:
            client.sendall(data)
            received = b""
            while True:
                piece = client.recv(65536)
                if not piece:
                    return received
                received += piece

    def metrics(self):
        text = self.request("GET", "/metrics")[2].decode()
        return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1])
                for line in text.splitlines() if not line.startswith("#")}


def chat_body(question, **options):
    return dict({"model": "any", "messages": [{"role": "user", "content": question}],
                 "temperature": 0}, **options)


def content(answer):
    return answer["choices"][0]["message"]["content"]


def fable():
    """The words that start the program of the demo model."""
    return program(FABLE, scratch(), name="fable")
