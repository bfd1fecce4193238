/** The calls made on this page, newest first; forgotten when the page is left. */

import type { Mode } from "../candid/types";
import type { Answer, Request } from "./caller";
import type { Problem } from "./problems";

export interface Entry {
  number: number;
  method: string;
  mode: Mode;
  how: Request["how"];
  caller: string;
  at: Date;
  milliseconds: number | undefined;
  arguments: unknown[];
  /** Decoded results; undefined while waiting and after a problem. */
  results: unknown[] | undefined;
  reply: Uint8Array | undefined;
  proof: Answer["proof"] | undefined;
  problem: Problem | undefined;
}

const MOST = 200;

/** Keeps the last calls; listeners are told of every change. */
export class Log {
  readonly #entries: Entry[] = [];
  readonly #listeners = new Set<() => void>();
  #count = 0;

  get entries(): readonly Entry[] {
    return this.#entries;
  }

  of(method: string): Entry[] {
    return this.#entries.filter((entry) => entry.method === method);
  }

  start(entry: Pick<Entry, "method" | "mode" | "how" | "caller" | "arguments">): Entry {
    this.#count += 1;
    const started: Entry = {
      ...entry,
      number: this.#count,
      at: new Date(),
      milliseconds: undefined,
      results: undefined,
      reply: undefined,
      proof: undefined,
      problem: undefined,
    };
    this.#entries.unshift(started);
    this.#entries.splice(MOST);
    this.changed();
    return started;
  }

  changed(): void {
    for (const listener of this.#listeners) listener();
  }

  /** Calls `listener` at every change until the answered function is called. */
  watch(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
