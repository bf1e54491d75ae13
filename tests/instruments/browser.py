"""TensorBoard's tab in headless Chromium, driven over its debugging port with the standard library alone."""

import base64
import contextlib
import itertools
import json
import os
import re
import shutil
import socket
import struct
import subprocess
import sys
import time
import urllib.request
from urllib.parse import urlsplit

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


class Navigated(Exception):
    """A page was left while it was asked."""


class Page:
    """A page of a browser of its own; use it in a `with`.

    Args:
        url: what it shows.
        folder: a directory for the browser's profile.
    """

    def __init__(self, url, folder, size=(1300, 1000)):
        flags = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--remote-debugging-port=0",
            "--remote-allow-origins=*",
        ]
        flags += [f"--user-data-dir={folder}", f"--window-size={size[0]},{size[1]}", "--no-first-run"]
        self._process = subprocess.Popen([CHROMIUM, *flags, url], stderr=subprocess.PIPE, text=True)
        self._numbers = itertools.count(1)
        for line in self._process.stderr:
            if found := re.search(r"ws://127.0.0.1:(\d+)/", line):
                break
        else:
            raise RuntimeError("the browser ended before it could be asked")
        self._socket = self._connect(int(found[1]))

    def _connect(self, port):
        deadline = time.time() + 60
        while time.time() < deadline:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/json") as answer:
                pages = [target for target in json.load(answer) if target["type"] == "page"]
            if pages:
                break
            time.sleep(0.2)
        where = urlsplit(pages[0]["webSocketDebuggerUrl"])
        connection = socket.create_connection((where.hostname, where.port), timeout=120)
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [f"GET {where.path} HTTP/1.1", f"Host: {where.netloc}", "Upgrade: websocket", "Connection: Upgrade"]
        lines += [f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13", "", ""]
        connection.sendall("\r\n".join(lines).encode())
        head = b""
        while b"\r\n\r\n" not in head:
            head += connection.recv(1)
        assert b" 101 " in head
        return connection

    def ask(self, method, **parameters):
        """The result of a method of the DevTools protocol."""
        number = next(self._numbers)
        data = json.dumps({"id": number, "method": method, "params": parameters}).encode()
        mask = os.urandom(4)
        count = len(data)
        form = "" if count < 126 else ">H" if count < 65536 else ">Q"
        length = bytes([0x80 | {"": count, ">H": 126, ">Q": 127}[form]]) + (struct.pack(form, count) if form else b"")
        self._socket.sendall(b"\x81" + length + mask + bytes(byte ^ mask[k % 4] for k, byte in enumerate(data)))
        while True:
            answer = json.loads(self._message())
            if answer.get("id") == number:
                if "navigated" in answer.get("error", {}).get("message", ""):
                    raise Navigated(method)
                assert "error" not in answer, answer
                return answer["result"]

    def _message(self):
        parts = b""
        while True:
            first, second = self._read(2)
            length = second & 127
            if length > 125:
                length = int.from_bytes(self._read(2 if length == 126 else 8), "big")
            parts += self._read(length)
            if first & 0x80:
                return parts

    def _read(self, count):
        data = b""
        while len(data) < count:
            data += self._socket.recv(count - len(data))
        return data

    def run(self, script):
        """The value of a JavaScript expression, a promise awaited."""
        result = self.ask("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def wait(self, script, seconds=90):
        """Wait until an expression is true."""
        deadline = time.time() + seconds
        while not self._is_true(script):
            assert time.time() < deadline, f"never true: {script}"
            time.sleep(0.1)

    def _is_true(self, script):
        """Whether an expression is true; of a page that is being left it is not."""
        try:
            return self.run(script)
        except Navigated:
            return False

    def screenshot(self, path):
        path.write_bytes(base64.b64decode(self.ask("Page.captureScreenshot", format="png")["data"]))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()
        self._process.kill()
        self._process.wait()
        self._process.stderr.close()

    def choose(self, key, value):
        """Set a control of the tab as a user does."""
        event = "input" if key in ("step", "opacity", "percentile") else "change"
        self.run(
            f"(() => {{ const c = document.getElementById('{key}'); c.value = {value!r}; "
            f"c.dispatchEvent(new Event('{event}')); }})()"
        )


@contextlib.contextmanager
def open_tab(root, folder, **environment):
    """The tab Saliency of a TensorBoard on a log directory.

    Args:
        root: The log directory.
        folder: A directory for the browser's profile.
        environment: Variables of TensorBoard's process.
    """
    command = [sys.executable, "-m", "tensorboard.main", "--logdir", str(root), "--port", "0", "--load_fast=false"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", **environment}
    server = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)
    try:
        address = next(line.split(" at ")[1].split()[0] for line in server.stderr if " at http" in line)
        with urllib.request.urlopen(f"{address}data/plugins_listing") as answer:
            assert b'"kerasal"' in answer.read()
        with Page(f"{address}data/plugin_entry.html?name=kerasal", folder) as page:
            page.wait("document.querySelectorAll('.pane').length === 1")
            page.address, page.root = address, root
            yield page
    finally:
        server.kill()
        server.wait()
        server.stderr.close()
