/** The menu in which one chooses who calls. */

import { copyButton, fill, freshId, h } from "../dom";
import { ANONYMOUS, type Caller, type Identities } from "../network/identities";

export class IdentityMenu {
  readonly element: HTMLElement;
  readonly #identities: Identities;
  readonly #button: HTMLButtonElement;
  readonly #panel = h("div", { class: "panel", id: freshId("identities"), popover: "auto", role: "dialog", "aria-label": "Who calls" });
  readonly #list = h("div", { class: "identities", role: "radiogroup", "aria-label": "Identity" });
  readonly #name = h("input", { type: "text", "aria-label": "Name of the new identity", maxlength: 40, autocomplete: "off" });
  readonly #complaint = h("p", { class: "complaint", id: freshId("complaint"), role: "alert", hidden: true });

  constructor(identities: Identities) {
    this.#identities = identities;
    this.#button = h("button", { type: "button", class: "identity-button", popovertarget: this.#panel.id });
    const form = h("form", { class: "new" }, this.#name, h("button", { type: "submit" }, "New identity"));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#generate();
    });
    this.#panel.append(
      h("h2", {}, "Who calls"),
      this.#list,
      form,
      this.#complaint,
      h("p", { class: "hint" }, "Ed25519 keys, kept in this browser without protection: for development only."),
    );
    this.element = h("div", { class: "identity" }, this.#button, this.#panel);
    this.draw();
  }

  draw(): void {
    const { selected, all } = this.#identities;
    fill(
      this.#button,
      h("span", { class: `dot ${selected.name === ANONYMOUS ? "" : "known"}`, "aria-hidden": "true" }),
      h("span", { class: "off-screen" }, "Calling as "),
      h("span", { class: "who" }, selected.name),
      h("span", { class: "mono short" }, short(selected.principal)),
    );
    fill(this.#list, ...all.map((each) => this.#item(each)));
    this.#name.placeholder = this.#identities.suggestion();
  }

  #item(each: Caller): HTMLElement {
    const radio = h("input", { type: "radio", name: "identity", checked: each.name === this.#identities.selected.name });
    radio.addEventListener("change", () => {
      this.#identities.select(each.name);
      this.#list.querySelector<HTMLInputElement>("input:checked")?.focus();
    });
    return h(
      "div",
      { class: "identity-item" },
      h("label", {}, radio, h("span", { class: "who" }, each.name), h("code", {}, each.principal)),
      h("div", { class: "actions" }, copyButton("Copy principal", () => each.principal), each.name !== ANONYMOUS && this.#forget(each)),
    );
  }

  /** Forgetting takes two clicks: the key cannot be had back. */
  #forget(each: Caller): HTMLElement {
    const button = h("button", { type: "button", class: "quiet" }, "Forget");
    let asked = false;
    button.addEventListener("click", () => {
      if (asked) {
        this.#identities.forget(each.name);
        this.#name.focus();
        return;
      }
      asked = true;
      button.classList.add("danger");
      button.textContent = "Really forget? The key is lost";
    });
    button.addEventListener("blur", () => {
      asked = false;
      button.classList.remove("danger");
      button.textContent = "Forget";
    });
    return button;
  }

  #generate(): void {
    try {
      this.#identities.generate(this.#name.value.trim() || this.#identities.suggestion());
      this.#name.value = "";
      this.#complain(undefined);
    } catch (error) {
      this.#complain(error instanceof Error ? error.message : String(error));
    }
  }

  #complain(wrong: string | undefined): void {
    this.#complaint.hidden = wrong === undefined;
    this.#complaint.textContent = wrong ?? "";
  }
}

function short(principal: string): string {
  return principal.length > 15 ? `${principal.slice(0, 5)}…${principal.slice(-3)}` : principal;
}
