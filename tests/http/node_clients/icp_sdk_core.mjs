// Plans carried out with @icp-sdk/core.
import * as agent from '@icp-sdk/core/agent';
import * as identity from '@icp-sdk/core/identity';
import { IDL } from '@icp-sdk/core/candid';
import { Principal } from '@icp-sdk/core/principal';
import { Secp256k1KeyIdentity } from '@icp-sdk/core/identity/secp256k1';
import { serve } from './plan.mjs';

await serve({ agent, identity, IDL, Principal, Secp256k1KeyIdentity, target: (canisterId) => ({ canisterId }) });
