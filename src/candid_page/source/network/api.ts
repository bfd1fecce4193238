/** What the replica tells this page about its canisters. */

import type { Interface } from "../candid/types";

export interface Listing {
  total: number;
  canisters: { id: string; methods: number | null }[];
}

/** A request for data of the page was refused. */
export class DataRefused extends Error {
  readonly code: string;
  readonly did: string | undefined;

  constructor(code: string, message: string, did?: string) {
    super(message);
    this.code = code;
    this.did = did;
  }
}

export function fetchInterface(canister: string): Promise<Interface> {
  return fetchData(`interface?id=${encodeURIComponent(canister)}`);
}

export function fetchCanisters(): Promise<Listing> {
  return fetchData("canisters");
}

async function fetchData<T>(path: string): Promise<T> {
  let answer: Response;
  try {
    answer = await fetch(new URL(`/_/candid/${path}`, location.origin));
  } catch {
    throw new DataRefused("unreachable", "The replica does not answer. Is it running?");
  }
  const content = await answer.json().catch(() => undefined);
  if (answer.ok && content !== undefined) return content as T;
  const { code, message } = content?.error ?? { code: "http", message: `The replica answered with HTTP status ${answer.status}.` };
  throw new DataRefused(code, message, content?.did);
}
