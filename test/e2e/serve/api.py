# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What the API answers: fields, streams, choices, stops, logprobs, JSON, and
that answers computed together are those computed alone: api.py BIN."""
import json
import math
import threading

from server import Server, chat_body, content, expect, fable

CHAT, TEXT = "/v1/chat/completions", "/v1/completions"
PROMPT = "Once upon a time"


def facts(server):
    expect(server.request("GET", "/health")[0] == 200, "/health is not 200")
    models = json.loads(server.request("GET", "/v1/models")[2])
    expect(models["data"][0]["id"] == "fable", "model: %s" % models)
    answer = server.chat("What is the capital of France?", max_tokens=30)
    expect("Paris" in content(answer), "the capital of France: " + content(answer))
    expect(answer["choices"][0]["finish_reason"] == "stop", "did not end: %s" % answer)
    usage = answer["usage"]
    expect(usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"],
           "usage: %s" % usage)
    again = server.chat("What is the capital of France?", max_tokens=30)
    expect(content(again) == content(answer), "greedy answers differ")
    expect(again["usage"]["prompt_tokens_details"]["cached_tokens"]
           == usage["prompt_tokens"] - 1, "the prompt was computed again: %s" % again["usage"])
    talk = chat_body("What is the capital of France?", max_tokens=30)
    talk["messages"] += [{"role": "assistant", "content": content(answer)},
                         {"role": "user", "content": "And of Spain?"}]
    kept = server.post(CHAT, talk)["usage"]["prompt_tokens_details"]["cached_tokens"]
    expect(kept >= usage["total_tokens"] - 2, "a next turn finds %d of %s" % (kept, usage))
    parts = [{"type": "text", "text": "What is the capital "}, {"type": "text", "text": "of France?"}]
    expect(content(server.post(CHAT, chat_body(parts, max_tokens=30))) == content(answer),
           "text parts are not joined")


def streams(server):
    body = chat_body("Tell me a story.", max_tokens=20)
    whole = content(server.post(CHAT, body))
    events = server.events(CHAT, dict(body, stream_options={"include_usage": True}))
    expect(events[0]["choices"][0]["delta"]["role"] == "assistant", "first: %s" % events[0])
    text = "".join(e["choices"][0]["delta"].get("content", "") for e in events if e["choices"])
    expect(text == whole, "streamed %r, not %r" % (text, whole))
    expect(events[-2]["choices"][0]["finish_reason"] == "length", "end: %s" % events[-2])
    expect(events[-1]["choices"] == [] and events[-1]["usage"]["completion_tokens"] == 20,
           "usage: %s" % events[-1])
    events = server.events(TEXT, {"prompt": PROMPT, "temperature": 0, "max_tokens": 7})
    text = "".join(e["choices"][0]["text"] for e in events)
    plain = server.post(TEXT, {"prompt": PROMPT, "temperature": 0, "max_tokens": 7})
    expect(text == plain["choices"][0]["text"], "streamed %r" % text)


def choices(server):
    body = {"prompt": PROMPT, "max_tokens": 9, "seed": 11, "temperature": 1}
    three = [c["text"] for c in server.post(TEXT, dict(body, n=3))["choices"]]
    expect(len(set(three)) > 1, "n answers are all the same: %s" % three)
    alone = [server.post(TEXT, dict(body, seed=11 + i))["choices"][0]["text"] for i in range(3)]
    expect(three == alone, "n=3 gives %s, seeds 11 to 13 %s" % (three, alone))
    listed = server.post(TEXT, dict(body, prompt=[PROMPT, "The fox"]))["choices"]
    expect([c["index"] for c in listed] == [0, 1] and listed[0]["text"] == three[0],
           "prompts in a list: %s" % listed)
    events = server.events(TEXT, dict(body, n=3))
    for index in range(3):
        text = "".join(e["choices"][0]["text"] for e in events if e["choices"][0]["index"] == index)
        expect(text == three[index], "streamed choice %d: %r" % (index, text))


def stops(server):
    body = {"prompt": PROMPT, "temperature": 0, "max_tokens": 40}
    text = server.post(TEXT, body)["choices"][0]["text"]
    for begin, length in ((9, 1), (10, 3), (17, 9)):
        stop = text[begin:begin + length]
        want = text[:text.index(stop)]
        choice = server.post(TEXT, dict(body, stop=[stop, "\u00a7"]))["choices"][0]
        expect(choice["text"] == want and choice["finish_reason"] == "stop",
               "stop %r: %s" % (stop, choice))
        events = server.events(TEXT, dict(body, stop=stop))
        expect("".join(e["choices"][0]["text"] for e in events) == want, "streamed stop %r" % stop)


def sampling(server):
    body = {"prompt": PROMPT, "temperature": 0, "max_tokens": 12}
    plain = server.post(TEXT, dict(body, logprobs=3))["choices"][0]
    probs = plain["logprobs"]
    expect("".join(probs["tokens"]) == plain["text"], "tokens: %s" % probs["tokens"])
    expect(probs["text_offset"][1] == len(probs["tokens"][0]), "offsets: %s" % probs)
    for chosen, top in zip(probs["token_logprobs"], probs["top_logprobs"]):
        expect(len(top) <= 3 and math.isclose(max(top.values()), chosen, abs_tol=1e-5)
               and sum(map(math.exp, top.values())) < 1.0001, "top: %s %s" % (chosen, top))
    entry = server.chat("Hi", max_tokens=1, logprobs=True, top_logprobs=20)
    entry = entry["choices"][0]["logprobs"]["content"][0]
    total = sum(math.exp(t["logprob"]) for t in entry["top_logprobs"])
    expect(len(entry["top_logprobs"]) == 20 and 0.5 < total < 1.0001, "sum of 20: %g" % total)
    banned = server.post(TEXT, dict(body, logit_bias={"300": 100}, max_tokens=3))
    one = server.post(TEXT, {"prompt": [300], "temperature": 0, "max_tokens": 1})
    expect(one["usage"]["prompt_tokens"] == 1, "ids as prompt: %s" % one["usage"])
    texts = banned["choices"][0]["text"]
    expect(texts and texts == texts[:len(texts) // 3] * 3, "bias 100 does not choose: %r" % texts)
    first = server.post(TEXT, dict(body, max_tokens=1))["choices"][0]["text"]
    same = [server.post(TEXT, dict(body, max_tokens=1, logit_bias={
        str(i): -100 for i in range(part, part + 1024)}))["choices"][0]["text"] == first
        for part in range(0, 4096, 1024)]
    expect(sum(same) == 3, "bans of each quarter of the tokens: %s" % same)
    hot = dict(body, temperature=1.9, seed=4)
    expect(server.post(TEXT, hot)["choices"][0]["text"] != plain["text"], "temperature 1.9 is greedy")
    for narrow in ({"top_k": 1}, {"top_p": 1e-6}, {"min_p": 1}):
        text = server.post(TEXT, dict(hot, **narrow))["choices"][0]["text"]
        expect(text == plain["text"], "%s is not greedy: %r" % (narrow, text))
    repeated = server.post(TEXT, dict(body, frequency_penalty=2, presence_penalty=2,
                                      max_tokens=60, logprobs=0))["choices"][0]
    tokens = repeated["logprobs"]["tokens"]
    base = server.post(TEXT, dict(body, max_tokens=60, logprobs=0))["choices"][0]["logprobs"]["tokens"]
    expect(len(set(tokens)) > len(set(base)), "penalties do not thin repetition out")
    for one in ({"frequency_penalty": 2}, {"presence_penalty": 2}, {"repetition_penalty": 3}):
        got = server.post(TEXT, dict(body, max_tokens=60, logprobs=0, **one))["choices"][0]
        expect(got["logprobs"]["tokens"] != base, "%s changes nothing" % one)


def json_answers(server):
    schema = {"type": "object", "additionalProperties": False, "required": ["city", "sizes", "kind"],
              "properties": {"city": {"type": "string", "maxLength": 20},
                             "sizes": {"type": "array", "items": {"type": "integer"},
                                       "minItems": 1, "maxItems": 3},
                             "kind": {"enum": ["town", "village"]},
                             "old": {"$ref": "#/$defs/old"}},
              "$defs": {"old": {"type": ["boolean", "null"]}}}
    wrapped = {"type": "json_schema", "json_schema": {"name": "x", "strict": True, "schema": schema}}
    for seed in range(6):
        answer = server.chat("Describe a town.", response_format=wrapped, temperature=1, seed=seed)
        value = json.loads(content(answer))
        expect(answer["choices"][0]["finish_reason"] == "stop", "JSON did not end")
        expect(isinstance(value["city"], str) and len(value["city"]) <= 20
               and 1 <= len(value["sizes"]) <= 3 and all(type(n) is int for n in value["sizes"])
               and value["kind"] in ("town", "village")
               and set(value) <= {"city", "sizes", "kind", "old"}
               and value.get("old") in (None, True, False), "not by the schema: %s" % value)
    answer = server.chat("Hi", response_format={"type": "json_object"}, max_tokens=20)
    expect(content(answer).startswith("{"), "json_object: %r" % content(answer))
    for bad in ({"type": "string", "pattern": "a"}, {"$ref": "#/$defs/none"}, {"$ref": "#"},
                {"type": "thing"}, {"enum": []}):
        wrapped["json_schema"]["schema"] = bad
        error = server.post(CHAT, chat_body("Hi", response_format=wrapped), 400)["error"]
        expect(error["param"] == "response_format", "schema %s: %s" % (bad, error))


def tools(server):
    """A call in the answer (written here because the schema forces it) arrives
    as one, whole and streamed; other text stays text."""
    function = {"name": "weather", "parameters": {"type": "object", "properties": {}}}
    given = [{"type": "function", "function": function}]
    call = {"name": "weather", "parameters": {"city": "Rome", "days": 3}}
    forced = {"type": "json_schema", "json_schema": {"name": "x", "schema": {"const": call}}}
    body = chat_body("What is the weather?", tools=given, response_format=forced)
    answer = server.post(CHAT, body)["choices"][0]
    message = answer["message"]
    expect(answer["finish_reason"] == "tool_calls" and message["content"] is None,
           "no tool call: %s" % answer)
    made = message["tool_calls"][0]
    expect(made["type"] == "function" and made["id"] and made["function"]["name"] == "weather"
           and json.loads(made["function"]["arguments"]) == call["parameters"], "call: %s" % made)
    events = [e["choices"][0] for e in server.events(CHAT, body)]
    streamed = [e["delta"]["tool_calls"] for e in events if "tool_calls" in e["delta"]]
    expect(len(streamed) == 1 and streamed[0][0]["index"] == 0
           and streamed[0][0]["function"] == made["function"], "streamed call: %s" % events)
    expect(not any(e["delta"].get("content") for e in events), "a call as text: %s" % events)
    expect(events[-1]["finish_reason"] == "tool_calls", "end: %s" % events[-1])
    other = server.post(CHAT, dict(body, tool_choice="none"))["choices"][0]
    expect(json.loads(other["message"]["content"]) == call and other["finish_reason"] == "stop",
           "tool_choice none: %s" % other)
    plain = chat_body("What is the capital of France?", max_tokens=30)
    want, got = server.post(CHAT, plain), server.post(CHAT, dict(plain, tools=given))
    expect(content(want) == content(got), "tools change the text: %s" % content(got))
    streamed = "".join(e["choices"][0]["delta"].get("content", "")
                       for e in server.events(CHAT, dict(plain, tools=given)))
    expect(streamed == content(want), "streamed with tools: %r" % streamed)
    back = chat_body("What is the weather?", tools=given)
    back["messages"] += [{"role": "assistant", "content": None, "tool_calls": [made]},
                         {"role": "tool", "tool_call_id": made["id"], "content": "Sunny."}]
    status = server.request("POST", CHAT, dict(back, max_tokens=4))[0]
    expect(status in (200, 400), "a tool's result: %d" % status)  # the template may refuse roles


def together(server):
    """8 clients at once, greedy and seeded, some prompts long: the answers alone."""
    story = " ".join(["The fox and the owl lived in a quiet town."] * 30)
    bodies = [chat_body((story if i % 3 == 0 else "") + "Tell me a story about a fox, part %d." % i,
                        max_tokens=48, temperature=i % 2, seed=i, logprobs=True) for i in range(8)]
    alone = [server.post(CHAT, body)["choices"] for body in bodies]
    for _ in range(2):
        got = [None] * len(bodies)

        def ask(i):
            got[i] = server.post(CHAT, bodies[i])["choices"]
        threads = [threading.Thread(target=ask, args=(i,)) for i in range(len(bodies))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for i, answer in enumerate(got):
            expect(answer == alone[i], "request %d differs among others: %s, alone %s"
                   % (i, answer and answer[0]["message"], alone[i][0]["message"]))
    counts = server.metrics()
    expect(counts["llmc_rows_total"] > 1.3 * counts["llmc_steps_total"], "no steps were shared")
    expect(counts["llmc_requests_running"] == 0 and counts["llmc_requests_waiting"] == 0,
           "slots are stuck: %s" % counts)


def main():
    server = Server(fable(), "--slots", 4)
    for check in (facts, streams, choices, stops, sampling, json_answers, tools, together):
        check(server)
    expect(server.stop() == 0, "SIGTERM does not end it well")


main()
