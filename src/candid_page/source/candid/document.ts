/** Values as a tree of what Candid writes, from which both the text and the picture on the page are made. */

import { Principal } from "@icp-sdk/core/principal";
import { blobText, hex } from "./bytes";
import { floatText, grouped, momentText } from "./numbers";
import { INTEGERS, isBlob, isTuple, keyOf, labelText, quoted, type Concrete, type IntegerKind, type Scope, type Type } from "./types";

export interface Leaf {
  form: "leaf";
  /** What kind of value it is, for colours. */
  look: "number" | "text" | "principal" | "word" | "blob";
  text: string;
  /** The type of a number, where its digits do not tell. */
  note?: string | undefined;
  /** The date of a number that is a moment. */
  moment?: string | undefined;
  bytes?: Uint8Array;
}

export interface Group {
  form: "group";
  keyword: "record" | "vec" | "variant" | "(";
  items: { label?: string; value: Document }[];
}

export interface Optional {
  form: "opt";
  value: Document;
}

export type Document = Leaf | Group | Optional;

/** The values of a call's arguments or results. */
export function documentOf(types: readonly Type[], values: readonly unknown[], scope: Scope): Group {
  return { form: "group", keyword: "(", items: types.map((type, position) => ({ value: valueOf(type, values[position], scope) })) };
}

function valueOf(type: Type, value: unknown, scope: Scope): Document {
  const concrete = scope.resolve(type);
  switch (concrete.kind) {
    case "opt": {
      const [inner] = value as [unknown?];
      return (value as unknown[]).length ? { form: "opt", value: valueOf(concrete.of, inner, scope) } : word("null");
    }
    case "vec":
      return vec(concrete, value as ArrayLike<unknown>, scope);
    case "record":
      return record(concrete, value as Record<string, unknown>, scope);
    case "variant": {
      const chosen = concrete.fields.find((field) => Object.hasOwn(value as object, keyOf(field.label)));
      if (!chosen) return word("unknown variant");
      const content = (value as Record<string, unknown>)[keyOf(chosen.label)];
      const plain = scope.resolve(chosen.type).kind === "null";
      const item = { label: labelText(chosen.label), value: plain ? word("") : valueOf(chosen.type, content, scope) };
      return { form: "group", keyword: "variant", items: [item] };
    }
    default:
      return leaf(concrete, value);
  }
}

function vec(type: Concrete & { kind: "opt" | "vec" }, value: ArrayLike<unknown>, scope: Scope): Document {
  if (isBlob(type, scope)) {
    const bytes = value instanceof Uint8Array ? value : Uint8Array.from(value as ArrayLike<number>);
    return { form: "leaf", look: "blob", text: blobText(bytes), bytes };
  }
  return { form: "group", keyword: "vec", items: Array.from(value, (item) => ({ value: valueOf(type.of, item, scope) })) };
}

function record(type: Concrete & { kind: "record" | "variant" }, value: Record<string, unknown>, scope: Scope): Document {
  const tuple = isTuple(type.fields);
  const items = type.fields.map((field) => {
    const content = valueOf(field.type, value[tuple ? (field.label as number) : keyOf(field.label)], scope);
    return tuple ? { value: content } : { label: labelText(field.label), value: content };
  });
  return { form: "group", keyword: "record", items };
}

function leaf(type: Concrete, value: unknown): Leaf {
  if ((INTEGERS as readonly string[]).includes(type.kind)) return integer(type.kind as IntegerKind, value as bigint | number);
  switch (type.kind) {
    case "float32":
    case "float64":
      return { form: "leaf", look: "number", text: floatText(value as number, type.kind), note: type.kind };
    case "text":
      return { form: "leaf", look: "text", text: quoted(value as string) };
    case "principal":
      return { form: "leaf", look: "principal", text: `principal "${(value as Principal).toText()}"` };
    case "service":
      return { form: "leaf", look: "principal", text: `service "${(value as Principal).toText()}"` };
    case "func": {
      const [canister, method] = value as [Principal, string];
      return { form: "leaf", look: "principal", text: `func "${canister.toText()}".${labelText(method)}` };
    }
    case "bool":
      return word(String(value));
    default:
      return word("null");
  }
}

function integer(kind: IntegerKind, value: bigint | number): Leaf {
  const moment = kind === "nat64" || kind === "nat" || kind === "int" ? momentText(value) : undefined;
  return { form: "leaf", look: "number", text: grouped(value), note: kind === "int" ? undefined : kind, moment };
}

function word(text: string): Leaf {
  return { form: "leaf", look: "word", text };
}

const WIDTH = 100;

/** The tree on one line, cut after `most` characters, numbers without their types. */
export function briefText(document: Document, most: number): string {
  const text = brief(document);
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

function brief(document: Document): string {
  if (document.form === "leaf") return document.text;
  if (document.form === "opt") return `opt ${brief(document.value)}`;
  const parts = document.items.map(({ label, value }) => joined(label, brief(value)));
  if (document.keyword === "(") return `(${parts.join(", ")})`;
  return parts.length ? `${document.keyword} { ${parts.join("; ")} }` : `${document.keyword} {}`;
}

/** The tree as Candid text that a Candid parser reads back to the same values of the same types. */
export function candidText(document: Document, indent = ""): string {
  if (document.form === "opt") return `opt ${candidText(document.value, indent)}`;
  if (document.form === "leaf") return document.look === "number" && document.note ? annotated(document) : document.text;
  const [open, close, separator] = document.keyword === "(" ? ["(", ")", ","] : [`${document.keyword} {`, "}", ";"];
  const inner = `${indent}  `;
  const parts = document.items.map(({ label, value }) => joined(label, candidText(value, inner)));
  const space = document.keyword === "(" || !parts.length ? "" : " ";
  const line = `${open}${space}${parts.join(`${separator} `)}${space}${close}`;
  if (line.length + indent.length <= WIDTH && !line.includes("\n")) return line;
  return `${open}\n${parts.map((part) => `${inner}${part}${separator}\n`).join("")}${indent}${close}`;
}

/** A number of a fixed width says so: without it Candid would take it for an `int`. */
function annotated(leaf: Leaf): string {
  return leaf.note === "float64" ? leaf.text : `(${leaf.text} : ${leaf.note})`;
}

function joined(label: string | undefined, text: string): string {
  if (label === undefined) return text;
  return text === "" ? label : `${label} = ${text}`;
}

/** The values as JSON: integers as decimal strings, blobs as hex, principals as text, an absent optional as null. */
export function jsonText(types: readonly Type[], values: readonly unknown[], scope: Scope): string {
  const plain = types.map((type, position) => plainOf(type, values[position], scope));
  return JSON.stringify(plain.length === 1 ? plain[0] : plain, null, 2);
}

function plainOf(type: Type, value: unknown, scope: Scope): unknown {
  const concrete = scope.resolve(type);
  switch (concrete.kind) {
    case "opt":
      return (value as unknown[]).length ? plainOf(concrete.of, (value as unknown[])[0], scope) : null;
    case "vec":
      if (isBlob(concrete, scope)) return hex(Uint8Array.from(value as ArrayLike<number>));
      return Array.from(value as ArrayLike<unknown>, (item) => plainOf(concrete.of, item, scope));
    case "record":
      if (isTuple(concrete.fields)) return concrete.fields.map((field, position) => plainOf(field.type, (value as unknown[])[position], scope));
      return Object.fromEntries(
        concrete.fields.map((field) => [field.label, plainOf(field.type, (value as Record<string, unknown>)[keyOf(field.label)], scope)]),
      );
    case "variant": {
      const chosen = concrete.fields.find((field) => Object.hasOwn(value as object, keyOf(field.label)));
      return chosen ? { [chosen.label]: plainOf(chosen.type, (value as Record<string, unknown>)[keyOf(chosen.label)], scope) } : null;
    }
    case "func": {
      const [canister, method] = value as [Principal, string];
      return { canister: canister.toText(), method };
    }
    case "float32":
    case "float64":
      return Number.isFinite(value) ? value : floatText(value as number);
    default:
      if (value instanceof Principal) return value.toText();
      return typeof value === "bigint" ? String(value) : (value ?? null);
  }
}
