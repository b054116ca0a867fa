# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Every limit and refusal, clients that leave, and the end: limits.py BIN."""
import json
import signal
import socket
import threading
import time

from server import Server, chat_body, expect, fable

CHAT = "/v1/chat/completions"
LONG = {"prompt": "Once upon a time", "max_tokens": 900, "temperature": 0, "logit_bias":
        {"4089": -100, "4092": -100}}


def status_of(answer):
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.1 ") else None


def error_of(text):
    error = json.loads(text)["error"]
    expect(set(error) == {"message", "type", "param", "code"}, "not an error object: %s" % error)
    return error


def sizes(server):
    def post(body):
        return server.request("POST", CHAT, body)
    head = "GET /health HTTP/1.1\r\nHost: localhost\r\n"
    expect(status_of(server.raw((head + "A: " + "x" * 17000 + "\r\n\r\n").encode())) == 431, "long head")
    fields = "".join("H%d: 1\r\n" % i for i in range(100))
    expect(status_of(server.raw((head + fields + "\r\n").encode())) == 431, "101 fields")
    fields = "".join("H%d: 1\r\n" % i for i in range(98)) + "Connection: close\r\n"
    expect(status_of(server.raw((head + fields + "\r\n").encode())) == 200, "100 fields")
    status, _, text = post("[" + " " * (1 << 20) + "]")
    expect(status == 413, "body over 1 MiB: %d" % status)
    error_of(text)
    chunk = b"10000\r\n" + b" " * 65536 + b"\r\n"
    head = (b"POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n")
    expect(status_of(server.raw(head + 17 * chunk)) == 413, "chunked body over 1 MiB")
    for depth, says in ((64, b"JSON object"), (65, b"deeper"), (100000, b"deeper")):
        status, _, text = post("[" * depth + "]" * depth)
        expect(status == 400 and says in text, "depth %d: %d %s" % (depth, status, text[:200]))
    many = "{" + ",".join('"k%d":0' % i for i in range(1025)) + "}"
    expect(post(many)[0] == 400, "1025 keys in an object")


def bad_http(server):
    for data, want in ((b"nonsense\r\n\r\n", 400),
                       (b"GET /health HTTP/1.1\r\n\r\n", 400),
                       (b"GET /health HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
                       (b"POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json"
                        b"\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
                       (b"POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json"
                        b"\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400),
                       (b"GET /health HTTP/1.1\r\nHost: evil.example\r\n\r\n", 403)):
        answer = server.raw(data)
        expect(status_of(answer) == want, "%r: %r" % (data[:80], answer[:120]))
    answer = server.raw(b"GET /health HTTP/1.0\r\n\r\n")
    expect(status_of(answer) == 200, "HTTP/1.0: %r" % answer[:100])
    pair = server.raw(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
                      b"GET /v1/models HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    expect(pair.count(b"HTTP/1.1 200") == 2, "two requests at once: %r" % pair[:300])
    for method, path, headers, want in (("GET", "/nothing", {}, 404), ("POST", "/health", {}, 405),
                                        ("GET", CHAT, {}, 405), ("OPTIONS", CHAT, {}, 405),
                                        ("POST", CHAT, {"Content-Type": "text/plain"}, 415)):
        status, got, text = server.request(method, path, None if method == "GET" else "{}", headers)
        expect(status == want, "%s %s: %d, not %d" % (method, path, status, want))
        expect("Access-Control-Allow-Origin" not in got, "CORS was not asked for")
        error_of(text)


def bad_fields(server):
    chat = chat_body("Hi")
    for change in ({"messages": []}, {"messages": "Hi"}, {"messages": [{"role": "user"}]},
                   {"messages": [{"role": "user", "content": [{"type": "image_url"}]}]},
                   {"temperature": -1}, {"temperature": "hot"}, {"top_p": 2}, {"n": 0}, {"n": 17},
                   {"n": 1.5}, {"max_tokens": 0}, {"max_tokens": -1}, {"max_tokens": 1 << 70},
                   {"stop": ""}, {"stop": [""] * 2}, {"stop": ["a"] * 17}, {"logprobs": 3},
                   {"top_logprobs": 2}, {"logprobs": True, "top_logprobs": 21}, {"seed": "x"},
                   {"logit_bias": {"x": 1}}, {"logit_bias": {"4096": 1}}, {"logit_bias": {"1": 101}},
                   {"frequency_penalty": 3}, {"stream": 1}, {"stream_options": {}}, {"model": 7},
                   {"response_format": "json"}, {"response_format": {"type": "json_schema"}},
                   {"tool_choice": "required"}, {"tools": {}}, {"tools": [{"type": "function"}]},
                   {"modalities": ["audio"]}):
        error = server.post(CHAT, dict(chat, **change), 400)["error"]
        expect(error["param"] == list(change)[-1] or error["param"] in change,
               "%s: %s" % (change, error))
    for body in ("", "{", "[]", "nul", '{"a":1,"a":2}', b'{"prompt":"\xff"}', '{"seed":1e999}'):
        server.post(CHAT, body, 400)
    for prompt in (None, [], {}, [-1], [4096], ["a", 1], [[]], ["a"] * 17):
        server.post("/v1/completions", {"prompt": prompt}, 400)
    error = server.post("/v1/completions", {"prompt": "fox " * 2000}, 400)["error"]
    expect(error["code"] == "context_length_exceeded", "long prompt: %s" % error)
    answer = server.post("/v1/completions", dict(LONG, max_tokens=5000))
    expect(answer["choices"][0]["finish_reason"] == "length"
           and answer["usage"]["total_tokens"] <= 1025, "full context: %s" % answer["usage"])


def wait_idle(server, seconds=5):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if server.metrics()["llmc_requests_running"] == 0:
            return
        time.sleep(0.02)
    expect(False, "an answer runs on without its client")


def leaving(server):
    """A client that leaves stops its answer, streamed or not, waiting or not."""
    for stream in (True, False):
        before = server.metrics()["llmc_generated_tokens_total"]
        connection = server.open()
        connection.request("POST", "/v1/completions", json.dumps(dict(LONG, stream=stream)),
                           {"Content-Type": "application/json"})
        if stream:
            connection.getresponse().read(200)
        while server.metrics()["llmc_generated_tokens_total"] < before + 5:
            time.sleep(0.01)
        connection.close()
        connection.sock = None
        wait_idle(server)
        made = server.metrics()["llmc_generated_tokens_total"] - before
        expect(made < 800, "%d tokens for a client that left" % made)


def queue(words):
    server = Server(words, "--slots", 1, "--queue", 1)
    connections = [server.open() for _ in range(4)]
    for connection in connections:
        connection.request("POST", "/v1/completions", json.dumps(dict(LONG, stream=True)),
                           {"Content-Type": "application/json"})
        time.sleep(0.1)
    expect(connections[0].getresponse().status == 200, "the first is not answered")
    refused = connections[3].getresponse()
    expect(refused.status == 429 and refused.headers["Retry-After"], "full queue: %d" % refused.status)
    expect(error_of(refused.read())["type"] == "rate_limit_error", "429 without its type")
    for connection in connections:
        connection.close()
    wait_idle(server)
    server.stop(signal.SIGINT)


def keys(words):
    server = Server(words, env={"LLMC_API_KEY": "secret-key"})
    for path in ("/", "/metrics", "/v1/models", "/nothing"):
        for given in (None, "Bearer", "Bearer ", "Bearer secret-ke", "Bearer secret-keyy",
                      "Basic c2VjcmV0LWtleQ==", "secret-key"):
            headers = {"Authorization": given} if given else {}
            status, got, text = server.request("GET", path, headers=headers)
            expect(status == 401 and "WWW-Authenticate" in got, "%s with %s: %d" % (path, given, status))
            expect(error_of(text)["code"] == "invalid_api_key", "401 without its code")
    expect(server.request("POST", CHAT, chat_body("Hi"))[0] == 401, "a chat without the key")
    expect(server.request("GET", "/health")[0] == 200, "/health wants a key")
    for good in ("Bearer secret-key", "bearer secret-key", "Basic eDpzZWNyZXQta2V5"):
        status, _, _ = server.request("GET", "/v1/models", headers={"Authorization": good})
        expect(status == 200, "%s: %d" % (good, status))
    server.stop()


def slow_parts(server):
    """Heads are waited for 10 s, bodies 30 s; others are served meanwhile."""
    def late(data, want, seconds):
        start = time.monotonic()
        answer = server.raw(data)
        took = time.monotonic() - start
        results.append(status_of(answer) == want and seconds - 1 < took < seconds + 8)
    results = []
    head = (b"POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Content-Length: 100\r\n\r\n")
    threads = [threading.Thread(target=late, args=a) for a in
               ((b"GET /health HTTP/1.1\r\nHo", 408, 10), (head + b"{", 408, 30))]
    idle = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(200)]
    for thread in threads:
        thread.start()
    worst = 0
    while any(thread.is_alive() for thread in threads):
        start = time.monotonic()
        expect(server.request("GET", "/health")[0] == 200, "/health beside slow clients")
        worst = max(worst, time.monotonic() - start)
        time.sleep(0.5)
    expect(results == [True, True], "slow head and body: %s" % results)
    expect(worst < 2, "/health took %.2f s beside slow clients" % worst)
    for connection in idle:
        connection.close()


def drain(words):
    server = Server(words)
    connection = server.open()
    connection.request("POST", "/v1/completions", json.dumps(dict(LONG, max_tokens=300, stream=True)),
                       {"Content-Type": "application/json"})
    response = connection.getresponse()
    response.read(100)
    idle = server.open()
    idle.connect()
    server.process.send_signal(signal.SIGTERM)
    rest = response.read()
    expect(rest.endswith(b"data: [DONE]\n\n"), "SIGTERM cuts a running answer: %r" % rest[-100:])
    expect(server.process.wait(30) == 0, "no clean end after SIGTERM")


def main():
    words = fable()
    server = Server(words)
    for check in (sizes, bad_http, bad_fields, leaving, slow_parts):
        check(server)
    expect(server.stop() == 0, "SIGTERM does not end it well")
    for check in (queue, keys, drain):
        check(words)


main()
