"""The Candid page as a person uses it: by labels and buttons, by what can be read on it."""

from __future__ import annotations

import json

from chromium import Page

from kybra_replica.principal import Principal

_FIELD = """
(() => {
  const kinds = ["input", "textarea", "select", "button"];
  const named = (each) => [...each.labels].some((label) => label.innerText.trim() === LABEL) || each.getAttribute("aria-label") === LABEL;
  const shown = [...document.querySelectorAll(kinds.map((kind) => `main form ${kind}`).join())].filter((each) => each.checkVisibility());
  const found = shown.filter(named)[NTH];
  if (!found) return null;
  found.id ||= `found-${Math.random().toString(36).slice(2)}`;
  return `#${found.id}`;
})()
"""


class CandidPage:
    """The page of one canister, or the list of canisters."""

    def __init__(self, page: Page, url: str) -> None:
        self.browser_page = page
        self._url = url

    # where one is ----------------------------------------------------------------------------------------------------

    def open(self, canister: Principal | str | None = None, method: str = "") -> None:
        """The page of a canister, at a method; without a canister, the list."""
        query = "" if canister is None else f"?id={canister}"
        self.browser_page.open(f"{self._url}/_/candid{query}{'#' + method if method else ''}")
        if method:
            self.browser_page.wait(f"document.querySelector('main h1')?.innerText === {json.dumps(method)}")

    def text(self, selector: str = "main") -> str:
        return self.browser_page.text(selector)

    # the form --------------------------------------------------------------------------------------------------------

    def enter(self, label: str, text: str, *, nth: int = 0) -> None:
        """Put `text` into the field with that label."""
        self.browser_page.type(self._field(label, nth), text)

    def flip(self, label: str, *, nth: int = 0) -> None:
        """Press the switch, or the button, with that label."""
        self.browser_page.click(self._field(label, nth))

    def choose(self, label: str, option: str, *, nth: int = 0) -> None:
        """Choose one of the options of a field."""
        field = f"document.querySelector({json.dumps(self._field(label, nth))})"
        found = f"[...{field}.options].findIndex((option) => option.text === {json.dumps(option)})"
        self.browser_page.run(f"{field}.selectedIndex = {found}; {field}.dispatchEvent(new Event('change'))")

    def _field(self, label: str, nth: int) -> str:
        """A selector of the control with that label, or with that name for those who do not see."""
        return str(self.browser_page.wait(_FIELD.replace("LABEL", json.dumps(label)).replace("NTH", str(nth))))

    def send(self) -> None:
        """Press the button that makes the call, and wait for its outcome."""
        self._forget_outcome()
        self.browser_page.click("main button.primary")
        self.wait_for_outcome()

    def send_by_keys(self) -> None:
        """The same with Ctrl and Enter, where the focus is."""
        self._forget_outcome()
        self.browser_page.press("Enter", ctrl=True)
        self.wait_for_outcome()

    def _forget_outcome(self) -> None:
        self.browser_page.run("document.querySelector('main .result')?.remove()")

    def wait_for_outcome(self) -> None:
        self.browser_page.wait("document.querySelector('main .result:not(.waiting)')")

    # the outcome -----------------------------------------------------------------------------------------------------

    def reply(self) -> str:
        """The reply as it is shown."""
        return self.text("main .result.replied .value")

    def proof(self) -> str:
        return self.text("main .result .proof")

    def problem(self) -> dict[str, str]:
        """What is said of a problem: its title, its message, and the facts by name."""
        found = {"title": self.text("main .result.problem h2")}
        names = self.browser_page.texts("main .result.problem dt")
        values = self.browser_page.texts("main .result.problem dd")
        messages = self.browser_page.texts("main .result.problem .message")
        return {**found, **({"message": messages[0]} if messages else {}), **dict(zip(names, values, strict=True))}

    def complaints(self) -> list[str]:
        """What the form says is wrong with what was entered."""
        return [text for text in self.browser_page.texts("main form .complaint:not([hidden])") if text]

    def copied(self, button: str) -> str:
        """What a button of the outcome copies."""
        self.browser_page.click("main .result .actions button", button)
        self.browser_page.wait("[...document.querySelectorAll('main .result .actions button')].some((each) => each.innerText === 'Copied')")
        return self.browser_page.clipboard()

    # who calls -------------------------------------------------------------------------------------------------------

    def caller(self) -> str:
        """The name of who calls."""
        return self.text(".identity-button .who")

    def make_identity(self, name: str) -> Principal:
        """Make an identity, which is selected at once; its principal."""
        self._open_menu()
        self.browser_page.type(".panel .new input", name)
        self.browser_page.click(".panel .new button")
        self.browser_page.wait(f"document.querySelector('.identity-button .who').innerText === {json.dumps(name)}")
        principal = self.text(".identity-item:has(input:checked) code")
        self._close_menu()
        return Principal.from_text(principal)

    def identities(self) -> list[str]:
        """The names of all."""
        self._open_menu()
        names = self.browser_page.texts(".identity-item .who")
        self._close_menu()
        return names

    def select_identity(self, name: str) -> None:
        self._open_menu()
        self.browser_page.click(".identity-item label", name)
        self.browser_page.wait(f"document.querySelector('.identity-button .who').innerText === {json.dumps(name)}")
        self._close_menu()

    def forget_identity(self, name: str) -> None:
        """Press the button that forgets an identity, and once more where it asks."""
        self._open_menu()
        position = self.browser_page.texts(".identity-item .who").index(name) + 1
        button = f".identity-item:nth-child({position}) .actions button"
        self.browser_page.click(button, "Forget")
        self.browser_page.click(button, "Really forget?")
        names = "[...document.querySelectorAll('.identity-item .who')].map((each) => each.innerText)"
        self.browser_page.wait(f"!{names}.includes({json.dumps(name)})")
        self._close_menu()

    def _open_menu(self) -> None:
        self.browser_page.click(".identity-button")
        self.browser_page.wait("document.querySelector('.panel').matches(':popover-open')")

    def _close_menu(self) -> None:
        self.browser_page.press("Escape")
        self.browser_page.wait("!document.querySelector('.panel').matches(':popover-open')")
