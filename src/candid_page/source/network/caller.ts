/** Calls, made and verified by @icp-sdk/core: certificates of updates, node signatures of queries. */

import { HttpAgent, QueryResponseStatus, StatePaths, UncertifiedRejectErrorCode, RejectError } from "@icp-sdk/core/agent";
import { Principal } from "@icp-sdk/core/principal";
import type { Caller } from "./identities";

export interface Request {
  method: string;
  argument: Uint8Array;
  how: "query" | "update" | "oneway";
}

export interface Answer {
  /** Empty for a oneway call, which has no answer. */
  reply: Uint8Array | undefined;
  /** What proves the reply. */
  proof: "certificate" | "node signature" | "none";
}

export interface CanisterState {
  moduleHash: Uint8Array | null;
  controllers: string[];
  certifiedAt: Date | null;
}

/** Calls of one canister. Everything it answers has been verified; what does not verify is thrown as an error. */
export class CanisterCaller {
  readonly canister: string;
  readonly #agents = new Map<string, Promise<HttpAgent>>();

  constructor(canister: string) {
    this.canister = canister;
  }

  async call(caller: Caller, request: Request): Promise<Answer> {
    const agent = await this.#agent(caller);
    const fields = { methodName: request.method, arg: request.argument };
    if (request.how === "query") return this.#query(agent, fields);
    if (request.how === "oneway") {
      await agent.call(this.canister, { ...fields, callSync: false });
      return { reply: undefined, proof: "none" };
    }
    const { reply } = await agent.update(this.canister, fields);
    return { reply, proof: "certificate" };
  }

  /** What the certified state says of the canister. */
  async state(caller: Caller): Promise<CanisterState> {
    const agent = await this.#agent(caller);
    const canisterId = Principal.fromText(this.canister);
    const [time, hash, controllers] = [StatePaths.time, StatePaths.canisterModuleHash(canisterId), StatePaths.canisterControllers(canisterId)];
    const { values } = await agent.readState({ canisterId }, { paths: [time, hash, controllers] });
    return {
      moduleHash: values.get(hash),
      controllers: (values.get(controllers) ?? []).map((controller) => controller.toText()),
      certifiedAt: values.get(time),
    };
  }

  async #query(agent: HttpAgent, fields: { methodName: string; arg: Uint8Array }): Promise<Answer> {
    const answer = await agent.query(this.canister, fields);
    if (answer.status === QueryResponseStatus.Replied) return { reply: answer.reply.arg, proof: "node signature" };
    const { requestId, reject_code, reject_message, error_code, signatures } = answer;
    throw RejectError.fromCode(new UncertifiedRejectErrorCode(requestId, reject_code, reject_message, error_code, signatures));
  }

  /** One agent for each principal, so that the root key and the nodes' keys are fetched once. */
  #agent(caller: Caller): Promise<HttpAgent> {
    const known = this.#agents.get(caller.principal);
    if (known) return known;
    const made = HttpAgent.create({
      host: location.origin,
      identity: caller.identity,
      shouldFetchRootKey: true,
      verifyQuerySignatures: true,
      retryTimes: 1,
    });
    this.#agents.set(caller.principal, made);
    // A replica that was not there may be there at the next try.
    made.catch(() => this.#agents.delete(caller.principal));
    return made;
  }
}
