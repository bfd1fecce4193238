/** The editor of blobs: hex digits, text, or a file. */

import { hex, readHex, readableText, sizeText } from "../candid/bytes";
import { freshId, h, segmented } from "../dom";
import { showComplaint, type Editor } from "./editor";

type Way = "Hex" | "Text" | "File";

export function blobEditor(): Editor {
  let way: Way = "Hex";
  let file: { name: string; bytes: Uint8Array } | undefined;
  const area = h("textarea", { rows: 1, class: "mono", spellcheck: "false", autocomplete: "off", "aria-label": "Content", placeholder: "00 ff" });
  const picker = h("input", { type: "file", "aria-label": "File", hidden: true });
  const size = h("span", { class: "hint", "aria-live": "polite" });
  const message = h("p", { class: "complaint", id: freshId("complaint"), hidden: true });
  const ways = h("div", { class: "with-hint" });

  const bytes = (): Uint8Array => {
    if (way === "File") {
      if (!file) throw new Error("Choose a file.");
      return file.bytes;
    }
    return way === "Hex" ? readHex(area.value) : new TextEncoder().encode(area.value);
  };
  const control = (): HTMLElement => (way === "File" ? picker : area);
  const judge = (complaining: boolean): Uint8Array | string => {
    try {
      const read = bytes();
      size.textContent = file && way === "File" ? `${file.name}, ${sizeText(read.length)}` : sizeText(read.length);
      showComplaint(control(), message, undefined);
      return read;
    } catch (error) {
      const wrong = error instanceof Error ? error.message : String(error);
      size.textContent = "";
      if (complaining) showComplaint(control(), message, wrong);
      return wrong;
    }
  };
  const draw = (): void => {
    area.hidden = way === "File";
    picker.hidden = way !== "File";
    area.classList.toggle("mono", way === "Hex");
    area.placeholder = way === "Hex" ? "00 ff" : "";
    ways.replaceChildren(segmented("Enter as", ["Hex", "Text", "File"], way, (choice) => change(choice as Way)), size);
    showComplaint(control(), message, undefined);
    judge(false);
  };
  /** What was entered stays, in the other form, where it can be said in it. */
  const change = (next: Way): void => {
    const before = judge(false);
    way = next;
    if (typeof before !== "string" && next === "Hex") area.value = hex(before);
    if (typeof before !== "string" && next === "Text") area.value = readableText(before) ?? "";
    draw();
    ways.querySelector<HTMLInputElement>("input:checked")?.focus();
  };

  area.addEventListener("input", () => judge(!message.hidden));
  area.addEventListener("change", () => judge(true));
  picker.addEventListener("change", async () => {
    const [chosen] = picker.files ?? [];
    file = chosen && { name: chosen.name, bytes: new Uint8Array(await chosen.arrayBuffer()) };
    judge(true);
  });
  draw();
  return {
    element: h("div", { class: "editor blob" }, ways, area, picker, message),
    read(complaints) {
      const judged = judge(true);
      if (typeof judged !== "string") return judged;
      complaints.push({ message: judged, control: control() });
      return undefined;
    },
    write(value) {
      way = "Hex";
      area.value = hex(value as Uint8Array);
      draw();
    },
  };
}
