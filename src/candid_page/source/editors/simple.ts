/** Editors of values without parts. */

import { Principal } from "@icp-sdk/core/principal";
import { grouped, integerValue, floatText, readFloat, readInteger } from "../candid/numbers";
import type { IntegerKind } from "../candid/types";
import { freshId, h, segmented } from "../dom";
import { textEditor, type Editor, type Surroundings } from "./editor";

const PLAIN = { type: "text", autocomplete: "off", autocapitalize: "off", spellcheck: "false" } as const;

/** With `moment` there is a button that enters the present one, in nanoseconds. */
export function integerEditor(kind: IntegerKind, moment: boolean): Editor {
  const input = h("input", { ...PLAIN, inputmode: kind.startsWith("nat") ? "numeric" : "text", class: "mono", placeholder: "0" });
  const now = h("button", { type: "button", class: "quiet inside", title: "Enter the present moment, in nanoseconds since 1970" }, "Now");
  const editor = textEditor<bigint | number>(
    input,
    (text) => integerValue(kind, readInteger(kind, text)),
    grouped,
    (control) => [moment ? h("div", { class: "with-button" }, control, now) : control],
  );
  now.addEventListener("click", () => editor.write(BigInt(Date.now()) * 1_000_000n));
  return editor;
}

export function floatEditor(kind: "float32" | "float64"): Editor {
  const input = h("input", { ...PLAIN, inputmode: "decimal", class: "mono", placeholder: "0.0" });
  return textEditor<number>(input, readFloat, (value) => floatText(value, kind));
}

export function textValueEditor(): Editor {
  const area = h("textarea", { rows: 1, autocomplete: "off", spellcheck: "false" });
  return textEditor(area, (text) => text, (value) => value);
}

export function boolEditor(): Editor {
  let value = false;
  const element = h("div", { class: "editor" });
  const draw = (): void => element.replaceChildren(segmented("Value", ["false", "true"], String(value), (choice) => (value = choice === "true")));
  draw();
  return {
    element,
    read: () => value,
    write(written) {
      value = written as boolean;
      draw();
    },
  };
}

function readPrincipal(text: string): Principal {
  const trimmed = text.trim();
  if (!trimmed) throw new Error("Enter a principal.");
  try {
    return Principal.fromText(trimmed);
  } catch {
    throw new Error("This is not a principal: check that it was copied whole, dashes included.");
  }
}

export function principalEditor(surroundings: Surroundings): Editor {
  const list = h("datalist", { id: freshId("principals") });
  const input = h("input", { ...PLAIN, class: "mono", list: list.id, placeholder: "aaaaa-aa" });
  input.addEventListener("focus", () => {
    list.replaceChildren(...surroundings.suggestions().map(([value, what]) => h("option", { value }, what)));
  });
  const mine = h("button", { type: "button", class: "quiet inside", title: "Enter the principal of who calls" }, "Mine");
  const editor = textEditor(input, readPrincipal, (principal) => principal.toText(), (control) => [
    h("div", { class: "with-button" }, control, mine),
    list,
  ]);
  mine.addEventListener("click", () => editor.write(Principal.fromText(surroundings.me())));
  return editor;
}

/** A reference to a method of a canister. */
export function functionEditor(surroundings: Surroundings): Editor {
  const canister = principalEditor(surroundings);
  const input = h("input", { ...PLAIN, class: "mono", placeholder: "method", "aria-label": "Method" });
  const method = textEditor(
    input,
    (text) => {
      if (!text) throw new Error("Name the method.");
      return text;
    },
    (text) => text,
  );
  canister.control?.setAttribute("aria-label", "Canister");
  return {
    element: h("div", { class: "editor pair" }, canister.element, method.element),
    read: (complaints) => [canister.read(complaints), method.read(complaints)],
    write(value) {
      const [principal, name] = value as [Principal, string];
      canister.write(principal);
      method.write(name);
    },
  };
}

/** For types with a single value, and for those with none. */
export function fixedEditor(value: null, text: string): Editor {
  return { element: h("p", { class: "editor fixed" }, text), read: () => value, write: () => undefined };
}

export function impossibleEditor(): Editor {
  const element = h("p", { class: "editor fixed", tabindex: -1 }, "No value of this type can be written down, so this method cannot be called.");
  return {
    element,
    read: (complaints) => void complaints.push({ message: "There is no value of this type.", control: element }),
    write: () => undefined,
  };
}
