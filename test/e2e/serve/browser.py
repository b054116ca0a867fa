# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The page in a headless Chromium: asks, sees the answer stream and its numbers,
stops a long answer, asks again, reloads, narrow and dark. Skipped, with a
message and exit code 77, where chromium or its driver is missing:
browser.py BIN [SCREENSHOT.png]."""
import atexit
import base64
import http.client
import json
import os
import shutil
import subprocess
import sys
import time

from server import Server, expect, fable, scratch

OPTIONS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
           "--disable-background-networking", "--disable-component-update", "--disable-sync",
           "--no-proxy-server", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
# What is said of an element that the page draws anew between find and use.
PASSING = ("stale element reference", "no such element", "element not interactable",
           "element click intercepted")


class BrowserError(Exception):
    pass


class Browser:
    def __init__(self):
        self.driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE, text=True)
        atexit.register(self.driver.kill)
        for line in self.driver.stdout:
            if "successfully on port" in line:
                self.port = int(line.rstrip(".\n").rsplit(" ", 1)[1])
                break
        options = {"args": OPTIONS + ["--user-data-dir=" + scratch(), "--window-size=900,760"]}
        made = self.call("POST", "/session", {"capabilities": {"alwaysMatch": {
            "browserName": "chrome", "goog:chromeOptions": options,
            "goog:loggingPrefs": {"browser": "ALL"}}}}, "")
        self.session = "/session/" + made["sessionId"]

    def call(self, method, path, body=None, session=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(method, (self.session if session is None else session) + path,
                           None if body is None else json.dumps(body))
        value = json.loads(connection.getresponse().read())["value"]
        if isinstance(value, dict) and "error" in value:
            raise BrowserError(value["error"], value["message"])
        return value

    def script(self, text, *arguments):
        return self.call("POST", "/execute/sync", {"script": text, "args": list(arguments)})

    def act(self, selector, action, body, seconds=10):
        """Finds an element and does something with it, again where it is not
        there yet or was drawn anew meanwhile."""
        end = time.monotonic() + seconds
        while True:
            try:
                found = self.call("POST", "/element", {"using": "css selector", "value": selector})
                return self.call("POST", "/element/%s/%s" % (found[ELEMENT], action), body)
            except BrowserError as error:
                if error.args[0] not in PASSING or time.monotonic() > end:
                    raise
                time.sleep(0.02)

    def type(self, selector, text):
        self.act(selector, "value", {"text": text})

    def click(self, selector):
        self.act(selector, "click", {})

    def wait(self, condition, seconds=30):
        """Until a JavaScript expression is true; gives its value."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            value = self.script("return " + condition)
            if value:
                return value
            time.sleep(0.02)
        return expect(False, "page: never true: " + condition + "\n"
                      + self.script("return document.body.innerText"))

    def close(self):
        self.call("DELETE", "")
        self.driver.terminate()


IDLE = "document.getElementById('stop').hidden"
LAST = "[...document.querySelectorAll('.assistant .text')].at(-1)?.textContent"
NUMBERS = "[...document.querySelectorAll('.numbers')].at(-1)?.textContent"


def settings(browser, **values):
    browser.click("#open-settings")
    for name, value in values.items():
        browser.script("document.getElementById(arguments[0]).value = ''", name)
        browser.type("#" + name, value)
    browser.click("#close-settings")


def conversation(browser):
    settings(browser, temperature="0", price="0.64")
    browser.type("#question", "What is the capital of France?\ue007")
    browser.wait(LAST + "?.includes('Paris')")
    browser.wait(IDLE)
    numbers = browser.wait(NUMBERS)
    for part in ("first token", "tokens/s", " tokens", "per million tokens"):
        expect(part in numbers, "numbers without %r: %s" % (part, numbers))
    browser.type("#question", "Tell me a story about a fox.")
    browser.click("#send")
    seen = len(browser.wait(LAST + "?.length > 20 && " + LAST))
    browser.wait("%s || %s.length > %d" % (IDLE, LAST, seen))
    browser.wait(IDLE)


def stop_and_again(browser, server):
    settings(browser, max_tokens="700", temperature="1.5")
    browser.script("""
        const send = window.fetch;  // end tokens are banned: the answer is long
        window.fetch = (url, options) => send(url, options && {...options, body:
          JSON.stringify({...JSON.parse(options.body), logit_bias: {4089: -100, 4092: -100}})});""")
    browser.type("#question", "Tell me a very long story.")
    browser.script("""
        const text = () => document.querySelectorAll('.assistant').length;
        const wanted = text() + 1;
        new MutationObserver(() => {
          const last = [...document.querySelectorAll('.assistant .text')].at(-1);
          if (text() === wanted && last.textContent.length > 5) document.getElementById('stop').click();
        }).observe(document.getElementById('turns'), {childList: true, subtree: true});""")
    browser.click("#send")
    browser.wait(NUMBERS + "?.includes('stopped')")
    end = time.monotonic() + 5
    while server.metrics()["llmc_requests_running"] and time.monotonic() < end:
        time.sleep(0.02)
    expect(server.metrics()["llmc_requests_running"] == 0, "stop does not stop the server")
    count = browser.script("return document.querySelectorAll('.turn').length")
    browser.call("POST", "/refresh", {})
    browser.wait("document.querySelectorAll('.turn').length === %d" % count)
    settings(browser, max_tokens="12", temperature="0")
    browser.click(".regenerate")
    browser.wait("!document.body.innerText.includes('stopped') && " + IDLE + " && " + LAST)
    expect(browser.script("return document.querySelectorAll('.turn').length") == count,
           "regenerate adds a turn")
    # The system prompt is part of what is sent: the prompt has more tokens.
    counts = "parseInt(/(\\d+) \\+ \\d+ tokens/.exec(%s)?.[1])" % NUMBERS
    before = browser.wait(counts)
    settings(browser, system="Answer as a pirate who is afraid of water.")
    browser.click(".regenerate")
    browser.wait("%s > %d && %s" % (counts, before + 4, IDLE))


def markdown(browser):
    """Markup becomes elements, HTML in an answer stays text."""
    text = ("# A\n**b** `c<d` *e* <img src=x onerror=alert(1)>\n\n- f\n- g\n\n"
            "```\nh <i>\n```\n| a | b |\n|---|---|\n| 1 | 2 |\n[l](javascript:alert(1)) [m](https://n.example/)")
    made = browser.script("const box = document.createElement('div'); markdown(box, arguments[0]);"
                          "return box.innerHTML", text)
    for part in ("<strong>b</strong>", "<code>c&lt;d</code>", "<em>e</em>", "&lt;img", "<li>g</li>",
                 "<pre><code>h &lt;i&gt;</code></pre>", "<td>2</td>", 'href="https://n.example/"'):
        expect(part in made, "markdown without %s: %s" % (part, made))
    expect("<img" not in made and 'href="javascript' not in made, "unsafe: " + made)


def looks(browser):
    browser.call("POST", "/goog/cdp/execute", {"cmd": "Emulation.setDeviceMetricsOverride", "params": {
        "width": 360, "height": 640, "deviceScaleFactor": 2, "mobile": True}})
    wide = browser.script("return document.documentElement.scrollWidth")
    expect(wide <= 360, "%d pixels wide on a phone" % wide)
    browser.call("POST", "/goog/cdp/execute", {"cmd": "Emulation.clearDeviceMetricsOverride", "params": {}})
    colours = []
    for scheme in ("light", "dark"):
        browser.call("POST", "/goog/cdp/execute", {"cmd": "Emulation.setEmulatedMedia", "params": {
            "features": [{"name": "prefers-color-scheme", "value": scheme}]}})
        colours.append(browser.script("return getComputedStyle(document.body).backgroundColor"))
    expect(colours[0] != colours[1], "dark mode looks like light mode: %s" % colours)


def main():
    if not shutil.which("chromium") or not shutil.which("chromedriver"):
        print("skipped: the Debian packages chromium and chromium-driver are not installed")
        sys.exit(77)
    server = Server(fable())
    browser = Browser()
    browser.call("POST", "/url", {"url": "http://127.0.0.1:%d/" % server.port})
    browser.wait("document.title === 'fable'")
    conversation(browser)
    if len(sys.argv) > 2:
        with open(sys.argv[2], "wb") as file:
            file.write(base64.b64decode(browser.call("GET", "/screenshot")))
        expect(os.path.getsize(sys.argv[2]) < 200000, "the screenshot is too large")
    markdown(browser)
    stop_and_again(browser, server)
    looks(browser)
    log = [entry for entry in browser.call("POST", "/se/log", {"type": "browser"})
           if entry["level"] == "SEVERE"]
    expect(not log, "errors in the console: %s" % log)
    browser.close()
    expect(server.stop() == 0, "SIGTERM does not end it well")


main()
