/** What the views of one canister share. */

import { Codec } from "../candid/codec";
import { modeOf, Scope, type Interface, type Method } from "../candid/types";
import { CanisterCaller, type Request } from "../network/caller";
import type { Identities } from "../network/identities";
import { Log, type Entry } from "../network/log";
import { problemOf, unreadable } from "../network/problems";

export class Context {
  readonly interface: Interface;
  readonly identities: Identities;
  readonly scope: Scope;
  readonly codec: Codec;
  readonly caller: CanisterCaller;
  readonly log = new Log();
  readonly methods: ReadonlyMap<string, Method>;

  constructor(interface_: Interface, identities: Identities) {
    this.interface = interface_;
    this.identities = identities;
    this.scope = new Scope(interface_);
    this.codec = new Codec(this.scope);
    this.caller = new CanisterCaller(interface_.canister);
    this.methods = new Map(interface_.methods.map((method) => [method.name, method]));
  }

  /** Makes a call and keeps it in the log; whatever happens is in the entry. Throws for values that cannot be encoded. */
  async call(method: Method, values: unknown[], how: Request["how"], started: (entry: Entry) => void): Promise<Entry> {
    const argument = this.codec.encode(method.arguments, values);
    const who = this.identities.selected;
    const entry = this.log.start({ method: method.name, mode: modeOf(method), how, caller: who.name, arguments: values });
    started(entry);
    const begun = performance.now();
    try {
      const answer = await this.caller.call(who, { method: method.name, argument, how });
      entry.proof = answer.proof;
      entry.reply = answer.reply;
      if (answer.reply) this.#decode(entry, method, answer.reply);
    } catch (error) {
      entry.problem = problemOf(error);
    }
    entry.milliseconds = performance.now() - begun;
    this.log.changed();
    return entry;
  }

  #decode(entry: Entry, method: Method, reply: Uint8Array): void {
    try {
      entry.results = this.codec.decode(method.results, reply);
    } catch (error) {
      entry.problem = unreadable(error);
    }
  }
}
