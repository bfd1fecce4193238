"""The sale of the demonstration over HTTP, through the scripts that people copy; and what they say when something is wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from client_scripts import Scripts
from replica_host import running

from weather_feed.observations import STATIONS, records

PRICE = 12_345_678_901
PROTOCOL_FEE = 246_913_579
"""2% of the price, rounded up."""
LEDGER_FEE = 10_000
pytestmark = pytest.mark.slow
OPERATORS = [station.name for station in STATIONS]


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scripts]:
    """A replica with the exchange on it, and keys for everybody."""
    folder = tmp_path_factory.mktemp("sale")
    with running(folder / "replica.log") as host:
        found = Scripts(folder, host.url)
        found.deploy()
        yield found
        assert "Traceback" not in host.words()


def test_the_sale_of_the_demonstration(scripts: Scripts) -> None:
    principals = {name: scripts.key(name) for name in (*OPERATORS, "desk", "buyer")}
    admit = [word for name in OPERATORS for word in ("--contributor", principals[name])]
    listing = ["--schema", "schema.json", "--title", "Weather", "--provider-share-ppm", 150_000]
    (scripts.folder / "schema.json").write_text('{"fields":[{"name":"station","type":"text"}]}', encoding="utf-8")
    stream = scripts.result("sell_stream.py", "--identity", "desk.pem", *listing, *admit)["stream"]
    appended = [
        scripts.result("sell_stream.py", "--identity", f"{name}.pem", "--stream", stream, "--demo", name, "--batch", 1_000)["records"]
        for name in OPERATORS
    ]
    assert appended == [len(records(station)) for station in STATIONS]
    offer = scripts.result("sell_stream.py", "--identity", "desk.pem", "--stream", stream, "--price", PRICE)["offer"]

    scripts.deploy("--mint", f"{principals['buyer']}={PRICE + 2 * LEDGER_FEE}")
    buying = ["--identity", "buyer.pem", "--offer", offer, "--out", "feed.jsonl"]
    bought = scripts.result("buy_and_read.py", *buying)
    assert (bought["price"], bought["stream"], bought["records_verified"]) == (PRICE, stream, sum(appended))
    feed = (scripts.folder / "feed.jsonl").read_text(encoding="utf-8").splitlines()
    assert feed == [line for station in STATIONS for line in records(station)]

    again = scripts.result("buy_and_read.py", *buying, "--with-origin", "--start", appended[0])
    assert (again["licence"], again["records_verified"]) == (bought["licence"], sum(appended[1:]))
    first = json.loads((scripts.folder / "feed.jsonl").read_text(encoding="utf-8").splitlines()[0])
    assert first["sequence"] == appended[0]
    assert (first["contributor"], first["record"]) == (principals[OPERATORS[1]], records(STATIONS[1])[0])

    check_payouts(scripts, principals, appended)


def check_payouts(scripts: Scripts, principals: dict[str, str], appended: list[int]) -> None:
    """Everybody gets what the rule of docs/money.md says, and the books close."""
    rest = PRICE - PROTOCOL_FEE
    provider = -(-rest * 150_000 // 1_000_000)
    shares = {name: (rest - provider) * count // sum(appended) for name, count in zip(OPERATORS, appended, strict=True)}
    due = {**shares, "desk": provider, ".dfx/local/treasury": PROTOCOL_FEE}
    assert scripts.result("payouts.py", "show", "--identity", "desk.pem")["claimable"] == provider
    for name, units in due.items():
        claimed = scripts.result("payouts.py", "claim", "--identity", f"{name}.pem")
        assert claimed["claimed"] == units - LEDGER_FEE
    assert scripts.result("payouts.py", "claim", "--identity", "desk.pem")["claimed"] == 0
    pushed = scripts.result("payouts.py", "push", "--identity", "desk.pem", "--threshold", 1_000, "--to", principals["buyer"])
    assert (pushed["enabled"], pushed["threshold"], len(pushed["streams"])) == (True, 1_000, 1)
    assert scripts.result("payouts.py", "push", "--identity", "desk.pem", "--off")["enabled"] is False
    audit = scripts.result("payouts.py", "audit")
    left = PRICE - sum(due.values())
    assert (audit["received"], audit["held"], audit["owed"]) == (PRICE, left, left)
    assert audit["paid"] + audit["ledger_fees_paid"] == sum(due.values())
    assert audit["balanced"] is True


def test_files_of_records(scripts: Scripts) -> None:
    scripts.key("seller")
    (scripts.folder / "air.json").write_text('{"fields":[{"name":"at","type":"time"},{"name":"c","type":"float"}]}', encoding="utf-8")
    (scripts.folder / "air.csv").write_text("at,c\n1,20.5\n2,21.0\n", encoding="utf-8")
    (scripts.folder / "air.jsonl").write_text('{"at": 3, "c": 22.25}\n', encoding="utf-8")
    selling = ["--identity", "seller.pem"]
    listed = scripts.result("sell_stream.py", *selling, "--title", "Air", "--schema", "air.json", "--records", "air.csv", "--batch", 1)
    more = scripts.result("sell_stream.py", *selling, "--stream", listed["stream"], "--records", "air.jsonl")
    assert (listed["records"], listed["size"], more["records"], more["size"]) == (2, 2, 1, 3)
    (scripts.folder / "air.csv").write_text("at,c\n1,20.5\n2,21.0\n4,hot\n", encoding="utf-8")
    complaint = scripts.complaint("sell_stream.py", *selling, "--stream", listed["stream"], "--records", "air.csv")
    assert "air.csv, line 4: c is 'hot', which is no float" in complaint


def test_what_is_wrong_is_said_with_what_to_do(scripts: Scripts) -> None:
    scripts.key("stranger")
    (scripts.folder / "list.json").write_text('{"fields":[{"name":"c","type":"float"}]}', encoding="utf-8")
    assert "Sign with a key of your own: --identity" in scripts.complaint("sell_stream.py", "--title", "X", "--schema", "list.json")
    assert "Describe the records' fields in a file" in scripts.complaint("sell_stream.py", "--identity", "stranger.pem")
    assert "there is no such file" in scripts.complaint("payouts.py", "show", "--identity", "none.pem")
    assert "Check the offer's number" in scripts.complaint("buy_and_read.py", "--identity", "stranger.pem", "--offer", 999)
    assert "Name one with --offer" in scripts.complaint("buy_and_read.py", "--identity", "stranger.pem")
    assert "Choose one of seattle-hourly" in scripts.complaint("sell_stream.py", "--demo", "moon")
    assert "there is no file ids.json" in scripts.complaint("payouts.py", "audit", "--canister-ids", "ids.json")
    ids = json.loads((scripts.folder / ".dfx/local/canister_ids.json").read_text(encoding="utf-8"))
    swapped = {**ids, "payout_splitter": ids["token_ledger"]}
    (scripts.folder / "swapped.json").write_text(json.dumps(swapped), encoding="utf-8")
    complaint = scripts.complaint("payouts.py", "audit", "--canister-ids", "swapped.json")
    assert "has no method parameters. Is its id right?" in complaint
    assert "network other has none in" in scripts.complaint(
        "payouts.py", "audit", "--network", "other", "--canister-ids", ".dfx/local/canister_ids.json"
    )


def test_a_buyer_without_funds_pays_nothing_and_is_told_how_much_is_missing(scripts: Scripts) -> None:
    poor = scripts.key("poor")
    seller = ["--identity", "seller2.pem"]
    scripts.key("seller2")
    (scripts.folder / "n.json").write_text('{"fields":[{"name":"n","type":"nat"}]}', encoding="utf-8")
    (scripts.folder / "n.csv").write_text("n\n1\n", encoding="utf-8")
    offer = scripts.result("sell_stream.py", *seller, "--schema", "n.json", "--records", "n.csv", "--price", 1_000)["offer"]
    buying = ["--identity", "poor.pem", "--offer", offer, "--out", "n.jsonl"]
    assert f"--mint {poor}=21000" in scripts.complaint("buy_and_read.py", *buying)
    assert not (scripts.folder / "n.jsonl.purchase.json").exists()
    scripts.deploy("--mint", f"{poor}=21000")
    assert "PriceAboveLimit" in scripts.complaint("buy_and_read.py", *buying, "--max-price", 999)
    assert scripts.result("buy_and_read.py", *buying)["price"] == 1_000
    scripts.key("other")
    complaint = scripts.complaint("buy_and_read.py", "--identity", "other.pem", "--offer", offer, "--out", "n.jsonl")
    assert "it is not about this purchase" in complaint


def test_nobody_at_the_address(scripts: Scripts) -> None:
    away = Scripts(scripts.folder, "http://127.0.0.1:1")
    complaint = away.complaint("payouts.py", "audit")
    assert "http://127.0.0.1:1 does not answer" in complaint
    assert "kybra-replica start" in complaint
