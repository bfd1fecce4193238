/** The outcome of a call. */

import { hex, sizeText } from "../candid/bytes";
import { candidText, documentOf, jsonText, type Group } from "../candid/document";
import { modeOf, type Method, type Scope } from "../candid/types";
import { copyButton, h } from "../dom";
import type { Entry } from "../network/log";
import { unreadable, type Problem } from "../network/problems";
import { valueView } from "./value";

export function resultView(entry: Entry, method: Method, scope: Scope): HTMLElement {
  if (entry.milliseconds === undefined) return h("div", { class: "result waiting" }, h("p", {}, h("span", { class: "spinner" }), "Waiting for the replica…"));
  const copyArguments = copyButton("Copy arguments", () => candidText(documentOf(method.arguments, entry.arguments, scope)), "The arguments of this call, as Candid");
  if (entry.problem) return problemView(entry.problem, entry, copyArguments);
  if (entry.results === undefined) return sent(entry, method);
  let document: Group;
  try {
    document = documentOf(method.results, entry.results, scope);
  } catch (error) {
    return problemView(unreadable(error), entry, copyArguments);
  }
  const raw = entry.reply ?? new Uint8Array();
  return h(
    "div",
    { class: "result replied" },
    heading("Reply", entry),
    method.results.length ? valueView(document) : h("p", { class: "hint" }, "Done: the method returns nothing."),
    h(
      "div",
      { class: "actions" },
      copyButton("Copy Candid", () => candidText(document)),
      copyButton("Copy JSON", () => jsonText(method.results, entry.results ?? [], scope)),
      copyButton("Copy bytes", () => hex(raw), `The reply as it came: ${sizeText(raw.length)}, in hex`),
      method.arguments.length > 0 && copyArguments,
    ),
  );
}

function sent(entry: Entry, method: Method): HTMLElement {
  const what = modeOf(method) === "oneway" ? "Sent: a oneway method has no reply." : "Sent.";
  return h("div", { class: "result replied" }, heading("Sent", entry), h("p", { class: "hint" }, what));
}

function heading(title: string, entry: Entry): HTMLElement {
  const proof = { certificate: "certificate verified", "node signature": "node signature verified", none: "" }[entry.proof ?? "none"];
  return h(
    "header",
    {},
    h("h2", {}, title),
    proof ? h("span", { class: "proof", title: "Checked in this browser with the replica's root key" }, `✓ ${proof}`) : null,
    h("span", { class: "hint duration" }, duration(entry)),
  );
}

function problemView(problem: Problem, entry: Entry, copyArguments: HTMLElement): HTMLElement {
  const facts = problem.facts.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]);
  return h(
    "div",
    { class: `result problem ${problem.kind}` },
    h("header", {}, h("h2", {}, problem.title), h("span", { class: "hint duration" }, duration(entry))),
    problem.message ? h("pre", { class: "message" }, problem.message) : null,
    facts.length ? h("dl", { class: "facts" }, ...facts) : null,
    problem.meaning ? h("p", { class: "meaning" }, problem.meaning) : null,
    entry.reply ? h("pre", { class: "raw" }, hex(entry.reply)) : null,
    h("div", { class: "actions" }, copyButton("Copy message", () => said(problem)), entry.arguments.length > 0 && copyArguments),
  );
}

function said(problem: Problem): string {
  return [problem.title, problem.message, ...problem.facts.map((fact) => fact.join(": "))].join("\n");
}

export function duration(entry: Entry): string {
  if (entry.milliseconds === undefined) return "…";
  return entry.milliseconds < 1_000 ? `${Math.round(entry.milliseconds)} ms` : `${(entry.milliseconds / 1_000).toFixed(2)} s`;
}
