"""Bugs in the payout splitter's answers and payouts: what it believes of a ledger, what it pays and when, what governance may do."""

from __future__ import annotations

from mutations.mutation import Mutation

_FOLDER = "canisters/payout_splitter"
_COLLECTIONS = f"{_FOLDER}/payout_splitter_collections.py"
_OUTCOMES = f"{_FOLDER}/payout_splitter_outcomes.py"
_PAYOUTS = f"{_FOLDER}/payout_splitter_payouts.py"
_SETTINGS = f"{_FOLDER}/payout_splitter_settings.py"
_TESTS = "tests/canisters/payout_splitter/test_payout_splitter"
_CLAIM = f"{_TESTS}_claim.py"
_CLAIM_FAULTS = f"{_TESTS}_claim_faults.py"
_COLLECT = f"{_TESTS}_collect.py"
_COLLECT_FAULTS = f"{_TESTS}_collect_faults.py"
_GOVERNANCE = f"{_TESTS}_governance.py"
_CYCLES = f"{_TESTS}_cycles.py"
_ORDER = f"{_TESTS}_order.py"
_LOG = f"{_TESTS}_log.py"
_PUSH = f"{_TESTS}_set_push.py"

MUTATIONS: tuple[Mutation, ...] = (
    Mutation(
        name="double-credit-on-a-late-answer",
        loss="An order whose answer comes twice, after a retry, is credited twice: more is owed than was paid.",
        file=_COLLECTIONS,
        old="        if stored.state == UNRESOLVED and kind in PAYING_ANSWERS:\n",
        new="        if kind in PAYING_ANSWERS:\n",
        tests=(f"{_COLLECT_FAULTS}::test_a_reply_that_comes_after_the_retry_changes_nothing",),
    ),
    Mutation(
        name="credit-leaves-the-order-open",
        loss="A collected order is still open: the timer asks again, and the ledger's Duplicate credits it again.",
        file=_COLLECTIONS,
        old="    state.rows = others\n    if kind in PAYING_ANSWERS:\n",
        new="    if kind in PAYING_ANSWERS:\n",
        tests=(
            f"{_COLLECT_FAULTS}::test_a_reply_that_comes_after_the_retry_changes_nothing",
            f"{_COLLECT_FAULTS}::test_a_lost_reply_is_made_good_by_the_timer",
        ),
    ),
    Mutation(
        name="collection-retried-with-a-new-time",
        loss="A collection whose answer was lost is a new transfer to the ledger: the buyer pays twice.",
        file="src/ddsx_core/collection_rules.py",
        old="return collection._replace(attempts=collection.attempts + 1, tried_at=now)",
        new="return collection._replace(attempts=collection.attempts + 1, tried_at=now, created_at=now)",
        tests=(f"{_COLLECT_FAULTS}::test_a_lost_reply_is_made_good_by_the_timer",),
    ),
    Mutation(
        name="late-collection-not-credited",
        loss="A collection that turns out to have happened, after everybody had given it up, is credited to nobody.",
        file=_COLLECTIONS,
        old="        if stored.state == UNRESOLVED and kind in PAYING_ANSWERS:\n",
        new="        if stored.state == UNRESOLVED and not kind:\n",
        tests=(f"{_COLLECT_FAULTS}::test_a_reply_is_believed_however_late",),
    ),
    Mutation(
        name="refusal-of-an-older-attempt-ends-the-order",
        loss="The refusal of a first attempt ends an order that the second one collects: the buyer pays and has nothing.",
        file=_COLLECTIONS,
        old="verdict = judge_answer(kind, sent.attempts, is_latest=stored == sent)",
        new="verdict = judge_answer(kind, sent.attempts, is_latest=True)",
        tests=(f"{_COLLECT_FAULTS}::test_a_refusal_is_not_believed_while_a_later_attempt_is_on_its_way",),
    ),
    Mutation(
        name="anyone-collects",
        loss="Anyone who knows a payer that approved the splitter spends its allowance.",
        file=_COLLECTIONS,
        old="    if caller != settings.dst_ledger:\n",
        new="    if not caller:\n",
        tests=(f"{_COLLECT}::test_only_the_licence_ledger_collects",),
    ),
    Mutation(
        name="refusal-of-an-older-payout-believed",
        loss="The refusal of a first attempt gives a payout back that the second one pays: paid twice.",
        file=_OUTCOMES,
        old="verdict = judge_answer(kind, sent.attempts, is_latest=stored == sent)",
        new="verdict = judge_answer(kind, sent.attempts, is_latest=True)",
        tests=(f"{_CLAIM_FAULTS}::test_a_refusal_is_not_believed_while_a_later_attempt_is_on_its_way",),
    ),
    Mutation(
        name="late-payout-answer-applied",
        loss="An answer that comes after a payout was settled settles it again.",
        file=_OUTCOMES,
        old="    if stored.state == UNRESOLVED and (kind in PAYING_ANSWERS or kind == NOT_ACCEPTED):\n",
        new="    if kind in PAYING_ANSWERS or kind == NOT_ACCEPTED:\n",
        tests=(f"{_ORDER}::test_an_answer_that_comes_after_the_retry_is_logged_once",),
    ),
    Mutation(
        name="given-up-is-given-back",
        loss="A payout that nobody can ask about any more is given back although the ledger may have paid it: paid twice.",
        file=_OUTCOMES,
        old="        return _give_up(state, number, stored)\n    sent = tried(stored, now)\n",
        new='        return _refuse(state, number, refused(stored, "TooOld"))\n    sent = tried(stored, now)\n',
        tests=(f"{_CLAIM_FAULTS}::test_governance_enters_what_the_ledgers_log_shows",),
    ),
    Mutation(
        name="cycles-payout-retried",
        loss="Cycles whose answer was lost are sent again: cycles have no deduplication.",
        file=_OUTCOMES,
        old="    if is_cycles(stored.to) or window_has_closed(stored.created_at, now):\n",
        new="    if window_has_closed(stored.created_at, now):\n",
        tests=(f"{_CYCLES}::test_a_callback_that_traps_is_never_followed_by_another_attempt",),
    ),
    Mutation(
        name="returned-cycles-kept",
        loss="Cycles that came back stay with the canister, and the payee has neither them nor a balance.",
        file=_OUTCOMES,
        old="    if returned:\n",
        new="    if returned < 0:\n",
        tests=(f"{_CYCLES}::test_cycles_that_come_back_in_part_are_the_payees_again_in_part",),
    ),
    Mutation(
        name="bad-fee-ignored",
        loss="When a ledger changes its fee every claim is refused until somebody notices.",
        file=_OUTCOMES,
        old="after = conclude_payout(number, sent, kind, data, may_requote=True)",
        new="after = conclude_payout(number, sent, kind, data, may_requote=False)",
        tests=(f"{_CLAIM}::test_a_changed_fee_is_taken_up_at_once",),
    ),
    Mutation(
        name="requote-not-booked",
        loss="A payee is charged the old fee in the books and the new one by the ledger.",
        file=_OUTCOMES,
        old="    write_payee(ledger, before.payee, with_fee(read_payee(ledger, before.payee), before, again))\n",
        new="",
        tests=(f"{_CLAIM}::test_a_changed_fee_is_taken_up_at_once",),
    ),
    Mutation(
        name="refused-payout-not-given-back",
        loss="A payout that the ledger refuses is lost to its payee.",
        file=_OUTCOMES,
        old="    write_payee(ledger, payout.payee, given_back(read_payee(ledger, payout.payee), payout, number))\n",
        new="",
        tests=(f"{_CLAIM}::test_what_the_ledger_refuses_is_in_the_balance_again",),
    ),
    Mutation(
        name="paid-in-the-first-ledger",
        loss="A claim in one token is paid in another, at one unit for one.",
        file=f"{_FOLDER}/payout_splitter_transfers.py",
        old="result = yield PaymentLedger(principal_of(ledger_principal(settings, ledger))).icrc1_transfer(",
        new="result = yield PaymentLedger(principal_of(ledger_principal(settings, 0))).icrc1_transfer(",
        tests=(f"{_CLAIM}::test_each_ledger_has_books_of_its_own",),
    ),
    Mutation(
        name="pause-blocks-claims",
        loss="Whoever can pause the splitter can hold everybody's money.",
        file=_PAYOUTS,
        old='        raise Refused("AnonymousCaller")\n    streams, ledger = check_streams(args["streams"]), args["ledger"]\n',
        new=(
            '        raise Refused("AnonymousCaller")\n    if settings.paused:\n'
            '        raise Refused("TemporarilyUnavailable", {"reason": "paused"})\n'
            '    streams, ledger = check_streams(args["streams"]), args["ledger"]\n'
        ),
        tests=(f"{_CLAIM}::test_a_pause_stops_no_claim",),
    ),
    Mutation(
        name="repeated-claim-pays-again",
        loss="A client that repeats a claim after a lost answer starts a second payout.",
        file=_PAYOUTS,
        old="        if started is not None:\n            return started,",
        new="        if started is not None and started < 0:\n            return started,",
        tests=(f"{_CLAIM}::test_a_claim_repeated_under_its_time_answers_the_first",),
    ),
    Mutation(
        name="push-beside-an-open-payout",
        loss="While a ledger does not answer, each round pushes what little came in meanwhile: fees eat it.",
        file=_PAYOUTS,
        old='    if not is_push_due(push, now) or open_payouts_of(payee, state.rows, ""):\n',
        new="    if not is_push_due(push, now):\n",
        tests=(f"{_PUSH}::test_a_payee_with_an_open_payout_waits_for_it",),
    ),
    Mutation(
        name="failing-payee-stops-the-round",
        loss="One payee whose transfers always fail is tried at every round, and its failures cost fees for ever.",
        file=_PAYOUTS,
        old="    if place and (is_refused or push.failures):\n",
        new="    if place and push.failures:\n",
        tests=(f"{_PUSH}::test_a_frozen_account_is_tried_less_and_less_often",),
    ),
    Mutation(
        name="round-looks-at-the-first-only",
        loss="Twenty payments that wait an hour for their ledger stand in front: nobody behind them is looked at meanwhile.",
        file=f"{_FOLDER}/payout_splitter_timers.py",
        old="    state.rows = rotate_rows(state.rows, LOOKED_AT)\n",
        new="",
        tests=(f"{_ORDER}::test_what_is_due_does_not_wait_behind_what_is_not",),
    ),
    Mutation(
        name="timer-lost-in-an-upgrade",
        loss="What was under way when the canister was upgraded is never asked about again.",
        file=f"{_FOLDER}/payout_splitter_timers.py",
        old="    if state.rows or desk.push_left:\n        arm(state, ROUND_SECONDS, now)\n    write_state(state)\n",
        new="    write_state(state)\n",
        tests=(f"{_CLAIM_FAULTS}::test_an_upgrade_in_flight_loses_nothing",),
    ),
    Mutation(
        name="leaving-moves-the-wrong-place",
        loss="When one payee leaves the list of pushes, another one cannot leave or change any more.",
        file=f"{_FOLDER}/payout_splitter_pushes.py",
        old="read_payee(last.ledger, last.payee)._replace(push_place=place))",
        new="read_payee(last.ledger, last.payee))",
        tests=(f"{_ORDER}::test_who_took_the_place_of_one_that_left_can_leave_too",),
    ),
    Mutation(
        name="governance-check-dropped",
        loss="Anyone sets the fee, the treasury and who governs.",
        file=_SETTINGS,
        old="    if caller_text() != settings.governance:\n",
        new="    if not caller_text():\n",
        tests=(f"{_GOVERNANCE}::test_whoever_else_calls_is_trapped",),
    ),
    Mutation(
        name="failure-answers-instead-of-trapping",
        loss="A proposal that could not be executed is shown as executed.",
        file=_SETTINGS,
        old="    except Refused as refused:\n        ic.trap(str(refused))\n    settings, moment = enacted(settings, decision, now)\n",
        new="    except Refused:\n        return\n    settings, moment = enacted(settings, decision, now)\n",
        tests=(f"{_GOVERNANCE}::test_what_cannot_be_is_told_to_voters_and_traps",),
    ),
    Mutation(
        name="validator-approves-everything",
        loss="Voters adopt proposals that can only fail.",
        file=_SETTINGS,
        old='named).words}\n    except Refused as refused:\n        return {"Err": str(refused)}\n',
        new='named).words}\n    except Refused as refused:\n        return {"Ok": str(refused)}\n',
        tests=(f"{_GOVERNANCE}::test_what_cannot_be_is_told_to_voters_and_traps",),
    ),
    Mutation(
        name="validator-with-side-effects",
        loss="A proposal that is only submitted, or that anyone checks, is carried out without a vote.",
        file=f"{_FOLDER}/payout_splitter_governance.py",
        old='@query\ndef validate_set_protocol_fee(ppm: nat32) -> Validation:\n    """The protocol\'s fee: 100_000 ppm at most."""\n',
        new=(
            '@update\ndef validate_set_protocol_fee(ppm: nat32) -> Validation:\n    """The protocol\'s fee: 100_000 ppm at most."""\n'
            "    execute(protocol_fee_change, ppm)\n"
        ),
        tests=(f"{_GOVERNANCE}::test_voters_are_shown_what_the_change_does_and_when",),
    ),
    Mutation(
        name="decision-not-in-the-log",
        loss="Nobody who replays the log learns that a parameter changed.",
        file=_SETTINGS,
        old="    _log_setting(state, now, decision.name, decision.value, moment)\n    write_state(state)\n    if ledger_count",
        new="    write_state(state)\n    if ledger_count",
        tests=(f"{_LOG}::test_a_replay_of_the_log_gives_every_balance",),
    ),
    Mutation(
        name="block-not-chained",
        loss="A block can be taken out of the log and nobody sees it.",
        file=f"{_FOLDER}/payout_splitter_log.py",
        old="    line = encode_block(btype, now, tx, parent)\n",
        new='    line = encode_block(btype, now, tx, "")\n',
        tests=(f"{_LOG}::test_blocks_are_chained_by_their_hashes_up_to_the_certified_tip",),
    ),
    Mutation(
        name="treasury-turned-into-fees",
        loss="Anyone has the treasury paid in amounts that the ledger's fee eats.",
        file=_PAYOUTS,
        old="wish = Wish(name, ledger, to, Units(fee * LEAST_OFFICE_FEES), None, office)",
        new="wish = Wish(name, ledger, to, Units(0), None, office)",
        tests=(f"{_GOVERNANCE}::test_nobody_can_turn_the_treasury_into_fees",),
    ),
)
