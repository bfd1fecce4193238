/** Candid types as the replica's interface table has them. */

export const INTEGERS = ["nat", "int", "nat8", "nat16", "nat32", "nat64", "int8", "int16", "int32", "int64"] as const;
export type IntegerKind = (typeof INTEGERS)[number];
export type PrimitiveKind = IntegerKind | "null" | "bool" | "float32" | "float64" | "text" | "reserved" | "empty" | "principal";

export interface Field {
  label: string | number;
  type: Type;
}

export interface Signature {
  modes: string[];
  arguments: Type[];
  results: Type[];
}

export type Type =
  | { kind: PrimitiveKind }
  | { kind: "opt" | "vec"; of: Type }
  | { kind: "record" | "variant"; fields: Field[] }
  | ({ kind: "func" } & Signature)
  | { kind: "service"; methods: { name: string; type: Type }[] }
  | { kind: "name"; name: string };

export type Concrete = Exclude<Type, { kind: "name" }>;

export interface Method extends Signature {
  name: string;
  doc?: string;
}

export interface Interface {
  canister: string;
  did: string;
  methods: Method[];
  init: Type[] | null;
  definitions: Record<string, Type>;
  docs: Record<string, string>;
}

export type Mode = "update" | "query" | "composite query" | "oneway";

/** How a method is called. */
export function modeOf(method: Signature): Mode {
  if (method.modes.includes("query")) return "query";
  if (method.modes.includes("composite_query")) return "composite query";
  return method.modes.includes("oneway") ? "oneway" : "update";
}

/** The definitions that types refer to. */
export class Scope {
  readonly #definitions: Map<string, Type>;
  readonly #docs: Map<string, string>;
  readonly #heights = new Map<string, number>();

  constructor(interface_: Pick<Interface, "definitions" | "docs">) {
    this.#definitions = new Map(Object.entries(interface_.definitions));
    this.#docs = new Map(Object.entries(interface_.docs));
    this.#measure();
  }

  /** What a type is, names followed. */
  resolve(type: Type): Concrete {
    let found = type;
    while (found.kind === "name") {
      const next = this.#definitions.get(found.name);
      if (next === undefined) throw new Error(`type ${found.name} is not defined`);
      found = next;
    }
    return found;
  }

  /** What the interface says of a type by comment. */
  doc(type: Type): string | undefined {
    return type.kind === "name" ? this.#docs.get(type.name) : undefined;
  }

  definitions(): IterableIterator<[string, Type]> {
    return this.#definitions.entries();
  }

  /** How deeply parts must be nested in the flattest value of a type; Infinity where no value can be written down. */
  height(type: Type): number {
    switch (type.kind) {
      case "empty":
        return Infinity;
      case "name":
        return this.#heights.get(type.name) ?? Infinity;
      case "record":
        return 1 + Math.max(0, ...type.fields.map((field) => this.height(field.type)));
      case "variant":
        return 1 + Math.min(Infinity, ...type.fields.map((field) => this.height(field.type)));
      default:
        return 1;
    }
  }

  /** Definitions may be recursive: what is known of one is used for the others until nothing changes. */
  #measure(): void {
    for (let changed = true; changed; ) {
      changed = false;
      for (const [name, type] of this.#definitions) {
        const height = this.height(type);
        if (height < (this.#heights.get(name) ?? Infinity)) {
          this.#heights.set(name, height);
          changed = true;
        }
      }
    }
  }
}

export function isTuple(fields: readonly Field[]): boolean {
  return fields.length > 0 && fields.every((field, position) => field.label === position);
}

export function isBlob(type: Concrete, scope: Scope): boolean {
  return type.kind === "vec" && scope.resolve(type.of).kind === "nat8";
}

/** The key under which the codec keeps a field. */
export function keyOf(label: string | number): string {
  return typeof label === "number" ? `_${label}_` : label;
}

const KEYWORDS = new Set(
  "null bool nat int nat8 nat16 nat32 nat64 int8 int16 int32 int64 float32 float64 text reserved empty principal blob true false opt vec record variant func service oneway query composite_query type import".split(
    " ",
  ),
);

/** A label as Candid writes it. */
export function labelText(label: string | number): string {
  if (typeof label === "number") return String(label);
  return /^[A-Za-z_]\w*$/.test(label) && !KEYWORDS.has(label) ? label : quoted(label);
}

/** A text as Candid writes it. */
export function quoted(text: string): string {
  const escapes: Record<string, string> = { '"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t" };
  const escaped = text.replace(/["\\\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (each) => escapes[each] ?? `\\u{${each.codePointAt(0)!.toString(16)}}`);
  return `"${escaped}"`;
}

/** A type as Candid writes it, on one line; definitions stay names. */
export function typeText(type: Type): string {
  switch (type.kind) {
    case "name":
      return type.name;
    case "opt":
      return `opt ${typeText(type.of)}`;
    case "vec":
      return type.of.kind === "nat8" ? "blob" : `vec ${typeText(type.of)}`;
    case "record":
      return braced("record", isTuple(type.fields) ? type.fields.map((field) => typeText(field.type)) : type.fields.map(fieldText));
    case "variant":
      return braced("variant", type.fields.map((field) => (field.type.kind === "null" ? labelText(field.label) : fieldText(field))));
    case "func":
      return `func ${signatureText(type)}`;
    case "service":
      return braced("service", type.methods.map((method) => `${labelText(method.name)} : ${typeText(method.type)}`));
    default:
      return type.kind;
  }
}

export function signatureText(signature: Signature): string {
  const [from, to] = [signature.arguments, signature.results].map((types) => `(${types.map(typeText).join(", ")})`);
  return [`${from} -> ${to}`, ...signature.modes].join(" ");
}

function fieldText(field: Field): string {
  return `${labelText(field.label)} : ${typeText(field.type)}`;
}

function braced(keyword: string, parts: string[]): string {
  return parts.length ? `${keyword} { ${parts.join("; ")} }` : `${keyword} {}`;
}
