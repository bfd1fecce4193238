/** What every editor of a value has in common. */

import { freshId, h, type Child } from "../dom";

/** Something that keeps a form from being sent, and the control where it is mended. */
export interface Complaint {
  message: string;
  control: HTMLElement;
}

/** An editor of one value. */
export interface Editor {
  readonly element: HTMLElement;
  /** The control that a label belongs to; none for editors made of several. */
  readonly control?: HTMLElement;
  /** The value as the codec wants it. What is wrong is added to `complaints`, shown, and the value is then meaningless. */
  read(complaints: Complaint[]): unknown;
  write(value: unknown): void;
}

/** What editors know of the page around them. */
export interface Surroundings {
  /** The principal of who calls. */
  me(): string;
  /** Principals that are likely to be meant, with what they are. */
  suggestions(): [principal: string, what: string][];
}

/** An editor of a text in one control: says what is wrong below it, and again while it is being mended. */
export function textEditor<T>(
  control: HTMLInputElement | HTMLTextAreaElement,
  parse: (text: string) => T,
  print: (value: T) => string,
  around: (control: HTMLElement) => Child[] = (each) => [each],
): Editor {
  const message = h("p", { class: "complaint", id: freshId("complaint"), hidden: true });
  const judge = (): { value: T } | { wrong: string } => {
    try {
      return { value: parse(control.value) };
    } catch (error) {
      return { wrong: error instanceof Error ? error.message : String(error) };
    }
  };
  const show = (wrong: string | undefined): void => showComplaint(control, message, wrong);
  control.addEventListener("input", () => {
    if (!message.hidden) showJudged();
  });
  control.addEventListener("change", () => {
    if (control.value !== "") showJudged();
  });
  function showJudged(): void {
    const judged = judge();
    show("wrong" in judged ? judged.wrong : undefined);
  }
  return {
    element: h("div", { class: "editor" }, ...around(control), message),
    control,
    read(complaints) {
      const judged = judge();
      show("wrong" in judged ? judged.wrong : undefined);
      if ("value" in judged) return judged.value;
      complaints.push({ message: judged.wrong, control });
      return undefined;
    },
    write(value) {
      control.value = print(value as T);
      control.dispatchEvent(new Event("input"));
      show(undefined);
    },
  };
}

/** Shows what is wrong with a control, or that nothing is. */
export function showComplaint(control: HTMLElement, message: HTMLElement, wrong: string | undefined): void {
  message.hidden = wrong === undefined;
  message.textContent = wrong ?? "";
  if (wrong === undefined) {
    control.removeAttribute("aria-invalid");
    control.removeAttribute("aria-describedby");
  } else {
    control.setAttribute("aria-invalid", "true");
    control.setAttribute("aria-describedby", message.id);
  }
}

/** A labelled line of a form. `note` stands beside the label: the type. */
export function row(label: string, note: Child, editor: Editor): HTMLElement {
  const id = freshId("field");
  if (editor.control) editor.control.id ||= id;
  else {
    editor.element.setAttribute("role", "group");
    editor.element.setAttribute("aria-labelledby", id);
  }
  const head = editor.control
    ? h("label", { class: "name", for: editor.control.id }, label)
    : h("span", { class: "name", id }, label);
  return h("div", { class: "row" }, h("div", { class: "row-head" }, head, note), editor.element);
}
