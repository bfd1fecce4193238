"""A headless Chromium, driven through the pipe that it opens for debuggers. Nothing but the standard library is needed."""

from __future__ import annotations

import base64
import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

TIMEOUT_S = 20
_FLAGS = (
    "--headless=new",
    "--remote-debugging-pipe",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-extensions",
    "--no-default-browser-check",
    "--no-first-run",
    "--hide-scrollbars",
    "--lang=en",
    "about:blank",
)
# Chromium reads commands from descriptor 3 and answers on 4; this puts the pipes there and becomes Chromium.
_LAUNCHER = (
    "import fcntl, os, sys\n"
    "high = [fcntl.fcntl(int(number), fcntl.F_DUPFD, 10) for number in sys.argv[1:3]]\n"
    "os.dup2(high[0], 3), os.dup2(high[1], 4)\n"
    "os.execv(sys.argv[3], sys.argv[3:])\n"
)
_WAIT = """
new Promise((resolve, reject) => {
  let over = false;
  const finish = (settle, value) => { over = true; observer.disconnect(); clearTimeout(timer); settle(value); };
  const look = () => {
    let found = false;
    try { found = (CONDITION); } catch (error) { /* not there yet */ }
    if (found && !over) finish(resolve, found);
  };
  const observer = new MutationObserver(look);
  observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
  const fail = () => finish(reject, new Error("it did not happen; the page says: " + document.body.innerText));
  const timer = setTimeout(fail, MILLISECONDS);
  look();
})
"""
_PLACE = """
(() => {
  const seen = [...document.querySelectorAll(SELECTOR)].filter((each) => each.checkVisibility());
  const found = seen.find((each) => each.innerText.includes(TEXT));
  if (!found) return null;
  found.scrollIntoView({ block: "center", behavior: "instant" });
  const box = found.getBoundingClientRect();
  return [box.x + box.width / 2, box.y + box.height / 2];
})()
"""
_FOCUS = """
(() => {
  const found = document.querySelector(SELECTOR);
  found?.focus();
  found?.select?.();
  return found !== null;
})()
"""
_KEYS = {"Enter": ("Enter", 13, "\r"), "Tab": ("Tab", 9, ""), "Escape": ("Escape", 27, ""), " ": ("Space", 32, " ")}


class PageFailed(AssertionError):
    """The page did not do what it was asked to."""


class Chromium:
    """A running browser."""

    def __init__(self, program: Path, profile: Path) -> None:
        commands, self._out = os.pipe()
        self._in, answers = os.pipe()
        arguments = [sys.executable, "-c", _LAUNCHER, str(commands), str(answers), str(program), f"--user-data-dir={profile}", *_FLAGS]
        self._process = subprocess.Popen(arguments, pass_fds=(commands, answers), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(commands)
        os.close(answers)
        self._count = 0
        self._buffer = b""
        self.events: list[dict[str, Any]] = []

    def command(self, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        """Send a command and wait for its result. Raises PageFailed for an error, TimeoutError when nothing comes."""
        self._count += 1
        message = {"id": self._count, "method": method, "params": parameters, **({"sessionId": session} if session else {})}
        os.write(self._out, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + TIMEOUT_S + 10
        while True:
            answer = self._next(deadline)
            if answer.get("id") != self._count:
                self.events.append(answer)
            elif "error" in answer:
                raise PageFailed(f"{method}: {answer['error']['message']}")
            else:
                return answer["result"]

    def wait_for_event(self, method: str, session: str) -> dict[str, Any]:
        """The next event of that name."""
        deadline = time.monotonic() + TIMEOUT_S
        while True:
            for position, event in enumerate(self.events):
                if event.get("method") == method and event.get("sessionId") == session:
                    return self.events.pop(position)["params"]
            self.events.append(self._next(deadline))

    def _next(self, deadline: float) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._in], [], [], max(0, deadline - time.monotonic()))
            if not ready:
                raise TimeoutError("Chromium does not answer")
            piece = os.read(self._in, 1 << 20)
            if not piece:
                raise PageFailed("Chromium has ended")
            self._buffer += piece
        message, _, self._buffer = self._buffer.partition(b"\0")
        return json.loads(message)

    @contextmanager
    def page(self, *, width: int = 1280, height: int = 860, dark: bool = False) -> Iterator[Page]:
        """A page of its own, with storage of its own."""
        context = self.command("Target.createBrowserContext")["browserContextId"]
        target = self.command("Target.createTarget", url="about:blank", browserContextId=context)["targetId"]
        session = self.command("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(self, session, context)
        page.prepare(width, height, dark=dark)
        try:
            yield page
        finally:
            self.command("Target.disposeBrowserContext", browserContextId=context)

    def close(self) -> None:
        """End it."""
        try:
            self.command("Browser.close")
            self._process.wait(timeout=TIMEOUT_S)
        finally:
            self._process.kill()
            self._process.wait()
            os.close(self._out)
            os.close(self._in)


class Page:
    """A page in the browser, used as a person would: by pointer and keys."""

    def __init__(self, browser: Chromium, session: str, context: str) -> None:
        self._browser = browser
        self._session = session
        self._context = context

    def prepare(self, width: int, height: int, *, dark: bool) -> None:
        """Open the parts of the protocol that are used."""
        for domain in ("Page", "Runtime", "Log"):
            self._do(f"{domain}.enable")
        self.resize(width, height)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._do("Emulation.setEmulatedMedia", features=[scheme, {"name": "prefers-reduced-motion", "value": "reduce"}])

    def _do(self, method: str, **parameters: Any) -> dict[str, Any]:
        return self._browser.command(method, self._session, **parameters)

    def resize(self, width: int, height: int) -> None:
        self._do("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def open(self, url: str) -> None:
        """Load an address and wait until it is there; one that differs after the # alone loads nothing."""
        self._forget("Page.loadEventFired")
        if "loaderId" in self._do("Page.navigate", url=url):
            self._browser.wait_for_event("Page.loadEventFired", self._session)
        self.wait(f"location.href === {json.dumps(url)}")

    def reload(self) -> None:
        """Load the page anew."""
        self._forget("Page.loadEventFired")
        self._do("Page.reload")
        self._browser.wait_for_event("Page.loadEventFired", self._session)

    def _forget(self, method: str) -> None:
        events = self._browser.events
        events[:] = [event for event in events if event.get("method") != method or event.get("sessionId") != self._session]

    def run(self, expression: str) -> Any:
        """The value of a JavaScript expression; a promise is waited for. Raises PageFailed for what it throws."""
        answer = self._do("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True, userGesture=True)
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise PageFailed(details.get("exception", {}).get("description", details["text"]))
        return answer["result"].get("value")

    def wait(self, condition: str) -> Any:
        """Wait until a JavaScript expression is true, and give its value. Raises PageFailed after a while."""
        return self.run(_WAIT.replace("CONDITION", condition).replace("MILLISECONDS", str(TIMEOUT_S * 1000)))

    def text(self, selector: str) -> str:
        """What an element shows, once it is there."""
        return str(self.wait(f"document.querySelector({json.dumps(selector)})?.innerText"))

    def texts(self, selector: str) -> list[str]:
        """What all elements show that can be seen now."""
        visible = f"[...document.querySelectorAll({json.dumps(selector)})].filter((each) => each.checkVisibility())"
        return list(self.run(f"{visible}.map((each) => each.innerText)"))

    def click(self, selector: str, text: str = "") -> None:
        """Point at an element, found by its selector and its text, and click."""
        x, y = self.wait(_PLACE.replace("SELECTOR", json.dumps(selector)).replace("TEXT", json.dumps(text)))
        for kind in ("mousePressed", "mouseReleased"):
            self._do("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def type(self, selector: str, text: str) -> None:
        """Put `text` in the place of what a field holds, as if typed."""
        self.wait(_FOCUS.replace("SELECTOR", json.dumps(selector)))
        if text:
            self._do("Input.insertText", text=text)
        else:
            self.press("Backspace")

    def press(self, key: str, *, ctrl: bool = False) -> None:
        """Press and release a key where the focus is."""
        code, number, letters = _KEYS.get(key, (key, {"Backspace": 8}.get(key, ord(key[0].upper())), key if len(key) == 1 else ""))
        common = {"key": key, "code": code, "windowsVirtualKeyCode": number, "modifiers": 2 if ctrl else 0}
        self._do("Input.dispatchKeyEvent", type="keyDown", text="" if ctrl else letters, **common)
        self._do("Input.dispatchKeyEvent", type="keyUp", **common)

    def choose_file(self, selector: str, path: Path) -> None:
        """Choose a file in a file field."""
        node = self._do("Runtime.evaluate", expression=f"document.querySelector({json.dumps(selector)})")["result"]["objectId"]
        self._do("DOM.setFileInputFiles", files=[str(path)], objectId=node)

    def allow_clipboard(self, origin: str) -> None:
        """Let the page of `origin` use the clipboard without asking."""
        permissions = ["clipboardReadWrite", "clipboardSanitizedWrite"]
        self._browser.command("Browser.grantPermissions", browserContextId=self._context, origin=origin, permissions=permissions)

    def clipboard(self) -> str:
        return str(self.run("navigator.clipboard.readText()"))

    def accessibility(self) -> list[dict[str, str]]:
        """What those who do not see are told: the role and the name of every element that takes part."""
        nodes = self._do("Accessibility.getFullAXTree")["nodes"]
        parts = [node for node in nodes if not node["ignored"]]
        return [{part: str(node.get(part, {}).get("value", "")) for part in ("role", "name")} for node in parts]

    def picture(self, path: Path) -> None:
        """Write what the page looks like as PNG."""
        answer = self._do("Page.captureScreenshot", format="png")
        path.write_bytes(base64.b64decode(answer["data"]))

    def complaints(self) -> list[str]:
        """What the browser wrote to its console as errors, and what the page threw, so far."""
        mine = [(event["method"], event["params"]) for event in self._browser.events if event.get("sessionId") == self._session]
        logged = [said["entry"]["text"] for method, said in mine if method == "Log.entryAdded" and said["entry"]["level"] == "error"]
        thrown = [said["exceptionDetails"]["text"] for method, said in mine if method == "Runtime.exceptionThrown"]
        printed = [str(said["args"]) for method, said in mine if method == "Runtime.consoleAPICalled" and said["type"] == "error"]
        return logged + thrown + printed
