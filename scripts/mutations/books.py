"""Bugs in the books: crediting through plans and upstream (`cascade`), escrow and drawing (`stream_accounts`), memberships, totals."""

from __future__ import annotations

from mutations.mutation import Mutation

_CASCADE = "src/ddsx_core/cascade.py"
_ACCOUNTS = "src/ddsx_core/stream_accounts.py"
_MEMBERSHIPS = "src/ddsx_core/memberships.py"
_TOTALS = "src/ddsx_core/payout_totals.py"
_CASCADE_TESTS = "tests/core/payouts/test_cascade.py"
_ACCOUNT_TESTS = "tests/core/payouts/test_stream_accounts.py"
_BY_HAND = "tests/core/payouts/test_account_cases.py"
_PLAIN = "src/ddsx_core/plain_sales.py"
_PLAIN_TESTS = "tests/core/payouts/test_plain_sales.py"
_DRAWS = "src/ddsx_core/plain_draws.py"
_DRAW_TESTS = "tests/core/payouts/test_plain_draws.py"
_TOTALS_TESTS = "tests/core/payouts/test_payout_totals.py"
_MEMBERSHIP_TESTS = "tests/core/payouts/test_memberships.py"

MUTATIONS: tuple[Mutation, ...] = (
    Mutation(
        name="fee-at-every-level",
        loss="Each stream upstream pays the protocol's fee again: royalties of royalties are fees.",
        file=_CASCADE,
        old="self._share(target, book, purse, Units(units), self.now, is_sale=False)",
        new="self._share(target, book, purse, Units(units), self.now, is_sale=True)",
        tests=(f"{_CASCADE_TESTS}::test_the_protocol_takes_its_fee_once",),
    ),
    Mutation(
        name="fee-of-each-sale-alone",
        loss="The fee of each sale is rounded up by itself: small sales pay more than their share.",
        file=_CASCADE,
        old="        fee = amount - (before + amount) * kept_ppm // PPM + before * kept_ppm // PPM\n",
        new="        fee = amount - amount * kept_ppm // PPM\n",
        tests=(f"{_PLAIN_TESTS}::test_a_plain_sale_is_the_sale",),
    ),
    Mutation(
        name="cascade-without-end",
        loss="Plans that name each other pass money on for ever: the sale runs out of instructions and nobody can buy.",
        file=_CASCADE,
        old="        goes_on = not was_seen and depth <= MAX_DEPTH\n",
        new="        goes_on = not was_seen\n",
        tests=(f"{_CASCADE_TESTS}::test_a_sale_goes_through_three_plans_beyond_its_own_and_then_to_contributors",),
    ),
    Mutation(
        name="cascade-part-lost",
        loss="What a plan gives to a stream upstream arrives there, and is not taken from what the totals say contributors have.",
        file=_CASCADE,
        old="            self._give(payer, PROVIDER, units)\n            return\n",
        new="            return\n",
        tests=(f"{_CASCADE_TESTS}::test_what_goes_to_a_stream_without_a_book_stays_with_the_provider",),
    ),
    Mutation(
        name="vesting-skipped",
        loss="What should be earned over years is paid out at once.",
        file=_CASCADE,
        old="            elif vest_seconds:\n",
        new="            elif vest_seconds > 1 << 60:\n",
        tests=(f"{_ACCOUNT_TESTS}::test_what_vests_is_due_as_time_passes_and_its_slot_is_used_again",),
    ),
    Mutation(
        name="vested-shares-not-due",
        loss="What has vested leaves escrow and reaches nobody.",
        file=_CASCADE,
        old="                self._give(purse, payee, earned)\n",
        new="",
        tests=(f"{_ACCOUNT_TESTS}::test_what_vests_is_due_as_time_passes_and_its_slot_is_used_again",),
    ),
    Mutation(
        name="due-of-another",
        loss="A listed payee's share is added to nobody's due.",
        file=_CASCADE,
        old="            dues[principal] = dues.get(principal, 0) + units\n",
        new="            dues[principal] = units\n",
        tests=(f"{_BY_HAND}::test_what_two_sales_gave_a_listed_payee_adds_up",),
    ),
    Mutation(
        name="cascade-of-any-width",
        loss="A plan that names many streams makes every sale too dear to be carried out.",
        file=_CASCADE,
        old="was_seen or len(self._depths) < MAX_BOOKS else None",
        new="was_seen or self._depths else None",
        tests=(f"{_CASCADE_TESTS}::test_no_more_than_eight_books_and_the_ninth_part_stays_with_the_provider",),
    ),
    Mutation(
        name="plain-sale-loses-the-remainder",
        loss="What a division leaves at each plain sale is lost.",
        file=_PLAIN,
        old="        undivided -= step * weight\n",
        new="        undivided = 0\n",
        tests=(f"{_PLAIN_TESTS}::test_a_plain_sale_is_the_sale",),
    ),
    Mutation(
        name="plain-sale-takes-no-fee",
        loss="The fee of a plain sale is kept out of the provider's and the contributors' sight, and of the treasury's.",
        file=_PLAIN,
        old="balance + fee + to_provider, treasury + fee))",
        new="balance + fee + to_provider, treasury))",
        tests=(f"{_PLAIN_TESTS}::test_a_plain_sale_is_the_sale",),
    ),
    Mutation(
        name="plain-sale-while-something-is-earned",
        loss="A sale goes past escrow that should have been earned before it, by the fee and plan of then.",
        file=_PLAIN,
        old='[] if fields[16] != "0" or fields[18] else fields',
        new="fields",
        tests=(f"{_PLAIN_TESTS}::test_a_purse_that_earns_along_a_clock_is_not_plain",),
    ),
    Mutation(
        name="plain-draw-leaves-the-due",
        loss="A provider draws the same shares with every claim.",
        file=_DRAWS,
        old='            purse[PROVIDER_DUE + 1] = "0"\n',
        new="",
        tests=(f"{_DRAW_TESTS}::test_the_short_way_is_the_long_way",),
    ),
    Mutation(
        name="plain-draw-while-something-is-earned",
        loss="What was earned along a clock before a claim is shared later, with those who worked after it.",
        file=_DRAWS,
        old='    if purse[HAS_FLOWS + 1] != "0" or purse[-1] or',
        new="    if purse[-1] or",
        tests=(f"{_DRAW_TESTS}::test_what_has_to_be_brought_up_to_now_is_not_plain",),
    ),
    Mutation(
        name="plain-draw-is-still-claimable",
        loss="What was paid out still counts as claimable: the audit shows money that is gone.",
        file=_DRAWS,
        old="16) + settled - gross:x}",
        new="16) + settled:x}",
        tests=(f"{_DRAW_TESTS}::test_the_short_way_is_the_long_way",),
    ),
    Mutation(
        name="plain-draw-leaves-the-offices",
        loss="The treasury is paid the same fees with every claim.",
        file=_DRAWS,
        old='        fields[TREASURY + 1] = "0"\n',
        new="        pass\n",
        tests=(f"{_DRAW_TESTS}::test_offices_are_drawn_as_the_long_way_does",),
    ),
    Mutation(
        name="escrow-not-counted",
        loss="Money in escrow is nowhere in the audit: it looks as if it were missing.",
        file=_ACCOUNTS,
        old="        totals[ESCROWED] += price\n",
        new="",
        tests=(f"{_ACCOUNT_TESTS}::test_a_sale_closed_early_gives_back_what_was_not_delivered",),
    ),
    Mutation(
        name="escrow-credited-at-once",
        loss="A subscription is everybody's the day it is bought; when it is ended early there is nothing to give back.",
        file=_ACCOUNTS,
        old="self._keep_flow(stream, purse, clock, open_flow(flow, price, start, start + length))",
        new="self._keep_flow(stream, purse, clock, open_flow(flow, price, start, start + 1))",
        tests=(f"{_ACCOUNT_TESTS}::test_a_sale_closed_early_gives_back_what_was_not_delivered",),
    ),
    Mutation(
        name="refund-stays-in-escrow",
        loss="What is given back to a payer is also still held for the contributors.",
        file=_ACCOUNTS,
        old="        purse.numbers[HELD] -= refund\n",
        new="",
        tests=(f"{_ACCOUNT_TESTS}::test_closing_one_sale_leaves_the_others_what_is_theirs",),
    ),
    Mutation(
        name="ended-order-keeps-flowing",
        loss="A payment that was ended and refunded goes on being earned.",
        file=_ACCOUNTS,
        old="        self._keep_flow(stream, purse, clock, flow)\n",
        new="",
        tests=(f"{_BY_HAND}::test_an_order_that_ended_earns_no_more",),
    ),
    Mutation(
        name="provider-refund-from-nowhere",
        loss="A provider gives money back and keeps it too.",
        file=_ACCOUNTS,
        old="        numbers[PROVIDER_DUE] -= units\n",
        new="",
        tests=(f"{_ACCOUNT_TESTS}::test_a_refund_comes_out_of_what_is_due_to_the_provider",),
    ),
    Mutation(
        name="provider-due-not-zeroed",
        loss="A provider draws the same shares again and again.",
        file=_ACCOUNTS,
        old="            purse.numbers[PROVIDER_DUE] = 0\n",
        new="",
        tests=(f"{_ACCOUNT_TESTS}::test_drawing_twice_draws_once",),
    ),
    Mutation(
        name="listed-due-not-zeroed",
        loss="A payee that a plan lists draws the same shares again and again.",
        file=_ACCOUNTS,
        old="            due += dues.pop(name, 0)\n",
        new="            due += dues.get(name, 0)\n",
        tests=(f"{_ACCOUNT_TESTS}::test_drawing_twice_draws_once",),
    ),
    Mutation(
        name="treasury-not-zeroed",
        loss="The treasury is paid the same fees with every claim.",
        file=_ACCOUNTS,
        old="            totals[TREASURY] = 0\n",
        new="",
        tests=(f"{_ACCOUNT_TESTS}::test_offices_draw_what_they_have_not_drawn",),
    ),
    Mutation(
        name="work-before-earlier-revenue",
        loss="Revenue that was earned before a batch is shared with those who worked after it.",
        file=_ACCOUNTS,
        old="        self.touch_all(stream)\n        purses =",
        new="        purses =",
        tests=(f"{_BY_HAND}::test_what_was_earned_before_a_batch_is_not_shared_with_it",),
    ),
    Mutation(
        name="records-earned-without-their-authors",
        loss="Money earned by delivered records is shared among everyone but those who delivered them.",
        file=_ACCOUNTS,
        old="        if added:\n            self._add_weights(stream, book, purses, weights, added)\n        book.size = size\n",
        new=(
            "        for purse in purses:\n            if purse.numbers[HAS_FLOWS] & BY_RECORD:\n"
            "                self._earn_flow(stream, book, purse, BY_RECORD, size, self.now)\n"
            "        if added:\n            self._add_weights(stream, book, purses, weights, added)\n        book.size = size\n"
        ),
        tests=(f"{_ACCOUNT_TESTS}::test_what_is_earned_by_the_record_goes_to_those_who_delivered_it_too",),
    ),
    Mutation(
        name="membership-not-settled",
        loss="Work recorded today is paid for all sales of the past, out of what others earned.",
        file=_MEMBERSHIPS,
        old="                self.numbers[self._place(ledger)] += added * index\n",
        new="                self._place(ledger)\n",
        tests=(f"{_MEMBERSHIP_TESTS}::test_work_changes_on_no_ledger_what_is_owed",),
    ),
    Mutation(
        name="drawn-from-another-ledger",
        loss="A claim in one token is taken off what is owed in another.",
        file=_MEMBERSHIPS,
        old="            place = self._place(ledger)\n            self.numbers[place] += units",
        new="            place = self._place(0)\n            self.numbers[place] += units",
        tests=(f"{_MEMBERSHIP_TESTS}::test_drawing_takes_whole_units_once_on_one_ledger",),
    ),
    Mutation(
        name="totals-forget-a-draw",
        loss="What was paid out still counts as claimable: the audit shows money that is gone.",
        file=_TOTALS,
        old="    totals[BALANCE] -= amount + fee\n    totals[DRAWN] += amount + fee\n",
        new="    totals[DRAWN] += amount + fee\n",
        tests=(f"{_TOTALS_TESTS}::test_a_payout_leaves_the_balance_and_comes_back_when_it_is_refused",),
    ),
    Mutation(
        name="totals-keep-a-returned-fee",
        loss="The fee of a payout that was refused counts as paid to the ledger: holdings and books differ by it.",
        file=_TOTALS,
        old="    totals[FEES] -= fee\n",
        new="",
        tests=(f"{_TOTALS_TESTS}::test_a_payout_leaves_the_balance_and_comes_back_when_it_is_refused",),
    ),
)
