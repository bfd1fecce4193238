/** Blobs as people read and write them. */

export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Hex digits, in groups or not, with `0x` or without. Throws an Error that says what is wrong. */
export function readHex(written: string): Uint8Array {
  const digits = written.trim().replace(/^0x/i, "").replace(/[\s_:,-]/g, "");
  const wrong = /[^0-9a-f]/i.exec(digits);
  if (wrong) throw new Error(`“${wrong[0]}” is not a hex digit.`);
  if (digits.length % 2) throw new Error("Two hex digits make a byte; one is missing.");
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

/** The bytes as text where they are UTF-8 that a person can read. */
export function readableText(bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return text !== "" && !/[\p{Cc}\p{Co}\p{Cn}]/u.test(text.replace(/[\n\r\t]/g, "")) ? text : undefined;
  } catch {
    return undefined;
  }
}

/** A blob as Candid writes it. */
export function blobText(bytes: Uint8Array): string {
  const parts = Array.from(bytes, (byte) => {
    const plain = byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c;
    return plain ? String.fromCharCode(byte) : `\\${byte.toString(16).padStart(2, "0")}`;
  });
  return `blob "${parts.join("")}"`;
}

export function sizeText(count: number): string {
  if (count === 1) return "1 byte";
  return count < 10_000 ? `${count} bytes` : `${(count / 1024).toFixed(count < 102_400 ? 1 : 0)} KiB`;
}
