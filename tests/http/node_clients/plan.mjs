// Carries out plans, each a line of JSON on standard input, and answers each with a line: the result of each action, in order.
//
// A plan is { url, canister, identity, fetch_root_key?, root_key?, retries?, actions }. A result is { ok } or { error }, where an error
// has the names, codes and texts that the client gave it. Numbers above 53 bits are text, bytes are hexadecimal, principals are text.
import { createInterface } from 'node:readline';
import { actions } from './actions.mjs';
import { makeIdentity } from './identities.mjs';

export async function serve(sdk) {
  for await (const line of createInterface({ input: process.stdin })) {
    process.stdout.write(JSON.stringify(await carryOut(sdk, JSON.parse(line)), readable) + '\n');
  }
}

async function carryOut(sdk, plan) {
  const results = [];
  let client;
  for (const action of plan.actions) {
    try {
      client ??= await connect(sdk, plan);
      results.push({ ok: (await actions[action.do](client, action)) ?? null });
    } catch (error) {
      results.push({ error: describe(error) });
    }
  }
  return results;
}

async function connect(sdk, plan) {
  const identity = await makeIdentity(sdk, plan.identity ?? { kind: 'anonymous' });
  const rootKey = plan.root_key === undefined ? {} : { rootKey: Uint8Array.from(Buffer.from(plan.root_key, 'hex')) };
  const http = await sdk.agent.HttpAgent.create({
    host: plan.url,
    identity,
    shouldFetchRootKey: plan.fetch_root_key ?? true,
    verifyQuerySignatures: true,
    retryTimes: plan.retries ?? 0,
    ...rootKey,
  });
  return { sdk, http, identity, canister: sdk.Principal.fromText(plan.canister) };
}

function describe(error) {
  const code = error.code ?? error.cause?.code;
  return {
    name: error.name,
    message: error.message,
    code: code?.name,
    reject_code: code?.rejectCode,
    reject_message: code?.rejectMessage,
    error_code: code?.rejectErrorCode,
    http_status: code?.status,
    http_body: code?.bodyText,
  };
}

function readable(key, value) {
  // A principal and a Buffer turn themselves into something else before they come here.
  const original = this[key];
  if (typeof original === 'bigint') return original.toString();
  if (original instanceof Uint8Array) return Buffer.from(original).toString('hex');
  if (original?._isPrincipal) return original.toText();
  if (original instanceof Map) return Object.fromEntries(original);
  return value;
}
