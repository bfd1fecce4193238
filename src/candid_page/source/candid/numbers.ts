/** Reading and writing numbers without losing a digit. */

import type { IntegerKind } from "./types";

/** The first and last value of an integer type; null where there is none. */
export function bounds(kind: IntegerKind): { least: bigint | null; most: bigint | null } {
  if (kind === "nat") return { least: 0n, most: null };
  if (kind === "int") return { least: null, most: null };
  const bits = BigInt(kind.replace(/\D+/, ""));
  return kind.startsWith("nat") ? { least: 0n, most: (1n << bits) - 1n } : { least: -(1n << (bits - 1n)), most: (1n << (bits - 1n)) - 1n };
}

/** An integer as people write it, digits grouped by `_`, `,` or spaces. Throws an Error that says what is wrong. */
export function readInteger(kind: IntegerKind, written: string): bigint {
  const text = written.trim();
  if (text === "") throw new Error(`Enter a whole number (${kind}).`);
  const digits = text.replace(/(?<=\w)[_,\s](?=\w)/g, "");
  if (!/^[+-]?(\d+|0x[0-9a-f]+)$/i.test(digits)) throw new Error(`“${text}” is not a whole number.`);
  const magnitude = BigInt(digits.replace(/^[+-]/, ""));
  const value = digits.startsWith("-") ? -magnitude : magnitude;
  const { least, most } = bounds(kind);
  if (least !== null && value < least) throw new Error(`${article(kind)} ${kind} is at least ${grouped(least)}.`);
  if (most !== null && value > most) throw new Error(`${article(kind)} ${kind} is at most ${grouped(most)}.`);
  return value;
}

function article(kind: IntegerKind): string {
  return kind.startsWith("int") ? "An" : "A";
}

/** What the codec wants for an integer type: numbers up to 32 bits, bigints above. */
export function integerValue(kind: IntegerKind, value: bigint): bigint | number {
  return /^(nat|int)(8|16|32)$/.test(kind) ? Number(value) : value;
}

/** A floating point number, with `inf`, `-inf` and `nan`. Throws an Error that says what is wrong. */
export function readFloat(written: string): number {
  const text = written.trim().toLowerCase().replace(/(?<=\d)_(?=\d)/g, "");
  if (text === "") throw new Error("Enter a number.");
  const special = new Map([["nan", NaN], ["inf", Infinity], ["+inf", Infinity], ["-inf", -Infinity]]).get(text);
  if (special !== undefined) return special;
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/.test(text)) throw new Error(`“${written.trim()}” is not a number.`);
  return Number(text);
}

/** The shortest digits that are read back to the same number; a float32 needs fewer. */
export function floatText(value: number, kind: "float32" | "float64" = "float64"): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value < 0 ? "-inf" : "inf";
  if (Object.is(value, -0)) return "-0.0";
  const text = String(kind === "float32" ? shortest(value) : value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

function shortest(value: number): number {
  for (let digits = 1; digits < 9; digits += 1) {
    const candidate = Number(value.toPrecision(digits));
    if (Math.fround(candidate) === Math.fround(value)) return candidate;
  }
  return Number(value.toPrecision(9));
}

/** Digits in groups of three, as Candid allows: 1_000_000. */
export function grouped(value: bigint | number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, "_");
}

/** A moment in nanoseconds since 1970 as a date, for numbers that can only be one: 2001 to 2100. */
export function momentText(value: bigint | number): string | undefined {
  const nanoseconds = BigInt(value);
  if (nanoseconds < 1_000_000_000_000_000_000n || nanoseconds > 4_102_444_800_000_000_000n) return undefined;
  return new Date(Number(nanoseconds / 1_000_000n)).toISOString().replace("T", " ").replace(/\.?0*Z$/, " UTC");
}
