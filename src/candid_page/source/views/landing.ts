/** The page without a canister: a list of those that the replica has, and what was wrong with the one asked for. */

import { Principal } from "@icp-sdk/core/principal";
import { fill, freshId, h } from "../dom";
import { DataRefused, fetchCanisters, type Listing } from "../network/api";

const TITLES: Record<string, string> = {
  bad_id: "This is not a canister id",
  no_canister: "There is no such canister",
  no_interface: "The canister does not say what it can do",
  bad_interface: "The canister's interface cannot be read",
  unreachable: "The replica does not answer",
};

export function landing(problem?: unknown): HTMLElement {
  const list = h("section", { class: "canisters", "aria-label": "Canisters" }, h("p", { class: "hint" }, "Asking the replica…"));
  void show(list);
  return h("main", { class: "landing" }, problem === undefined ? null : refusal(problem), h("h1", {}, "Canisters on this replica"), opener(), list);
}

export function linkToCanister(id: string): string {
  return `/_/candid?id=${encodeURIComponent(id)}`;
}

function refusal(problem: unknown): HTMLElement {
  const code = problem instanceof DataRefused ? problem.code : "";
  const message = problem instanceof Error ? problem.message : String(problem);
  const did = problem instanceof DataRefused ? problem.did : undefined;
  return h(
    "div",
    { class: "result problem failed", role: "alert" },
    h("header", {}, h("h2", {}, TITLES[code] ?? "The interface could not be shown")),
    h("p", { class: "meaning" }, message),
    did ? h("pre", { class: "did", tabindex: 0 }, did) : null,
  );
}

async function show(list: HTMLElement): Promise<void> {
  try {
    fill(list, ...listed(await fetchCanisters()));
  } catch (error) {
    fill(list, h("p", { class: "inline-problem failed" }, error instanceof Error ? error.message : String(error)));
  }
}

function listed({ total, canisters }: Listing): HTMLElement[] {
  if (!canisters.length) return [h("p", { class: "hint" }, "There are none yet. Deploy one, then load this page again.")];
  const items = canisters.map(({ id, methods }) =>
    h("li", {}, h("a", { href: linkToCanister(id), class: "mono" }, id), h("span", { class: "hint" }, counted(methods))),
  );
  const more = total > canisters.length ? [h("p", { class: "hint" }, `The first ${canisters.length} of ${total}.`)] : [];
  return [h("ul", {}, ...items), ...more];
}

function counted(methods: number | null): string {
  if (methods === null) return "no interface";
  return methods === 1 ? "1 method" : `${methods} methods`;
}

function opener(): HTMLElement {
  const input = h("input", { type: "text", class: "mono", placeholder: "Canister id", "aria-label": "Canister id", autocomplete: "off", spellcheck: "false" });
  const message = h("p", { class: "complaint", id: freshId("complaint"), role: "alert", hidden: true });
  const form = h("form", { class: "opener", novalidate: true }, input, h("button", { type: "submit" }, "Open"), message);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    try {
      location.href = linkToCanister(Principal.fromText(input.value.trim()).toText());
    } catch {
      message.hidden = false;
      message.textContent = "This is not a canister id: check that it was copied whole, dashes included.";
      input.focus();
    }
  });
  return form;
}
