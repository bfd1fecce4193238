// What a plan may ask for. Each takes the client and the action's own fields.
const text = (value) => new TextEncoder().encode(value);
const bytes = (hex) => Uint8Array.from(Buffer.from(hex, 'hex'));

function counterInterface({ IDL }) {
  return IDL.Service({
    add: IDL.Func([IDL.Nat64], [IDL.Nat64], []),
    total: IDL.Func([], [IDL.Nat64], ['query']),
    who: IDL.Func([], [IDL.Principal], []),
    who_asks: IDL.Func([], [IDL.Principal], ['query']),
    fail: IDL.Func([IDL.Text], [], []),
    fail_query: IDL.Func([IDL.Text], [], ['query']),
    refuse: IDL.Func([IDL.Text], [], []),
    missing: IDL.Func([], [], []),
    missing_query: IDL.Func([], [], ['query']),
    uninvited: IDL.Func([], [], []),
    echo: IDL.Func([IDL.Vec(IDL.Nat8)], [IDL.Vec(IDL.Nat8)], []),
  });
}

function actor({ sdk, http, canister }) {
  return sdk.agent.Actor.createActor(() => counterInterface(sdk), { agent: http, canisterId: canister });
}

function managementCanister({ sdk: { IDL, Principal, agent }, http }, where) {
  const created = IDL.Record({ canister_id: IDL.Principal });
  const wanted = IDL.Record({ amount: IDL.Opt(IDL.Nat) });
  const listed = IDL.Record({ canisters: IDL.Vec(IDL.Record({ start: IDL.Principal, end: IDL.Principal })) });
  const service = () =>
    IDL.Service({
      provisional_create_canister_with_cycles: IDL.Func([wanted], [created], []),
      list_canisters: IDL.Func([], [listed], ['query']),
    });
  return agent.Actor.createActor(service, { agent: http, canisterId: Principal.fromText('aaaaa-aa'), ...where });
}

function argument(value) {
  if (typeof value === 'number') return BigInt(value);
  return value.hex === undefined ? value : bytes(value.hex);
}

export const actions = {
  // The identity's principal.
  principal: ({ identity }) => identity.getPrincipal(),

  // A method of the counter through an actor, which polls when the synchronous call was not answered in time.
  invoke: (client, { method, args }) => actor(client)[method](...(args ?? []).map(argument)),

  // A call as /api/v2 has it: accepted first, then polled for.
  async poll({ sdk, http, canister, target }, { method, arg }) {
    const { requestId, response } = await http.call(canister, { methodName: method, arg: bytes(arg), callSync: false });
    const answer = response.status === 202 ? await sdk.agent.polling.pollForResponse(http, sdk.target(canister), requestId) : {};
    return { http_status: response.status, body: response.body, reply: answer.reply };
  },

  // Named paths of the canister's state, verified.
  async status({ sdk, http, canister }, { paths, of }) {
    const canisterId = of === undefined ? canister : sdk.Principal.fromText(of);
    const found = await sdk.agent.CanisterStatus.request({ agent: http, canisterId, paths });
    if (found.get('subnet')?.nodeKeys) found.get('subnet').nodeKeys = Object.fromEntries(found.get('subnet').nodeKeys);
    return found;
  },

  // What a verified certificate says of a path given in text and hexadecimal: Found, Absent, Unknown or Error.
  async lookup({ sdk, http, canister }, { path }) {
    const labels = path.map((label) => (label.hex === undefined ? text(label) : bytes(label.hex)));
    const { certificate } = await http.readState(sdk.target(canister), { paths: [labels] });
    // One client names the canister `canisterId`, the other `principal`.
    const about = { canisterId: canister, principal: sdk.target(canister) };
    const verified = await sdk.agent.Certificate.create({ certificate, rootKey: http.rootKey, ...about });
    const found = verified.lookup_path(labels);
    return { status: found.status, value: found.value };
  },

  // How far the client believes its clock to be from the replica's, in milliseconds.
  async sync_time({ http }) {
    await http.syncTime();
    return http.getTimeDiffMsecs();
  },

  // A canister made by the management canister, asked for at the subnet's address if one is given; its id.
  async create_canister(client, { subnet }) {
    const { Principal } = client.sdk;
    const anywhere = { effectiveCanisterId: Principal.fromText('rwlgt-iiaaa-aaaaa-aaaaa-cai') };
    const management = managementCanister(client, subnet === undefined ? anywhere : { effectiveTarget: { subnetId: Principal.fromText(subnet) } });
    return (await management.provisional_create_canister_with_cycles({ amount: [] })).canister_id;
  },

  // The ranges of canister ids that a subnet says it has, by a query to the management canister at the subnet's address.
  async list_canisters(client, { subnet }) {
    const subnetId = client.sdk.Principal.fromText(subnet);
    return (await managementCanister(client, { effectiveTarget: { subnetId } }).list_canisters()).canisters;
  },

  // What is certified of a subnet, read at its own address.
  async subnet_status({ sdk, http }, { subnet, paths }) {
    const found = await sdk.agent.SubnetStatus.request({ agent: http, subnetId: sdk.Principal.fromText(subnet), paths });
    if (found.get('nodeKeys')) found.set('nodeKeys', Object.fromEntries(found.get('nodeKeys')));
    return found;
  },
};
