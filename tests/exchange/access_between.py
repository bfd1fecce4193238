"""What the exchange's canisters may ask of each other that nobody else may. The columns are the canisters that call."""

from __future__ import annotations

import access_payout_splitter
import access_stream_registry
import access_token_ledger
from access_table import read_table

TOKEN_LEDGER = """
method               token_ledger  stream_registry  dst_ledger  payout_splitter
icrc2_transfer_from  allowance     allowance        allowance   ok
"""

STREAM_REGISTRY = """
method               token_ledger  stream_registry  dst_ledger  payout_splitter
apply_entitlements   licences      licences         ok          licences
settle_work          permitted     permitted        ok          permitted
set_governance       traps         traps            traps       traps
"""

PAYOUT_SPLITTER = """
method               token_ledger  stream_registry  dst_ledger  payout_splitter
record_work          registry      ok               registry    registry
collect              licences      licences         ok          licences
end_order            licences      licences         shown       licences
set_paused           traps         traps            traps       traps
resolve              traps         traps            traps       traps
"""

ROWS = (
    *read_table("token_ledger", TOKEN_LEDGER, access_token_ledger.CASES, access_token_ledger.ARGUMENTS),
    *read_table("stream_registry", STREAM_REGISTRY, access_stream_registry.CASES, access_stream_registry.ARGUMENTS),
    *read_table("payout_splitter", PAYOUT_SPLITTER, access_payout_splitter.CASES, access_payout_splitter.ARGUMENTS),
)
