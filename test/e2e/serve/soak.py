# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Many requests of 8 clients, a fifth of which leave early: memory, threads and
descriptors stay as they were, no slot is stuck: soak.py BIN [REQUESTS]."""
import json
import os
import sys
import threading
import time

from server import Server, chat_body, expect, fable

REQUESTS = int(sys.argv[2]) if len(sys.argv) > 2 else 2000
CLIENTS = 8


def resident(process):
    with open("/proc/%d/statm" % process.pid, encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def counts(process):
    return tuple(len(os.listdir("/proc/%d/%s" % (process.pid, kind))) for kind in ("fd", "task"))


def client(server, numbers, errors):
    for i in numbers:
        body = chat_body("Tell me a story about a fox, part %d." % (i % 50), max_tokens=4 + i % 5,
                         temperature=i % 3 / 2, seed=i, stream=i % 2 == 0)
        connection = server.open()
        try:
            connection.request("POST", "/v1/chat/completions", json.dumps(body),
                               {"Content-Type": "application/json"})
            if i % 5 == 0:
                if i % 2 == 0:
                    connection.getresponse().read(50)
                continue
            response = connection.getresponse()
            text = response.read()
            if response.status != 200 or not (b"[DONE]" in text or b"finish_reason" in text):
                errors.append((i, response.status, text[:200]))
        except OSError as error:
            errors.append((i, error))
        finally:
            connection.close()


def rounds(server, begin, end):
    errors = []
    threads = [threading.Thread(target=client, args=(server, range(begin + c, end, CLIENTS), errors))
               for c in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expect(not errors, "%d failed: %s" % (len(errors), errors[:3]))


def settled(server):
    """The metrics once no request runs, or as they are after 10 seconds: who
    left last may be noticed only by the next token."""
    for _ in range(100):
        state = server.metrics()
        if state["llmc_requests_running"] == 0 and state["llmc_requests_waiting"] == 0:
            break
        time.sleep(0.1)
    return state


def main():
    server = Server(fable(), "--slots", 4)
    warm = REQUESTS // 4
    rounds(server, 0, warm)
    before, opened = resident(server.process), counts(server.process)
    rounds(server, warm, REQUESTS)
    server.chat("Hi", max_tokens=1)
    state = settled(server)
    after, still = resident(server.process), counts(server.process)
    expect(after < 1.02 * before + (1 << 20), "memory grew from %d to %d bytes" % (before, after))
    expect(still[0] <= opened[0] + 1 and still[1] == opened[1],
           "descriptors, threads: %s, then %s" % (opened, still))
    expect(state["llmc_requests_running"] == 0 and state["llmc_requests_waiting"] == 0,
           "slots are stuck: %s" % state)
    print("%d requests, %d tokens, resident %.1f then %.1f MB"
          % (REQUESTS, state["llmc_generated_tokens_total"], before / 1e6, after / 1e6))
    expect(server.stop() == 0, "SIGTERM does not end it well")


main()
