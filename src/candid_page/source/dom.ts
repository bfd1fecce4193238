/** Small helpers around the DOM; the page is made without markup strings, so nothing a canister says can become markup. */

export type Child = Node | string | null | undefined | false;
type Attributes = Record<string, string | number | boolean | undefined | ((event: never) => void)>;

/** An element. Attributes that start with `on` are listeners; true sets an empty attribute, false and undefined set none. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value as unknown as EventListener);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== undefined) element.setAttribute(name, String(value));
  }
  element.append(...present(children));
  return element;
}

/** Puts `children` in the place of what `parent` holds. */
export function fill(parent: Element, ...children: Child[]): void {
  parent.replaceChildren(...present(children));
}

function present(children: Child[]): (Node | string)[] {
  return children.filter((child): child is Node | string => child !== null && child !== undefined && child !== false);
}

/** Text of comments as running text: what stands between backticks is code. */
export function prose(text: string): HTMLElement {
  const parts = text.split(/`([^`]+)`/);
  return h("p", { class: "doc" }, ...parts.map((part, position) => (position % 2 ? h("code", {}, part) : part)));
}

let counter = 0;

/** An id that no other element has. */
export function freshId(purpose: string): string {
  counter += 1;
  return `${purpose}-${counter}`;
}

/** A button that copies a text and says so for a moment. */
export function copyButton(label: string, text: () => string, title = ""): HTMLButtonElement {
  const button = h("button", { type: "button", class: "quiet", title: title || undefined, "aria-live": "polite" }, label);
  button.addEventListener("click", async () => {
    button.textContent = (await copied(text())) ? "Copied" : "Not copied";
    setTimeout(() => (button.textContent = label), 1_200);
  });
  return button;
}

async function copied(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copiedBySelection(text);
  }
}

/** For pages that were not loaded over a secure channel, where browsers offer no clipboard. */
function copiedBySelection(text: string): boolean {
  const area = h("textarea", { class: "off-screen", "aria-hidden": "true" });
  area.value = text;
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  return done;
}

/** A switch between few choices, as radio buttons. */
export function segmented(name: string, choices: readonly string[], chosen: string, onchange: (choice: string) => void): HTMLElement {
  const group = freshId("choice");
  const buttons = choices.map((choice) => {
    const input = h("input", { type: "radio", name: group, value: choice, checked: choice === chosen });
    input.addEventListener("change", () => onchange(choice));
    return h("label", {}, input, h("span", {}, choice));
  });
  return h("div", { class: "segmented", role: "radiogroup", "aria-label": name }, ...buttons);
}
