"""Every constant of the exchange: its unit, why it has this value, and where the value comes from.

A limit is the largest value allowed, never the first one refused. Units are in the name where the name alone would leave a doubt.
"""

from __future__ import annotations

# -- Money ----------------------------------------------------------------------------------------------------------------

PPM = 1_000_000
"""Parts of a whole share. One ppm of one ICP is 100 e8s, so a share finer than this never matters to a sale."""

ACCRUAL_SHIFT_BITS = 128
"""The accrual index counts 2^-128 of a unit: with 2^64 of total weight, what one credit leaves over is below 2^-64 of a unit."""

ACCRUAL_SCALE = 1 << ACCRUAL_SHIFT_BITS
"""Scaled parts in one unit. A power of two, so that taking whole units out is a shift and not a division."""

MAX_TOTAL_WEIGHT = (1 << 64) - 1
"""Recorded work of one stream, in units of work. Bounds the remainder of the index (above); the wire carries weights as nat64."""

MAX_AMOUNT = (1 << 128) - 1
"""Units in one amount. Above any supply in use (10^28 for 18 decimals); keeps stored numbers to 16 bytes."""

MAX_CUTS = 16
"""Steps of one plan, beside the protocol's fee in front: provider, validators, royalties, tiers. Each is two divisions and, where it takes
something, a map write in the sale's message."""

MAX_CUT_NAME_LENGTH = 32
"""Characters in the name of a step; it stands in every receipt."""

MAX_VEST_SECONDS = 10 * 365 * 24 * 60 * 60
"""The longest vesting of a step: ten years of 365 days, the longest in use for founders and grants."""

MAX_FLOW_TICKS = (1 << 32) - 1
"""Seconds or records of one payment that is earned along a clock: 136 years, or four thousand million records."""

MAX_FLOW_ENDS = 128 + 64 * 25
"""Ends in one flow: 128 on the finest grid, 64 more for each of the 25 doublings of length up to `MAX_FLOW_TICKS`."""

MAX_FLOW_LENGTH = MAX_FLOW_ENDS * 147 + 4 * 66
"""Characters of a stored flow: an end has 16 digits of tick and two numbers of at most 2^256 (`MAX_AMOUNT` scaled), and three separators.
A flow with payments of one length has an eighth of that at most."""

MAX_STREAM_NUMBER = (1 << 64) - 1
"""Streams are numbered by nat64 on the wire, shard and place in one."""

# -- Contributors and plans -----------------------------------------------------------------------------------------------

MAX_CONTRIBUTORS = 1_000_000
"""Contributors of one stream. Credit and claim cost the same for any number; this bounds what a full audit has to page through."""

MAX_LISTED_PAYEES = 500
"""Payees in an explicit list, paid in one message: at 1 M instructions a map write a list costs 0.5 B, an eightieth of the 40 B limit."""

MAX_BATCH_WORK = 128
"""Contributors whose work is recorded in one message, and told by one block of the log: four times what a registry seals as one batch."""

# -- Records and batches --------------------------------------------------------------------------------------------------

MAX_BATCH_RECORDS = 1_000
"""Records in one batch: at 84 k instructions a leaf hash, below 0.1 B for the hashing of a full batch."""

MAX_RECORD_BYTES = 4_096
"""UTF-8 bytes of one record's text. Larger payloads are stored elsewhere and recorded by digest."""

MAX_BATCH_BYTES = 1_048_576
"""UTF-8 bytes of one batch: half of the 2 MiB that an ingress message may hold, which leaves room for the envelope."""

MAX_MEDIA_TYPE_LENGTH = 127
"""Characters in a media type: type and subtype names of at most 127 each are allowed, ours are short. RFC 6838, 4.2."""

# -- Descriptions ---------------------------------------------------------------------------------------------------------

MAX_TITLE_LENGTH = 120
"""Characters in a title: one line in any list."""

MAX_DESCRIPTION_LENGTH = 4_000
"""Characters in a description: a page; longer texts belong behind a link."""

MAX_SCHEMA_LENGTH = 16_384
"""Characters in a stream's schema. It is stored and returned as text, never parsed on chain."""

MAX_TAGS = 16
"""Tags of one stream."""

MAX_TAG_LENGTH = 40
"""Characters in one tag."""

MAX_LINK_LENGTH = 2_048
"""Characters in a link: what browsers and proxies accept everywhere. RFC 9110, 4.1 asks for 8,000; ours are stored on chain."""

# -- Pages ----------------------------------------------------------------------------------------------------------------

MAX_PAGE_ITEMS = 200
"""Items in one page of a listing: a map read each, 0.1 B of the 5 B instructions that a query has."""

# -- Accounts -------------------------------------------------------------------------------------------------------------

MAX_PRINCIPAL_BYTES = 29
"""Bytes of the longest principal: a 28-byte hash and its type byte. IC interface specification, "Principals"."""

MAX_PRINCIPAL_LENGTH = 63
"""Characters of the longest principal: 33 bytes with the checksum make 53 base32 characters and 10 hyphens."""

SUBACCOUNT_BYTES = 32
"""Bytes of every subaccount, neither more nor fewer. ICRC-1, "Account"."""

# -- Ledger ---------------------------------------------------------------------------------------------------------------

MAX_MEMO_BYTES = 32
"""Bytes of a memo. ICRC-1 asks a ledger to accept at least 32; longer ones are refused, never cut."""

TX_WINDOW_NS = 24 * 60 * 60 * 1_000_000_000
"""How long a transfer is remembered to recognise a repetition, 24 hours in nanoseconds. ICRC-1, "Transaction deduplication"."""

PERMITTED_DRIFT_NS = 60 * 1_000_000_000
"""How far a client's clock may run ahead of the ledger's, or behind the window: 60 seconds in nanoseconds, as deployed ledgers allow."""

MAX_PAGE_CALLS = 64
"""Calls remembered on one of 4,096 pages: room for 262,144 a day in even pages; `remembered_calls` says what uneven ones mean."""

MAX_ALLOWANCES_SWEPT = 500
"""Allowances looked at in one firing of the timer that removes expired ones: at 5 M instructions each, 2.5 B of the 40 B limit."""

BLOCKS_A_PAGE = 8
"""Blocks in one entry of a ledger's log. The last page grows in the row of state that each call writes anyway, some 50 instructions a byte;
an entry of its own for each block took 1 M."""

MAX_BLOCKS_ANSWERED = 500
"""Blocks in one answer of `icrc3_get_blocks`: at 0.7 M instructions each, 0.4 B of the 5 B that a query has; at most 0.4 MB of 2 MiB."""

MAX_LEDGER_ARGUMENT_BYTES = 4_096
"""Candid bytes of a call to a token ledger: the longest that can succeed has some 400, and a client may describe its types at length."""

MAX_CONSENT_ARGUMENT_BYTES = 8_192
"""Candid bytes of a request for a consent message: the largest argument of a ledger's call, and as much again for what stands around it."""

MAX_TOKEN_NAME_LENGTH = 64
"""Characters in a token's name."""

MAX_TOKEN_SYMBOL_LENGTH = 16
"""Characters in a token's symbol; wallets show it beside amounts."""

MAX_TIMESTAMP_NS = (1 << 64) - 1
"""The last moment a nat64 of nanoseconds can name, in the year 2554; used by wallets to mean "never expires"."""
