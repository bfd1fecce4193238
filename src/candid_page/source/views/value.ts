/** Values on the page: as Candid writes them, long ones folded, blobs with a preview. */

import { hex, readableText, sizeText } from "../candid/bytes";
import type { Document, Group, Leaf } from "../candid/document";
import { h } from "../dom";

const LINE = 84;
const BLOB_BYTES = 64;
const PREVIEW = 80;
const PAGE = 50;
const DEEPEST = 50;

/** The picture of a value. */
export function valueView(document: Document): HTMLElement {
  return h("div", { class: "value", tabindex: 0, role: "group", "aria-label": "Value" }, ...nodes(document, "", true, 0));
}

/** A value and what stands behind it; `last` where nothing follows on the line, so that a remark may stand behind both. */
function nodes(document: Document, end: string, last: boolean, depth: number): Node[] {
  if (document.form === "leaf") {
    const [shown, remark] = document.bytes ? blob(document.bytes) : leaf(document);
    if (!remark) return [...shown, text(end)];
    return last ? [...shown, text(end), span("note", `  ${remark}`)] : [...shown, span("note", ` ${remark}`), text(end)];
  }
  if (document.form === "opt") return [span("keyword", "opt "), ...nodes(document.value, end, last, depth)];
  // Browsers give up on elements nested a thousandfold.
  if (depth > DEEPEST) return [span("note", "… nested deeper: copy the value to see it all"), text(end)];
  return width(document) <= LINE ? inline(document, end, depth) : folded(document, end, depth);
}

function inline(group: Group, end: string, depth: number): Node[] {
  const [open, close, separator] = brackets(group);
  const found: Node[] = [...open];
  group.items.forEach(({ label, value }, position) => {
    found.push(...labelled(label, value), ...nodes(value, position < group.items.length - 1 ? `${separator} ` : "", false, depth + 1));
  });
  return [...found, text(close + end)];
}

function folded(group: Group, end: string, depth: number): Node[] {
  const [open, close, separator] = brackets(group);
  const lines = h("div", { class: "lines" });
  const show = (from: number): void => {
    group.items.slice(from, from + PAGE).forEach(({ label, value }, position) => {
      const bare = group.keyword === "(" && from + position === group.items.length - 1;
      lines.append(h("div", { class: "line" }, ...labelled(label, value), ...nodes(value, bare ? "" : separator, true, depth + 1)));
    });
    const left = group.items.length - from - PAGE;
    if (left <= 0) return;
    const more = h("button", { type: "button", class: "quiet" }, `Show ${Math.min(left, PAGE)} more of ${left}`);
    more.addEventListener("click", () => {
      more.remove();
      show(from + PAGE);
    });
    lines.append(more);
  };
  show(0);
  if (group.keyword === "(") return [text("("), lines, text(`)${end}`)];
  const count = group.keyword === "vec" ? span("note", ` ${group.items.length} items`) : text("");
  const summary = h("summary", {}, ...open, span("dots", " … }"), count);
  return [h("details", { open: true, class: "fold" }, summary, lines, h("span", { class: "close" }, close.trim() + end))];
}

function brackets(group: Group): [open: Node[], close: string, separator: string] {
  if (group.keyword === "(") return [[text("(")], ")", ","];
  return [[span("keyword", group.keyword), text(group.items.length ? " { " : " {")], group.items.length ? " }" : "}", ";"];
}

function labelled(label: string | undefined, value: Document): Node[] {
  if (label === undefined) return [];
  const bare = value.form === "leaf" && value.text === "";
  return bare ? [span("label", label)] : [span("label", label), text(" = ")];
}

type Remarked = [shown: Node[], remark: string | undefined];

function leaf(document: Leaf): Remarked {
  const shown = span(document.look, document.text);
  if (document.look === "number" && document.note) shown.title = document.note;
  return [[shown], document.moment];
}

function blob(bytes: Uint8Array): Remarked {
  if (!bytes.length) return [[span("keyword", "blob")], "empty"];
  const digits = hex(bytes.subarray(0, BLOB_BYTES)).replace(/.{8}(?=.)/g, "$& ");
  const preview = readableText(bytes.subarray(0, PREVIEW));
  const note = [sizeText(bytes.length), preview && `“${preview}${bytes.length > PREVIEW ? "…" : ""}”`].filter(Boolean).join(" · ");
  return [[span("keyword", "blob "), span("blob", bytes.length > BLOB_BYTES ? `${digits} …` : digits)], note];
}

/** How many characters a value takes on a line; more than a line's for what does not fit anyway. */
function width(document: Document): number {
  if (document.form === "leaf") return document.bytes ? Math.min(document.bytes.length, BLOB_BYTES) * 2 + 16 : document.text.length;
  if (document.form === "opt") return 4 + width(document.value);
  let total = document.keyword.length + 4;
  for (const { label, value } of document.items) {
    total += (label === undefined ? 2 : label.length + 5) + width(value);
    if (total > LINE) break;
  }
  return total;
}

function span(kind: string, content: string): HTMLElement {
  return h("span", { class: kind }, content);
}

function text(content: string): Text {
  return document.createTextNode(content);
}
