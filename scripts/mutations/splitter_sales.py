"""Bugs in the payout splitter's sales: what an order asks for and how it is paid, what is given back, plans, its log of money."""

from __future__ import annotations

from mutations.mutation import Mutation

_FOLDER = "canisters/payout_splitter"
_COLLECTIONS = f"{_FOLDER}/payout_splitter_collections.py"
_TESTS = "tests/canisters/payout_splitter/test_payout_splitter"
_COLLECT = f"{_TESTS}_collect.py"
_LOG = f"{_TESTS}_log.py"
_PLANS = f"{_TESTS}_plans.py"
_REFUND = f"{_TESTS}_refund.py"
_DEPOSIT = f"{_TESTS}_deposit.py"
_EARNING = f"{_TESTS}_earning.py"
_RECORD_WORK = f"{_TESTS}_record_work.py"

MUTATIONS: tuple[Mutation, ...] = (
    Mutation(
        name="order-asked-for-in-other-words",
        loss="An order that was paid answers for another stream, payer or price than the one it was paid for.",
        file=_COLLECTIONS,
        old="        if terms_of(before) != terms:\n",
        new="        if terms_of(before)[0] != terms[0]:\n",
        tests=(f"{_COLLECT}::test_an_order_asked_for_in_other_words_is_refused",),
    ),
    Mutation(
        name="pause-does-not-stop-sales",
        loss="In an emergency money keeps coming in.",
        file=_COLLECTIONS,
        old="    if settings.paused:\n",
        new="    if settings.paused > 1:\n",
        tests=(f"{_COLLECT}::test_a_pause_stops_new_orders_and_answers_old_ones",),
    ),
    Mutation(
        name="sale-in-a-ledger-off-sale",
        loss="A token that governance took off sale still buys licences.",
        file=_COLLECTIONS,
        old="    if not is_on_sale(entry):\n",
        new="    if not entry:\n",
        tests=(f"{_COLLECT}::test_a_ledger_that_is_not_admitted_or_takes_no_sales_is_unknown",),
    ),
    Mutation(
        name="deposit-refused-for-good",
        loss="A buyer who sends the deposit a minute late can never have the order collected.",
        file="src/ddsx_core/collection_rules.py",
        old='state = WAITING if kind == "InsufficientFunds" and collection.source == DEPOSIT else REFUSED',
        new="state = REFUSED",
        tests=(f"{_DEPOSIT}::test_a_deposit_that_is_not_there_may_still_come",),
    ),
    Mutation(
        name="deposits-of-all-orders-together",
        loss="One buyer's deposit pays another buyer's order.",
        file="src/ddsx_core/deposits.py",
        old='return sha256(_DOMAIN + order.to_bytes(_ORDER_BYTES, "big")).digest()',
        new="return sha256(_DOMAIN + bytes(_ORDER_BYTES)).digest()",
        tests=(f"{_DEPOSIT}::test_every_order_has_an_account_of_its_own",),
    ),
    Mutation(
        name="deposit-returned-to-whoever-asks",
        loss="Anyone sends a deposit back before its order was collected.",
        file=f"{_FOLDER}/payout_splitter_refunds.py",
        old="    if collection.state == WAITING and caller not in (owner_of(collection.payer), settings.dst_ledger):\n",
        new="    if collection.state == WAITING and not caller:\n",
        tests=(f"{_DEPOSIT}::test_only_its_payer_and_the_licence_ledger_take_a_deposit_back_that_an_order_waits_for",),
    ),
    Mutation(
        name="balance-not-spent",
        loss="A price that is paid out of a balance leaves it there: one balance buys everything.",
        file=f"{_FOLDER}/payout_splitter_credits.py",
        old="    write_payee(ledger, name, payee)\n",
        new="",
        tests=(f"{_COLLECT}::test_a_price_is_paid_out_of_a_balance",),
    ),
    Mutation(
        name="astray-price-kept",
        loss="A price that no book can take is kept, and its payer has neither licence nor money.",
        file=f"{_FOLDER}/payout_splitter_credits.py",
        old="    start_refund(state, accounts, collection.ledger, collection.payer, collection.price, now)\n",
        new="",
        tests=(f"{_COLLECT}::test_a_price_that_no_book_can_take_is_sent_back",),
    ),
    Mutation(
        name="order-ends-twice",
        loss="Ending an order again gives its escrow back again, out of the escrow of others.",
        file=f"{_FOLDER}/payout_splitter_refunds.py",
        old="    write_collection(order, ended(collection, refund))\n",
        new="",
        tests=(f"{_EARNING}::test_an_order_that_ends_early_gives_back_what_was_not_delivered",),
    ),
    Mutation(
        name="refund-repeated",
        loss="A provider whose call is repeated after a lost answer gives back twice.",
        file="src/ddsx_core/collection_rules.py",
        old="    if collection.refunded != refunded_before:\n",
        new="    if collection.refunded < refunded_before:\n",
        tests=(f"{_REFUND}::test_a_refund_that_is_repeated_gives_nothing_back_twice",),
    ),
    Mutation(
        name="refund-beyond-the-price",
        loss="More is given back of an order than was paid for it.",
        file="src/ddsx_core/collection_rules.py",
        old="    most = collection.price - collection.refunded - unearned(collection, tick)\n",
        new="    most = collection.price - unearned(collection, tick)\n",
        tests=(f"{_REFUND}::test_no_more_than_the_price_is_given_back",),
    ),
    Mutation(
        name="refund-of-unearned-money",
        loss="What is still in escrow is given back by the provider, and once more when the order ends.",
        file="src/ddsx_core/collection_rules.py",
        old="    most = collection.price - collection.refunded - unearned(collection, tick)\n",
        new="    most = collection.price - collection.refunded\n",
        tests=(f"{_REFUND}::test_what_is_not_earned_comes_back_when_the_order_ends_and_not_before",),
    ),
    Mutation(
        name="refund-of-earned-money",
        loss="A provider gives back what belongs to others: more than is due to it alone.",
        file=f"{_FOLDER}/payout_splitter_refunds.py",
        old="    if amount > due:\n",
        new="    if amount > due + collection.price:\n",
        tests=(f"{_REFUND}::test_no_more_than_the_provider_has_is_given_back",),
    ),
    Mutation(
        name="refund-by-anyone",
        loss="Anyone gives a provider's shares away.",
        file=f"{_FOLDER}/payout_splitter_refunds.py",
        old="    if caller != book.provider:\n",
        new="    if not caller:\n",
        tests=(f"{_REFUND}::test_only_the_provider_gives_back",),
    ),
    Mutation(
        name="notice-ignored",
        loss="A provider changes who is paid from one sale to the next, without notice to those who work for it.",
        file=f"{_FOLDER}/payout_splitter_plans.py",
        old="    effective_at = now + settings.plan_notice_seconds * SECOND_NS\n",
        new="    effective_at = now\n",
        tests=(f"{_PLANS}::test_an_announcement_replaces_the_one_that_waits_and_begins_the_notice_anew",),
    ),
    Mutation(
        name="plan-by-anyone",
        loss="Anyone sets the plan of any stream, and pays itself.",
        file="src/ddsx_core/plan_history.py",
        old="    if caller != book.provider:\n",
        new="    if not caller:\n",
        tests=(f"{_PLANS}::test_only_the_provider_announces_a_plan",),
    ),
    Mutation(
        name="batch-counted-twice",
        loss="A registry that repeats a batch after a lost answer doubles its contributors' weight.",
        file="src/ddsx_core/stream_accounts.py",
        old="        book.next_batch += 1\n",
        new="",
        tests=(f"{_RECORD_WORK}::test_a_batch_that_was_taken_changes_nothing",),
    ),
    Mutation(
        name="end-of-an-order-not-in-the-log",
        loss="A replay of the log goes on earning what was given back: nobody can check the books.",
        file=f"{_FOLDER}/payout_splitter_refunds.py",
        old='    append_block(state, now, "ddsx:end", [order, tick, refund])\n',
        new="",
        tests=(f"{_LOG}::test_a_replay_of_the_log_gives_every_balance",),
    ),
)
