"""All bugs, in the order of what they touch."""

from __future__ import annotations

from mutations import books, governing, ledger, payments, sharing, splitter, splitter_sales, streams_of_money
from mutations.mutation import Mutation

ALL: tuple[Mutation, ...] = (
    *sharing.MUTATIONS,
    *streams_of_money.MUTATIONS,
    *books.MUTATIONS,
    *ledger.MUTATIONS,
    *payments.MUTATIONS,
    *splitter_sales.MUTATIONS,
    *splitter.MUTATIONS,
    *governing.MUTATIONS,
)
