/** Editors of values with parts: each part has an editor of its own. */

import { keyOf, labelText, isTuple, type Concrete, type Field, type Scope, type Type } from "../candid/types";
import { fill, h } from "../dom";
import { row, type Editor } from "./editor";

/** Makes the editor of a part; `label` is that of the field, where the part is one. */
export type Make = (type: Type, label?: string) => Editor;
/** The words for a type that stand beside a label. */
export type Note = (type: Type) => HTMLElement;

export function recordEditor(fields: readonly Field[], scope: Scope, make: Make, note: Note): Editor {
  const tuple = isTuple(fields);
  const parts = fields.map((field) => ({ field, editor: make(field.type, String(field.label)) }));
  const optional = ({ field }: { field: Field }): number => Number(scope.resolve(field.type).kind === "opt");
  // What must be entered comes before what may be; a tuple has an order of its own.
  const shown = tuple ? parts : [...parts].sort((one, other) => optional(one) - optional(other));
  const rows = shown.map(({ field, editor }) => row(labelText(field.label), note(field.type), editor));
  return {
    element: h("div", { class: "editor nest" }, ...(rows.length ? rows : [h("p", { class: "fixed" }, "nothing to enter")])),
    read(complaints) {
      const values = parts.map(({ field, editor }) => [keyOf(field.label), editor.read(complaints)] as const);
      return tuple ? values.map(([, value]) => value) : Object.fromEntries(values);
    },
    write(value) {
      for (const { field, editor } of parts) {
        editor.write((value as Record<string | number, unknown>)[tuple ? field.label : keyOf(field.label)]);
      }
    },
  };
}

export function variantEditor(type: Concrete & { kind: "record" | "variant" }, scope: Scope, make: Make, note: Note): Editor {
  const tags = [...type.fields].sort((one, other) => String(one.label).localeCompare(String(other.label)));
  const select = h("select", {}, ...tags.map((tag, position) => h("option", { value: position }, labelText(tag.label))));
  const place = h("div", { class: "content" });
  let content: Editor | undefined;
  const draw = (): void => {
    const tag = tags[Number(select.value)]!;
    content = scope.resolve(tag.type).kind === "null" ? undefined : make(tag.type, String(tag.label));
    fill(place, content && h("div", { class: "nest" }, row(labelText(tag.label), note(tag.type), content)));
  };
  // The flattest: a tag through which the variant contains itself would have to be filled in for ever.
  const heights = tags.map((tag) => scope.height(tag.type));
  select.value = String(heights.indexOf(Math.min(...heights)));
  select.addEventListener("change", draw);
  draw();
  return {
    element: h("div", { class: "editor" }, select, place),
    control: select,
    read(complaints) {
      const tag = tags[Number(select.value)]!;
      return { [keyOf(tag.label)]: content ? content.read(complaints) : null };
    },
    write(value) {
      const position = tags.findIndex((tag) => Object.hasOwn(value as object, keyOf(tag.label)));
      select.value = String(position);
      draw();
      content?.write((value as Record<string, unknown>)[keyOf(tags[position]!.label)]);
    },
  };
}

export function optEditor(inner: Type, make: Make, noteText: string): Editor {
  const box = h("input", { type: "checkbox", class: "switch", role: "switch" });
  const state = h("span", { class: "hint" }, "null");
  const place = h("div", { class: "content" });
  let content: Editor | undefined;
  const draw = (): void => {
    content = box.checked ? make(inner) : undefined;
    if (content?.control) content.control.setAttribute("aria-label", noteText);
    state.textContent = box.checked ? "" : "null";
    fill(place, content?.element);
  };
  box.addEventListener("change", draw);
  return {
    element: h("div", { class: "editor opt" }, h("span", { class: "switch-line" }, box, state), place),
    control: box,
    read: (complaints) => (content ? [content.read(complaints)] : []),
    write(value) {
      const given = value as [unknown?];
      box.checked = given.length > 0;
      draw();
      if (given.length) content!.write(given[0]);
    },
  };
}

export function vecEditor(inner: Type, make: Make): Editor {
  let items: { editor: Editor; line: HTMLElement }[] = [];
  const list = h("ol", { class: "items" });
  const count = h("span", { class: "hint", "aria-live": "polite" }, "empty");
  const button = h("button", { type: "button", class: "quiet add" }, "Add item");
  const changed = (): void => {
    count.textContent = items.length === 0 ? "empty" : items.length === 1 ? "1 item" : `${items.length} items`;
    items.forEach(({ editor }, position) => (editor.control ?? editor.element).setAttribute("aria-label", `Item ${position + 1}`));
  };
  const add = (): Editor => {
    const editor = make(inner);
    const remove = h("button", { type: "button", class: "quiet remove", "aria-label": "Remove item", title: "Remove item" }, "×");
    const line = h("li", {}, editor.element, remove);
    remove.addEventListener("click", () => {
      items = items.filter((item) => item.line !== line);
      line.remove();
      changed();
      button.focus();
    });
    items.push({ editor, line });
    list.append(line);
    changed();
    return editor;
  };
  button.addEventListener("click", () => {
    const editor = add();
    (editor.control ?? editor.element.querySelector<HTMLElement>("input, select, textarea, button"))?.focus();
  });
  return {
    element: h("div", { class: "editor vec" }, list, h("div", { class: "with-hint" }, button, count)),
    control: button,
    read: (complaints) => items.map(({ editor }) => editor.read(complaints)),
    write(value) {
      items = [];
      list.replaceChildren();
      for (const item of Array.from(value as ArrayLike<unknown>)) add().write(item);
      changed();
    },
  };
}
