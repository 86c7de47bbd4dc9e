#!/usr/bin/env python3
"""Makes the pictures of the console in docs/: the phone, the inbox, a flow live, and its figures.

Needs chromium, chromedriver and a built binary: docs/pictures.py [target/debug/replytree]
"""
import base64, json, re, subprocess, sys, time, urllib.parse, urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BINARY = sys.argv[1] if len(sys.argv) > 1 else str(ROOT / "target/release/replytree")
FLAGS = """--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking
--hide-scrollbars --force-prefers-reduced-motion --window-size=1440,900""".split()
NAMES = "Ada Grace Alan Edsger Barbara Donald Frances John Margaret Niklaus Radia Tim Katherine Dennis".split()
SERVER, DRIVER = "http://127.0.0.1:18765", "http://127.0.0.1:18766"


def call(url, body=None, method=None, headers={}):
    data = json.dumps(body).encode() if body is not None else None
    headers = {"content-type": "application/json", **headers}
    asked = urllib.request.Request(url, data, headers, method=method)
    with urllib.request.urlopen(asked) as answer:
        return json.loads(answer.read() or b"null")


class Browser:
    """One window, by the calls of the W3C's WebDriver."""

    def __init__(self):
        options = {"goog:chromeOptions": {"args": FLAGS}}
        asked = {"capabilities": {"alwaysMatch": options}}
        self.url = DRIVER + "/session/" + call(DRIVER + "/session", asked)["value"]["sessionId"]

    def do(self, what, body):
        return call(f"{self.url}/{what}", body)["value"]

    def open(self, path, settle=1.5):
        self.do("url", {"url": SERVER + path})
        time.sleep(settle)

    def run(self, script):
        return self.do("execute/sync", {"script": script, "args": []})

    def look(self, **emulated):
        for command, params in emulated.items():
            self.do("goog/cdp/execute", {"cmd": f"Emulation.{command}", "params": params})

    def keep(self, name):
        picture = call(self.url + "/screenshot")["value"]
        (ROOT / "docs" / name).write_bytes(base64.b64decode(picture))
        print("wrote docs/" + name)


def text(number, words, wait="20s"):
    body = {"id": number + words + wait, "from": number, "to": "+13125550100", "text": words}
    call(SERVER + "/hooks/main/inbound", body)
    call(SERVER + "/sandbox/clock", {"advance": wait})


def post(browser, path, body):
    """By the page itself, as who is signed in."""
    script = """const [path, body, done] = arguments;
        fetch(path, { method: 'POST', headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body) }).then(r => r.json()).then(done)"""
    return browser.do("execute/async", {"script": script, "args": [path, body]})


def hot(browser):
    script = """const done = arguments[0];
        fetch('/v1/handoffs?status=open').then(r => r.json()).then(done)"""
    return browser.do("execute/async", {"script": script, "args": []})["data"]


def enroll(browser, number, name, model):
    consent = {"kind": "marketing", "source": "web form", "wording": "Text me about my test drive."}
    lead = {"phone": number, "name": name, "fields": {"model": model}, "consent": consent}
    post(browser, "/v1/enrollments", {"flow": "test-drive", "lead": lead})


def days_of_leads(browser):
    """Two weeks of leads; Dana and Lee call most of the hot ones."""
    says = ["1", "2", "yes please", "STOP", "maybe later", "1", None, "yes"]
    for n, name in enumerate(NAMES * 5):
        number = f"+131255501{n + 10:02}"
        enroll(browser, number, name, ["Aster", "Borealis", "Comet"][n % 3])
        words, last = says[n % len(says)], n >= len(NAMES) * 5 - 8
        wait = "1m" if last else f"{2 + n % 5 * 2}h"
        if words:
            text(number, words)
        if words in ("1", "yes please", "yes"):
            text(number, ["about 25k", "30000", "40k"][n % 3])
            if not last:
                call(SERVER + "/sandbox/clock", {"advance": f"{1 + n % 4}m"})
                for handoff in hot(browser):
                    path, agent = f"/v1/handoffs/{handoff['id']}", ["Dana", "Lee"][n % 2]
                    post(browser, path + "/claim", {"agent": agent})
                    call(SERVER + "/sandbox/clock", {"advance": "3m"})
                    outcome = "no_answer" if n % 4 == 0 else "reached"
                    post(browser, path + "/resolve", {"outcome": outcome, "agent": agent})
        call(SERVER + "/sandbox/clock", {"advance": wait})


serve = [BINARY, "--workspace", str(ROOT / "flows"), "--db", "memory:"]
serve += ["serve", "--listen", "127.0.0.1:18765"]
running = subprocess.Popen(serve, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
driver = subprocess.Popen(["chromedriver", "--port=18766"], stdout=subprocess.DEVNULL)
try:
    running.stdout.readline()
    link = re.search(r"/sign-in/\S+", running.stdout.readline()).group()
    time.sleep(1)
    browser = Browser()
    size = {"width": 1440, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    browser.look(setDeviceMetricsOverride=size)
    browser.open(link)
    for words in ["DRIVE", "yes please", "about 25k"]:
        text("+13125550143", words, "1m")
    browser.open("/phone?phone=%2B13125550143&flow=test-drive", 4)
    browser.keep("phone.png")
    days_of_leads(browser)
    browser.open("/inbox")
    browser.run("document.querySelector('#queue .item').click()")
    time.sleep(1)
    browser.keep("inbox.png")
    browser.open("/flows/test-drive", 2.5)
    browser.keep("flow.png")
    browser.look(setEmulatedMedia={"features": [{"name": "prefers-color-scheme", "value": "dark"}]})
    browser.open("/figures/test-drive", 2)
    browser.keep("figures.png")
finally:
    running.terminate()
    driver.terminate()
