#!/usr/bin/env python3
"""Makes docs/phone.png: the phone page in the middle of a conversation, by headless Chromium.

Needs chromium and a built binary: docs/phone.py [target/release/replytree]
"""
import json, re, subprocess, sys, tempfile, threading, urllib.error, urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BINARY = sys.argv[1] if len(sys.argv) > 1 else str(ROOT / "target/release/replytree")
SERVER, LEAD = "127.0.0.1:18765", "+13125550143"


def call(path, body=None, cookie=""):
    data = json.dumps(body).encode() if body is not None else None
    headers = {"content-type": "application/json", "cookie": cookie}
    return urllib.request.urlopen(urllib.request.Request(f"http://{SERVER}{path}", data, headers))


def text(words):
    body = {"id": words, "from": LEAD, "to": "+13125550100", "text": words}
    call("/hooks/main/inbound", body).read()
    call("/sandbox/clock", {"advance": "1m"}).read()


def signed_in(cookie):
    """Passes the page on as somebody signed in; without the stream, which would keep Chromium waiting."""

    class Pass(BaseHTTPRequestHandler):
        def do_GET(self):
            try:
                if self.path.startswith("/v1/stream"):
                    return self.send_error(404)
                answer = call(self.path, cookie=cookie)
            except urllib.error.HTTPError as error:
                return self.send_error(error.code)
            self.send_response(answer.status)
            self.send_header("content-type", answer.headers["content-type"])
            self.end_headers()
            self.wfile.write(answer.read())

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Pass)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


serve = [BINARY, "--workspace", str(ROOT / "flows"), "--db", "memory:", "serve", "--listen", SERVER]
running = subprocess.Popen(serve, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
try:
    running.stdout.readline()
    link = re.search(r"/sign-in/\S+", running.stdout.readline()).group()
    cookie = call(link).headers["set-cookie"].split(";")[0]
    for words in ["DRIVE", "yes please", "about 25k"]:
        text(words)
    port = signed_in(cookie)
    with tempfile.TemporaryDirectory() as profile:
        page = f"http://127.0.0.1:{port}/phone?phone={LEAD.replace('+', '%2B')}&flow=test-drive"
        flags = "--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking "
        flags += "--force-prefers-reduced-motion"
        look = ["chromium", *flags.split(), "--hide-scrollbars", f"--user-data-dir={profile}"]
        look += ["--window-size=1440,900", "--virtual-time-budget=9000"]
        look += [f"--screenshot={ROOT / 'docs/phone.png'}", page]
        subprocess.run(look, check=True, timeout=120, capture_output=True)
finally:
    running.terminate()
print("wrote docs/phone.png")
