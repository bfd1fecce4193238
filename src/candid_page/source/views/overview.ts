/** What there is to know of a canister before one calls it. */

import { hex } from "../candid/bytes";
import { modeOf, signatureText } from "../candid/types";
import { copyButton, fill, h } from "../dom";
import { problemOf } from "../network/problems";
import type { Context } from "./context";
import { logView } from "./log";
import { badge } from "./method";
import { linkTo } from "./sidebar";

export class Overview {
  readonly element: HTMLElement;
  readonly #context: Context;
  readonly #state = h("section", { class: "state", "aria-label": "State" });
  readonly #calls = h("section", { class: "history" });
  readonly #open: (method: string, number: number) => void;

  constructor(context: Context, open: (method: string, number: number) => void) {
    this.#context = context;
    this.#open = open;
    const { interface: interface_ } = context;
    this.element = h(
      "article",
      { class: "overview" },
      h("h1", { tabindex: -1 }, "Canister ", h("span", { class: "mono" }, interface_.canister)),
      this.#state,
      this.#calls,
      this.#methods(),
      h("section", {}, h("h2", {}, "Interface", copyButton("Copy", () => interface_.did)), h("pre", { class: "did", tabindex: 0 }, interface_.did)),
    );
    context.log.watch(() => this.#drawCalls());
    fill(this.#state, h("p", { class: "hint" }, "Reading the certified state…"));
    void this.readState();
  }

  /** Asks the replica for the canister's module and controllers. */
  async readState(): Promise<void> {
    const { caller, identities } = this.#context;
    try {
      const { moduleHash, controllers, certifiedAt } = await caller.state(identities.selected);
      const hash = moduleHash && hex(moduleHash);
      fill(
        this.#state,
        h(
          "dl",
          { class: "facts" },
          h("dt", {}, "Module hash"),
          h("dd", {}, hash ? h("code", {}, hash) : "none: the canister is empty", hash && copyButton("Copy", () => hash)),
          h("dt", {}, controllers.length === 1 ? "Controller" : "Controllers"),
          h("dd", {}, ...(controllers.length ? controllers.map((each) => h("div", {}, h("code", {}, each), this.#remark(each))) : ["none"])),
          certifiedAt && h("dt", {}, "Certified at"),
          certifiedAt && h("dd", {}, h("time", { datetime: certifiedAt.toISOString() }, certifiedAt.toLocaleString())),
        ),
      );
    } catch (error) {
      const problem = problemOf(error);
      fill(this.#state, h("p", { class: `inline-problem ${problem.kind}` }, h("strong", {}, `${problem.title}. `), problem.message, " ", problem.meaning));
    }
  }

  #remark(principal: string): HTMLElement | null {
    const known = this.#context.identities.all.find((each) => each.principal === principal);
    return known ? h("span", { class: "hint" }, ` ${known.name}`) : null;
  }

  #methods(): HTMLElement {
    const { methods } = this.#context.interface;
    const rows = methods.map((method) => {
      const mode = modeOf(method);
      return h(
        "li",
        {},
        h("a", { href: linkTo(method.name), class: "mono" }, method.name),
        h("code", { class: "signature" }, signatureText({ ...method, modes: [] })),
        h("span", { class: `badge ${badge(mode)}` }, mode),
      );
    });
    return h("section", {}, h("h2", {}, "Methods", h("span", { class: "count" }, String(methods.length))), rows.length ? h("ul", { class: "signatures" }, ...rows) : h("p", { class: "hint" }, "The canister has no public methods."));
  }

  #drawCalls(): void {
    const { log, methods, scope } = this.#context;
    const shown = log.entries.slice(0, 50);
    fill(
      this.#calls,
      h("h2", {}, "Calls", h("span", { class: "count" }, String(log.entries.length))),
      logView(shown, { methods, scope, named: true, onchoose: (entry) => this.#open(entry.method, entry.number) }),
    );
  }
}
