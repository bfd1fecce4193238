/** Lists of calls. */

import { briefText, documentOf } from "../candid/document";
import type { Method, Scope } from "../candid/types";
import { h } from "../dom";
import type { Entry } from "../network/log";
import { duration } from "./result";

const SUMMARY = 120;

export interface LogOptions {
  methods: ReadonlyMap<string, Method>;
  scope: Scope;
  /** The name of the method stands in each line. */
  named: boolean;
  onchoose: (entry: Entry) => void;
}

export function logView(entries: readonly Entry[], options: LogOptions): HTMLElement {
  return h("ol", { class: "log" }, ...entries.map((entry) => h("li", {}, line(entry, options))));
}

function line(entry: Entry, options: LogOptions): HTMLElement {
  const button = h(
    "button",
    { type: "button", class: `call ${state(entry)}`, title: "Show this call again, with its arguments" },
    h("time", { datetime: entry.at.toISOString() }, entry.at.toTimeString().slice(0, 8)),
    h("span", { class: "who" }, entry.caller),
    h("span", { class: "what" }, `${options.named ? entry.method : ""}${argumentsText(entry, options)}`),
    h("span", { class: "outcome" }, outcome(entry, options)),
    h("span", { class: "hint" }, duration(entry)),
  );
  button.addEventListener("click", () => options.onchoose(entry));
  return button;
}

function state(entry: Entry): string {
  if (entry.milliseconds === undefined) return "waiting";
  return entry.problem ? "problem" : "replied";
}

function argumentsText(entry: Entry, { methods, scope }: LogOptions): string {
  const method = methods.get(entry.method)!;
  return briefText(documentOf(method.arguments, entry.arguments, scope), SUMMARY);
}

function outcome(entry: Entry, { methods, scope }: LogOptions): string {
  if (entry.milliseconds === undefined) return "…";
  if (entry.problem) return `${entry.problem.title}: ${entry.problem.message}`.slice(0, SUMMARY);
  if (!entry.results) return "sent";
  const method = methods.get(entry.method)!;
  return briefText(documentOf(method.results, entry.results, scope), SUMMARY);
}
