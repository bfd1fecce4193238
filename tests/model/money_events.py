"""Blocks of the splitter's log as events of the naive model: whoever has the log can say where every unit is.

A block states what happened and, where that follows from the rules, how much: refunds and draws. What follows is computed by the model and
compared; so a log that passes is one that could not have been otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from model.money_model import MoneyModel
from model.money_state import Draw
from model.purse_model import Cut

Block = Mapping[str, Any]
"""The fields of a block by name, type and time among them, numbers and texts as they are."""

OFFICES = ("treasury", "validators")
SPENT = "balance"


FIELDS = {
    "ddsx:open": ("stream", "registry*", "provider*", "plan*"),
    "ddsx:work": ("stream", "batch", "size", "work*"),
    "ddsx:plan": ("stream", "version", "effective_at", "plan*"),
    "ddsx:fee": ("ppm", "effective_at"),
    "ddsx:set": ("name*", "value*", "effective_at"),
    "ddsx:sale": ("order", "stream", "ledger", "payer*", "price", "terms*", "block", "shares*"),
    "ddsx:astray": ("order", "stream", "ledger", "payer*", "price", "terms*", "block"),
    "ddsx:end": ("order", "position", "refunded"),
    "ddsx:refund": ("order", "amount"),
    "ddsx:payout": ("payout", "payee*", "ledger", "draws*", "amount", "fee", "to*"),
    "ddsx:requote": ("payout", "amount", "fee"),
    "ddsx:paid": ("payout", "block"),
    "ddsx:unpaid": ("payout", "reason*"),
    "ddsx:topup": ("payee*", "ledger", "amount"),
}
"""What `tx` of a block holds between bars; a star marks texts, the rest are numbers in hexadecimal."""


def block_of(value: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a block by name, of its ICRC-3 value: `btype`, `ts`, and those of its type. Raises KeyError, ValueError for others."""
    fields = {name: plain for name, content in value["Map"] for plain in content.values()}
    names = FIELDS[fields["btype"]]
    for name, text in zip(names, fields.pop("tx").split("|"), strict=True):
        is_text = name.endswith("*")
        fields[name.rstrip("*")] = text.replace("%7C", "|").replace("%25", "%") if is_text else int(text, 16)
    return fields


def cuts_in(text: str) -> list[Cut]:
    """The steps of a plan as the log writes them: `1;payee,name,share,cap,vesting;...`, numbers in hexadecimal."""
    version, *steps = text.split(";")
    assert version == "1", f"a plan of version {version}"
    fields = [step.split(",") for step in steps]
    return [Cut(payee, name, int(share, 16), int(cap, 16), int(vest, 16)) for payee, name, share, cap, vest in fields]


def weights_in(text: str) -> dict[str, int]:
    """The work of a batch: `principal:weight,...`."""
    pairs = [entry.split(":") for entry in text.split(",") if entry]
    return {name: int(weight, 16) for name, weight in pairs}


def draws_in(text: str) -> tuple[dict[int, Draw], int]:
    """What a payout drew: of each stream named, and of offices."""
    draws, office = {}, 0
    for entry in text.split(",") if text else []:
        stream, contribution, due = entry.split(":")
        if stream == "-":
            office += int(due, 16)
        else:
            draws[int(stream, 16)] = Draw(int(contribution, 16), int(due, 16))
    return draws, office


def apply_all(model: MoneyModel, blocks: Iterable[Block]) -> None:
    """Fold blocks in the order of their numbers. Raises AssertionError where a block says what does not follow."""
    for block in blocks:
        apply(model, block)


def apply(model: MoneyModel, block: Block) -> None:
    """Fold one block. Raises as `apply_all`, and KeyError for a type that is not known."""
    _EVENTS[block["btype"].removeprefix("ddsx:")](model, block)


def _open(model: MoneyModel, block: Block) -> None:
    model.open(block["stream"], block["provider"], cuts_in(block["plan"]))


def _work(model: MoneyModel, block: Block) -> None:
    assert block["batch"] == model.streams[block["stream"]].batches, "a batch is missing or was taken twice"
    model.work(block["ts"], block["stream"], block["size"], weights_in(block["work"]))


def _plan(model: MoneyModel, block: Block) -> None:
    model.plan(block["ts"], block["stream"], block["effective_at"], cuts_in(block["plan"]))


def _fee(model: MoneyModel, block: Block) -> None:
    model.fee(block["ts"], block["ppm"], block["effective_at"])


def _set(model: MoneyModel, block: Block) -> None:
    if block["name"] in OFFICES:
        model.office(block["ts"], block["name"], owner(block["value"]), block["effective_at"])


def _sale(model: MoneyModel, block: Block) -> None:
    now, order, stream, ledger, price = (block[name] for name in ("ts", "order", "stream", "ledger", "price"))
    source, earning = block["terms"].split(" ")
    kind, _, length = earning.partition(":")
    assert order not in model.sales, "an order was credited twice"
    payer, spent = owner(block["payer"]), source == SPENT
    if kind == "now":
        shares = model.sale(now, order, stream, ledger, payer, price, spent=spent)
        assert block["shares"] == ",".join(f"{share:x}" for share in shares), "other shares than by the plan"
    else:
        assert kind in {"seconds", "records"}, f"an order is earned by {kind}"
        assert block["shares"] == "", "escrow is shared when it is earned"
        model.hold(now, order, stream, ledger, payer, price, int(length, 16), by_record=kind == "records", spent=spent)


def _astray(model: MoneyModel, block: Block) -> None:
    assert block["order"] not in model.sales, "an order was credited twice"
    spent = block["terms"].startswith(SPENT)
    model.astray(block["order"], block["stream"], block["ledger"], owner(block["payer"]), block["price"], spent=spent)


def _end(model: MoneyModel, block: Block) -> None:
    assert model.end(block["ts"], block["order"]) == block["refunded"], "another refund than pro rata"


def _refund(model: MoneyModel, block: Block) -> None:
    model.refund(block["ts"], block["order"], block["amount"])


def _payout(model: MoneyModel, block: Block) -> None:
    stated = draws_in(block["draws"])
    draws, office = model.draw(block["ts"], block["payee"], block["ledger"], stated[0], offices=stated[1] > 0)
    assert (dict(zip(stated[0], draws, strict=True)), office) == stated, "another draw than was due"
    model.payout(block["payout"], block["payee"], block["ledger"], block["amount"], block["fee"])


def _requote(model: MoneyModel, block: Block) -> None:
    model.requote(block["payout"], block["amount"], block["fee"])


def _paid(model: MoneyModel, block: Block) -> None:
    model.paid(block["payout"])


def _unpaid(model: MoneyModel, block: Block) -> None:
    model.unpaid(block["payout"])


def _topup(model: MoneyModel, block: Block) -> None:
    model.top_up(block["ledger"], block["payee"], block["amount"])


def owner(account: str) -> str:
    """The principal of an account's text."""
    return account.partition(".")[0]


_EVENTS = {
    "open": _open,
    "work": _work,
    "plan": _plan,
    "fee": _fee,
    "set": _set,
    "sale": _sale,
    "astray": _astray,
    "end": _end,
    "refund": _refund,
    "payout": _payout,
    "requote": _requote,
    "paid": _paid,
    "unpaid": _unpaid,
    "topup": _topup,
}
