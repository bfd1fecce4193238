/** The list of methods, with a filter. */

import { modeOf, type Method } from "../candid/types";
import { h } from "../dom";
import { badge } from "./method";

export class Sidebar {
  readonly element: HTMLElement;
  readonly #filter = h("input", { type: "search", placeholder: "Filter methods", "aria-label": "Filter methods", autocomplete: "off", spellcheck: "false" });
  readonly #links: { method: Method; link: HTMLAnchorElement; item: HTMLElement }[];
  readonly #groups: { element: HTMLElement; writes: boolean }[];
  readonly #none = h("p", { class: "hint none", hidden: true, role: "status" }, "No method has that in its name.");
  readonly #overview = h("a", { href: "#", class: "overview-link" }, "Overview");

  constructor(methods: readonly Method[]) {
    this.#links = methods.map((method) => {
      const link = h("a", { href: linkTo(method.name), class: "mono" }, method.name);
      return { method, link, item: h("li", {}, link) };
    });
    this.#groups = [
      { element: this.#group("Updates", true), writes: true },
      { element: this.#group("Queries", false), writes: false },
    ];
    const list = h("div", { class: "method-list" }, ...this.#groups.map(({ element }) => element), this.#none);
    this.element = h("nav", { class: "sidebar", "aria-label": "Methods" }, h("div", { class: "filter" }, this.#filter, h("kbd", { "aria-hidden": "true" }, "/")), this.#overview, list);
    this.#filter.addEventListener("input", () => this.#apply());
    this.#filter.addEventListener("keydown", (event) => this.#keys(event));
  }

  /** Marks what is shown; undefined is the overview. */
  mark(name: string | undefined): void {
    const mark = (link: HTMLAnchorElement, current: boolean): void => (current ? link.setAttribute("aria-current", "page") : link.removeAttribute("aria-current"));
    for (const { method, link } of this.#links) mark(link, method.name === name);
    mark(this.#overview, name === undefined);
  }

  focusFilter(): void {
    this.#filter.focus();
    this.#filter.select();
  }

  #group(title: string, writes: boolean): HTMLElement {
    const items = this.#links.filter(({ method }) => writesState(method) === writes).map(({ item }) => item);
    return h("section", { hidden: items.length === 0 }, h("h2", { class: writes ? "writes" : "reads" }, title, h("span", { class: "count" }, String(items.length))), h("ul", {}, ...items));
  }

  #apply(): void {
    const wanted = this.#filter.value.trim().toLowerCase();
    for (const { method, item } of this.#links) item.hidden = !method.name.toLowerCase().includes(wanted);
    for (const { element, writes } of this.#groups) {
      element.hidden = !this.#links.some(({ method, item }) => writesState(method) === writes && !item.hidden);
    }
    this.#none.hidden = this.#links.some(({ item }) => !item.hidden) || this.#links.length === 0;
  }

  #keys(event: KeyboardEvent): void {
    if (event.key === "Escape") {
      this.#filter.value = "";
      this.#apply();
    } else if (event.key === "Enter") {
      this.#links.find(({ item }) => !item.hidden)?.link.click();
    }
  }
}

function writesState(method: Method): boolean {
  return badge(modeOf(method)) === "writes";
}

/** The part of the address that shows a method. */
export function linkTo(name: string): string {
  return `#${encodeURIComponent(name)}`;
}
