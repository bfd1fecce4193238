/** The page of one method: its form, the outcome, and the calls made before. */

import { modeOf, signatureText, type Method } from "../candid/types";
import { fill, h, prose } from "../dom";
import { row, type Complaint, type Editor, type Surroundings } from "../editors/editor";
import { innermost, makeEditor, typeNote } from "../editors/make";
import type { Request } from "../network/caller";
import type { Entry } from "../network/log";
import type { Context } from "./context";
import { logView } from "./log";
import { resultView } from "./result";

const MODIFIER = /Mac|iPhone|iPad/.test(navigator.platform) ? "⌘" : "Ctrl";

/** One method. Made once, so that what was entered stays while other methods are looked at. */
export class MethodView {
  readonly element: HTMLElement;
  readonly #context: Context;
  readonly #method: Method;
  readonly #editors: Editor[];
  readonly #summary = h("p", { class: "complaint summary", role: "alert", hidden: true });
  readonly #outcome = h("section", { "aria-label": "Outcome" });
  readonly #said = h("p", { class: "off-screen", role: "status" });
  readonly #history = h("section", { class: "history" });
  readonly #send: HTMLButtonElement;
  readonly #certified = h("input", { type: "checkbox", class: "switch", role: "switch" });
  #shown: Entry | undefined;

  constructor(context: Context, method: Method) {
    this.#context = context;
    this.#method = method;
    const surroundings = suggestionsOf(context);
    this.#editors = method.arguments.map((type) => makeEditor(type, context.scope, surroundings));
    this.#send = h("button", { type: "submit", class: "primary" }, this.#verb());
    this.element = h("article", { class: "method" }, this.#head(), this.#form(), this.#said, this.#outcome, this.#history);
    this.#certified.addEventListener("change", () => (this.#send.textContent = this.#verb()));
    context.log.watch(() => this.#drawHistory());
  }

  /** Shows a call that was made before, and puts its arguments into the form. */
  recall(entry: Entry): void {
    this.#editors.forEach((editor, position) => editor.write(entry.arguments[position]));
    this.#show(entry);
  }

  #verb(): string {
    return this.#how() === "query" ? "Query" : "Call";
  }

  #how(): Request["how"] {
    const mode = modeOf(this.#method);
    if (mode === "oneway") return "oneway";
    return mode === "update" || this.#certified.checked ? "update" : "query";
  }

  #head(): HTMLElement {
    const mode = modeOf(this.#method);
    return h(
      "header",
      { class: "method-head" },
      h("div", { class: "title" }, h("h1", { class: "mono", tabindex: -1 }, this.#method.name), h("span", { class: `badge ${badge(mode)}` }, mode)),
      this.#method.doc ? prose(this.#method.doc) : null,
      h("code", { class: "signature" }, signatureText(this.#method)),
    );
  }

  #form(): HTMLElement {
    const { scope } = this.#context;
    const single = this.#method.arguments.length === 1;
    const rows = this.#method.arguments.map((type, position) => {
      const about = scope.doc(innermost(type));
      const line = row(single ? "Argument" : `Argument ${position + 1}`, typeNote(type, scope), this.#editors[position]!);
      if (about) line.querySelector(".row-head")?.after(prose(about));
      return line;
    });
    const form = h("form", { novalidate: true }, ...(rows.length ? rows : [h("p", { class: "hint" }, "No arguments.")]), this.#summary, this.#actions());
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.send();
    });
    // A field that is left says what is wrong with it, which moves the button away from under the pointer: pressing one leaves none.
    form.addEventListener("mousedown", (event) => {
      if (event.target instanceof Element && event.target.closest("button")) event.preventDefault();
    });
    return form;
  }

  #actions(): HTMLElement {
    const mode = modeOf(this.#method);
    const certified = h("label", { class: "certified", title: "Run the query on the replica's replicated path, and get a certificate" }, this.#certified, "as an update, with a certificate");
    return h("div", { class: "send" }, this.#send, mode === "query" ? certified : null, h("span", { class: "hint keys" }, h("kbd", {}, MODIFIER), " ", h("kbd", {}, "Enter")));
  }

  /** Makes the call with what was entered, or says what is wrong with that. */
  async send(): Promise<void> {
    if (this.#send.disabled) return;
    const complaints: Complaint[] = [];
    const values = this.#editors.map((editor) => editor.read(complaints));
    this.#complain(complaints);
    if (complaints.length) return;
    this.#send.disabled = true;
    try {
      this.#show(await this.#context.call(this.#method, values, this.#how(), (entry) => this.#show(entry)));
    } catch (error) {
      this.#complain([{ message: `These values cannot be encoded: ${error instanceof Error ? error.message : String(error)}`, control: this.#send }]);
    } finally {
      this.#send.disabled = false;
    }
  }

  #complain(complaints: readonly Complaint[]): void {
    const [first] = complaints;
    this.#summary.hidden = !first;
    this.#summary.textContent = complaints.length > 1 ? `${complaints.length} fields need attention.` : (first?.message ?? "");
    first?.control.focus();
  }

  #show(entry: Entry): void {
    this.#shown = entry;
    fill(this.#outcome, resultView(entry, this.#method, this.#context.scope));
    this.#said.textContent = entry.milliseconds === undefined ? "Waiting" : (entry.problem?.title ?? "There is a reply");
    this.#drawHistory();
  }

  #drawHistory(): void {
    const entries = this.#context.log.of(this.#method.name).filter((entry) => entry !== this.#shown);
    const { methods, scope } = this.#context;
    fill(
      this.#history,
      entries.length > 0 && h("h2", {}, "Earlier calls"),
      entries.length > 0 && logView(entries, { methods, scope, named: false, onchoose: (entry) => this.recall(entry) }),
    );
  }
}

/** The look of a mode. */
export function badge(mode: ReturnType<typeof modeOf>): string {
  return mode === "query" || mode === "composite query" ? "reads" : "writes";
}

function suggestionsOf({ identities, interface: { canister } }: Context): Surroundings {
  return {
    me: () => identities.selected.principal,
    suggestions: () => [
      ...identities.all.map(({ principal, name }): [string, string] => [principal, name]),
      [canister, "this canister"],
      ["aaaaa-aa", "management canister"],
    ],
  };
}
