// Identities by what a plan says of them: { kind, seed? } or { kind: "delegated", from, to, targets?, permissions?, lasts_ms? }.

export async function makeIdentity(sdk, wanted) {
  const seed = wanted.seed === undefined ? undefined : Uint8Array.from(Buffer.from(wanted.seed, 'hex'));
  switch (wanted.kind) {
    case 'anonymous':
      return new sdk.agent.AnonymousIdentity();
    case 'ed25519':
      return sdk.identity.Ed25519KeyIdentity.generate(seed);
    case 'secp256k1':
      return seed === undefined ? sdk.Secp256k1KeyIdentity.generate() : sdk.Secp256k1KeyIdentity.fromSecretKey(seed);
    case 'p256':
      return sdk.identity.ECDSAKeyIdentity.generate({ extractable: false });
    case 'delegated':
      return delegated(sdk, wanted);
    default:
      throw new Error(`there is no kind of identity called ${wanted.kind}`);
  }
}

async function delegated(sdk, wanted) {
  const chain = [];
  for (const link of [wanted.from, ...(wanted.through ?? []), wanted.to]) chain.push(await makeIdentity(sdk, link));
  const options = { targets: wanted.targets?.map((target) => sdk.Principal.fromText(target)), permissions: wanted.permissions };
  const expiration = new Date(Date.now() + (wanted.lasts_ms ?? 600_000));
  let previous;
  for (let link = 1; link < chain.length; link += 1) {
    previous = await sdk.identity.DelegationChain.create(chain[link - 1], chain[link].getPublicKey(), expiration, { previous, ...options });
  }
  return sdk.identity.DelegationIdentity.fromDelegation(chain.at(-1), previous);
}
