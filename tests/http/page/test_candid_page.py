"""The Candid page in a browser: what is entered, called, verified and shown."""

from __future__ import annotations

from hashlib import sha256

import pytest
from candid_form import CandidPage
from counting_target import install_target
from dishonest_answers import on_certificates, on_queries, query_reply_flipped, reply_flipped, signature_flipped, signed_by_another
from replica_host import running
from tampering_proxy import tampering

from kybra_replica.principal import ANONYMOUS, Principal

UNTRUSTED = "The answer cannot be trusted"


# calls ---------------------------------------------------------------------------------------------------------------


def test_update_is_carried_out_and_its_certificate_verified(candid, target, total):
    before = total()
    candid.open(target.id, "add")
    candid.enter("Argument", "1_000")
    candid.send()
    assert candid.reply() == f"({before + 1000:_})"
    assert candid.proof() == "✓ certificate verified"
    assert total() == before + 1000


def test_query_is_answered_and_its_signature_verified(candid, target, total):
    candid.open(target.id, "total")
    candid.send()
    assert candid.reply() == f"({total():_})"
    assert candid.proof() == "✓ node signature verified"


def test_query_can_be_asked_for_a_certificate(candid, target, total):
    candid.open(target.id, "total")
    candid.flip("as an update, with a certificate")
    candid.send()
    assert candid.reply() == f"({total():_})"
    assert candid.proof() == "✓ certificate verified"


# who calls -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["who", "who_asks"])
def test_anonymous_and_generated_identities_call(candid, target, method):
    candid.open(target.id, method)
    candid.send()
    assert candid.reply() == f'(principal "{ANONYMOUS}")'
    seller = candid.make_identity("Seller")
    candid.send()
    assert candid.reply() == f'(principal "{seller}")'
    candid.select_identity("Anonymous")
    candid.send()
    assert candid.reply() == f'(principal "{ANONYMOUS}")'


def test_identities_outlast_the_page_until_forgotten(candid, target):
    candid.open(target.id, "who_asks")
    seller, buyer = candid.make_identity("Seller"), candid.make_identity("Buyer")
    assert seller != buyer
    candid.browser_page.reload()
    assert candid.caller() == "Buyer"
    candid.select_identity("Seller")
    candid.send()
    assert candid.reply() == f'(principal "{seller}")'
    candid.forget_identity("Seller")
    assert candid.caller() == "Anonymous"
    candid.browser_page.reload()
    assert candid.identities() == ["Anonymous", "Buyer"]
    kept = candid.browser_page.run("localStorage.getItem('candid-page-identities')")
    assert "Buyer" in kept
    assert "Seller" not in kept


def test_two_identities_of_one_name_are_refused(candid, target):
    candid.open(target.id)
    candid.make_identity("Seller")
    candid.browser_page.click(".identity-button")
    candid.browser_page.type(".panel .new input", "seller")
    candid.browser_page.click(".panel .new button")
    assert candid.text(".panel .complaint") == "There is an identity called “seller” already."
    assert candid.caller() == "Seller"


# what is wrong -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        ("", "Enter a whole number (nat64)."),
        ("many", "“many” is not a whole number."),
        ("1.5", "“1.5” is not a whole number."),
        ("-1", "A nat64 is at least 0."),
        ("18446744073709551616", "A nat64 is at most 18_446_744_073_709_551_615."),
    ],
)
def test_bad_number_is_explained_and_nothing_is_called(candid, target, written, complaint, total):
    before = total()
    candid.open(target.id, "add")
    candid.enter("Argument", written)
    candid.browser_page.click("main button.primary")
    candid.browser_page.wait("document.querySelector('main .summary:not([hidden])')")
    assert candid.complaints() == [complaint, complaint]
    assert candid.browser_page.run("document.activeElement.getAttribute('aria-invalid')") == "true"
    assert candid.browser_page.texts("main .result") == []
    assert total() == before


def test_mended_field_is_no_longer_complained_of(candid, values_canister):
    candid.open(values_canister, "echo_nat64")
    candid.enter("Argument", "18446744073709551616")
    candid.browser_page.press("Enter")
    candid.browser_page.wait("document.querySelector('main .summary:not([hidden])')")
    candid.enter("Argument", "18446744073709551615")
    assert candid.complaints()[:-1] == []
    candid.send()
    assert candid.reply() == "(18_446_744_073_709_551_615)"
    assert candid.complaints() == []


@pytest.mark.parametrize(("method", "proof"), [("fail", "certificate verified"), ("fail_query", "node signature verified")])
def test_trap_is_shown_with_its_codes(candid, target, method, proof):
    candid.open(target.id, method)
    candid.enter("Argument", "<img src=x onerror=alert(1)>")
    candid.send()
    problem = candid.problem()
    assert problem["title"] == "The canister failed"
    assert "<img src=x onerror=alert(1)>" in problem["message"]
    assert (problem["Reject code"], problem["Error code"], problem["Proof"]) == ("5 · CANISTER_ERROR", "IC0503", proof)


def test_rejection_by_the_canister_is_shown_with_its_codes(candid, target):
    candid.open(target.id, "refuse")
    candid.enter("Argument", "not today")
    candid.send()
    problem = candid.problem()
    assert (problem["title"], problem["message"]) == ("The call was rejected", "not today")
    assert (problem["Reject code"], problem["Error code"]) == ("4 · CANISTER_REJECT", "IC0406")


def test_call_turned_away_at_the_door_is_shown(candid, target, total):
    before = total()
    candid.open(target.id, "uninvited")
    candid.send()
    problem = candid.problem()
    assert problem["title"] == "The call was rejected"
    assert (problem["Error code"], problem["Proof"]) == ("IC0406", "none: refused before it was taken in")
    assert total() == before


def test_replica_that_went_away_is_said(chromium, tmp_path):
    with running(tmp_path / "replica.log") as host, chromium.page() as page:
        own = install_target(host)
        own.client.close()
        candid = CandidPage(page, host.url)
        candid.open(own.id, "total")
        candid.send()
        assert candid.reply() == "(0)"
        host.kill()
        candid.send()
        assert candid.problem()["title"] == "The replica does not answer"
        page.click(".history .call", "(0)")
        assert candid.reply() == "(0)"


# trust ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("change", [signature_flipped, reply_flipped, signed_by_another])
def test_update_with_tampered_certificate_is_not_believed(chromium, target, change):
    with tampering("127.0.0.1", target.host.port, on_certificates(change, of=("call",))) as url, chromium.page() as page:
        candid = CandidPage(page, url)
        candid.open(target.id, "echo")
        candid.enter("Content", "c0ffee")
        candid.send()
        assert candid.problem()["title"] == UNTRUSTED
        assert "c0ffee" not in candid.text("main .result").lower()


def test_tampered_query_is_not_believed(chromium, target):
    with tampering("127.0.0.1", target.host.port, on_queries(query_reply_flipped)) as url, chromium.page() as page:
        candid = CandidPage(page, url)
        candid.open(target.id, "total")
        candid.send()
        assert candid.problem()["title"] == UNTRUSTED
        assert page.texts("main .value") == []


def test_tampered_state_is_not_believed(chromium, target):
    with tampering("127.0.0.1", target.host.port, on_certificates(signature_flipped, of=("read_state",))) as url, chromium.page() as page:
        candid = CandidPage(page, url)
        candid.open(target.id)
        assert candid.text(".state .inline-problem").startswith(UNTRUSTED)
        assert page.texts(".state dl") == []


def test_honest_proxy_is_believed(chromium, target):
    with tampering("127.0.0.1", target.host.port, lambda endpoint, answer: answer) as url, chromium.page() as page:
        candid = CandidPage(page, url)
        candid.open(target.id, "echo")
        candid.enter("Content", "c0ffee")
        candid.send()
        assert candid.reply() == "(blob c0ffee 3 bytes)"


# finding one's way ---------------------------------------------------------------------------------------------------


def test_page_without_canister_lists_them(candid, target, values_canister):
    candid.open()
    candid.browser_page.wait("document.querySelector('.canisters li')")
    listed = candid.browser_page.texts(".canisters a")
    assert {str(target.id), str(values_canister)} <= set(listed)
    candid.browser_page.click(".canisters a", str(target.id))
    assert candid.text("main h1") == f"Canister {target.id}"


@pytest.mark.parametrize(
    ("canister", "title"), [("nonsense", "This is not a canister id"), (Principal.canister(2**40), "There is no such canister")]
)
def test_wrong_canister_is_explained_beside_the_list(chromium, target, canister, title):
    with chromium.page() as page:
        candid = CandidPage(page, target.host.url)
        candid.open(canister)
        assert candid.text("main .problem h2") == title
        page.wait("document.querySelector('.canisters li')")
        assert str(target.id) in page.texts(".canisters a")


def test_overview_shows_certified_module_and_controllers(candid, target):
    candid.open(target.id)
    facts = candid.text(".state dl")
    assert sha256(target.module).hexdigest() in facts
    assert str(target.owner.principal) in facts
    assert "Certified at" in facts


def test_methods_are_found_by_keys_alone(candid, target, total):
    candid.open(target.id)
    candid.text(".sidebar")
    page = candid.browser_page
    page.press("/")
    page.wait("document.activeElement.type === 'search'")
    page.type(".filter input", "TOT")
    assert page.texts(".sidebar li") == ["total"]
    page.press("Enter")
    page.wait("document.activeElement.innerText === 'total'")
    assert page.run("location.hash") == "#total"
    candid.send_by_keys()
    assert candid.reply() == f"({total():_})"


def test_unknown_method_in_the_address_is_said(candid, target):
    candid.open(target.id)
    candid.browser_page.run("location.hash = '#nothing'")
    assert candid.text("main .inline-problem") == "This canister has no method “nothing”."


def test_earlier_call_comes_back_with_its_arguments(candid, values_canister):
    candid.open(values_canister, "echo_text")
    for text in ("first", "second"):
        candid.enter("Argument", text)
        candid.send()
    candid.browser_page.click(".history .call", "first")
    candid.browser_page.wait("document.querySelector('main textarea').value === 'first'")
    assert candid.reply() == '("first")'
    candid.browser_page.click(".sidebar a", "Overview")
    candid.browser_page.wait("document.querySelector('.overview .call')")
    assert [line.count('"second"') for line in candid.browser_page.texts(".history .call")] == [2, 0]


# seen by everybody ---------------------------------------------------------------------------------------------------

INTERACTIVE = {"button", "checkbox", "combobox", "link", "radio", "searchbox", "switch", "textbox"}


@pytest.mark.parametrize("method", ["", "echo_record", "echo_vec", "echo_blob", "echo_variant", "echo_func"])
def test_every_control_has_a_name(candid, values_canister, method):
    candid.open(values_canister, method)
    candid.text("main h1")
    for switch in range(candid.browser_page.run("document.querySelectorAll('main .editor.opt .switch').length")):
        candid.browser_page.run(f"document.querySelectorAll('main .editor.opt .switch')[{switch}].click()")
    nodes = candid.browser_page.accessibility()
    nameless = [node["role"] for node in nodes if node["role"] in INTERACTIVE and not node["name"]]
    assert nameless == []
    assert sum(node["role"] in INTERACTIVE for node in nodes) > 5


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("method", ["", "add", "echo"])
def test_narrow_page_does_not_scroll_sideways(chromium, target, method, dark):
    with chromium.page(width=340, height=640, dark=dark) as page:
        CandidPage(page, target.host.url).open(target.id, method)
        page.wait("document.querySelector('main h1')")
        assert page.run("document.documentElement.scrollWidth") == 340
        dark_page = page.run("getComputedStyle(document.body).backgroundColor") == "rgb(21, 21, 23)"
        assert dark_page is dark
