// Plans carried out with @dfinity/agent.
import * as agent from '@dfinity/agent';
import * as identity from '@dfinity/identity';
import { IDL } from '@dfinity/candid';
import { Principal } from '@dfinity/principal';
import { Secp256k1KeyIdentity } from '@dfinity/identity-secp256k1';
import { serve } from './plan.mjs';

await serve({ agent, identity, IDL, Principal, Secp256k1KeyIdentity, target: (canister) => canister });
