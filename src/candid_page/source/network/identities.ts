/** Who calls: anonymous, or Ed25519 identities generated here and kept in the browser's local storage. */

import { AnonymousIdentity, type Identity } from "@icp-sdk/core/agent";
import { Ed25519KeyIdentity } from "@icp-sdk/core/identity";

const PLACE = "candid-page-identities";
export const ANONYMOUS = "Anonymous";
const LONGEST_NAME = 40;

interface Stored {
  selected: string;
  identities: { name: string; key: [string, string] }[];
}

export interface Caller {
  name: string;
  principal: string;
  identity: Identity;
}

/** The identities of this browser. `onchange` is called after every change. */
export class Identities {
  onchange: () => void = () => undefined;
  readonly #anonymous: Caller = caller(ANONYMOUS, new AnonymousIdentity());
  #generated: (Caller & { identity: Ed25519KeyIdentity })[] = [];
  #selected = ANONYMOUS;

  constructor() {
    this.#load();
    // Another tab may have made or forgotten one.
    addEventListener("storage", (event) => {
      if (event.key !== PLACE) return;
      this.#load();
      this.onchange();
    });
  }

  get all(): Caller[] {
    return [this.#anonymous, ...this.#generated];
  }

  get selected(): Caller {
    return this.all.find((each) => each.name === this.#selected) ?? this.#anonymous;
  }

  select(name: string): void {
    this.#selected = name;
    this.#keep();
  }

  /** A name that is not taken. */
  suggestion(): string {
    for (let number = 1; ; number += 1) {
      const name = `Identity ${number}`;
      if (!this.#taken(name)) return name;
    }
  }

  /** Makes an identity and selects it. Throws an Error for a name that cannot be used. */
  generate(name: string): void {
    const wanted = name.trim();
    if (!wanted) throw new Error("Give the identity a name.");
    if (wanted.length > LONGEST_NAME) throw new Error(`A name has at most ${LONGEST_NAME} characters.`);
    if (this.#taken(wanted)) throw new Error(`There is an identity called “${wanted}” already.`);
    const identity = Ed25519KeyIdentity.generate();
    this.#generated.push({ ...caller(wanted, identity), identity });
    this.select(wanted);
  }

  forget(name: string): void {
    this.#generated = this.#generated.filter((each) => each.name !== name);
    if (this.#selected === name) this.#selected = ANONYMOUS;
    this.#keep();
  }

  #taken(name: string): boolean {
    return this.all.some((each) => each.name.toLowerCase() === name.toLowerCase());
  }

  #load(): void {
    const stored = read();
    this.#generated = (stored?.identities ?? []).flatMap(({ name, key }) => {
      try {
        const identity = Ed25519KeyIdentity.fromParsedJson(key);
        return [{ ...caller(name, identity), identity }];
      } catch {
        return [];
      }
    });
    this.#selected = stored?.selected ?? ANONYMOUS;
  }

  #keep(): void {
    const stored: Stored = {
      selected: this.#selected,
      identities: this.#generated.map(({ name, identity }) => ({ name, key: identity.toJSON() })),
    };
    try {
      localStorage.setItem(PLACE, JSON.stringify(stored));
    } catch {
      // A browser that keeps nothing: identities last as long as the page.
    }
    this.onchange();
  }
}

function caller(name: string, identity: Identity): Caller {
  return { name, identity, principal: identity.getPrincipal().toText() };
}

function read(): Stored | undefined {
  try {
    const stored = JSON.parse(localStorage.getItem(PLACE) ?? "null") as Stored | null;
    return stored && Array.isArray(stored.identities) ? stored : undefined;
  } catch {
    return undefined;
  }
}
