/** The editor that fits a type. */

import { INTEGERS, isBlob, typeText, type IntegerKind, type Scope, type Type } from "../candid/types";
import { h } from "../dom";
import { blobEditor } from "./blob";
import { optEditor, recordEditor, variantEditor, vecEditor } from "./compound";
import type { Editor, Surroundings } from "./editor";
import { boolEditor, fixedEditor, floatEditor, functionEditor, impossibleEditor, integerEditor, principalEditor, textValueEditor } from "./simple";

/** A type beside a label; what a name stands for, and what is said of it, shows when pointed at. */
export function typeNote(type: Type, scope: Scope): HTMLElement {
  const named = innermost(type);
  const about = named.kind === "name" ? [`${named.name} = ${typeText(scope.resolve(named))}`, scope.doc(named)].filter(Boolean).join("\n\n") : undefined;
  return h("code", { class: "type", title: about }, shortened(typeText(type)));
}

/** What an `opt` or a `vec` is of. */
export function innermost(type: Type): Type {
  return type.kind === "opt" || type.kind === "vec" ? innermost(type.of) : type;
}

function shortened(text: string): string {
  return text.length > 60 ? `${text.slice(0, 58)}…` : text;
}

/** Labels of fields that hold a moment, in nanoseconds since 1970. */
const MOMENT = /(^|_)(at|time|timestamp|deadline|expir\w*|from|until)(_ns|_nanos)?$/;

/** An editor for values of `type`, empty. `label` is that of the field it is for. */
export function makeEditor(type: Type, scope: Scope, surroundings: Surroundings, label = ""): Editor {
  if (scope.height(type) === Infinity) return impossibleEditor();
  const make = (inner: Type, field = label): Editor => makeEditor(inner, scope, surroundings, field);
  const note = (inner: Type): HTMLElement => typeNote(inner, scope);
  const concrete = scope.resolve(type);
  if ((INTEGERS as readonly string[]).includes(concrete.kind)) {
    return integerEditor(concrete.kind as IntegerKind, concrete.kind === "nat64" && MOMENT.test(label));
  }
  if (isBlob(concrete, scope)) return blobEditor();
  switch (concrete.kind) {
    case "opt":
      return optEditor(concrete.of, make, typeText(concrete.of));
    case "vec":
      return vecEditor(concrete.of, make);
    case "record":
      return recordEditor(concrete.fields, scope, make, note);
    case "variant":
      return variantEditor(concrete, scope, make, note);
    case "func":
      return functionEditor(surroundings);
    case "service":
    case "principal":
      return principalEditor(surroundings);
    case "bool":
      return boolEditor();
    case "text":
      return textValueEditor();
    case "float32":
    case "float64":
      return floatEditor(concrete.kind);
    case "reserved":
      return fixedEditor(null, "anything: null is sent");
    default:
      return fixedEditor(null, "null");
  }
}
