"""The local Stripe refuses what Stripe refuses, and our calls arrive there as they were meant."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import httpx
import pytest
from pydantic import SecretStr

from bot.playground.stripe import acts
from bot.playground.stripe.local import LocalStripe
from bot.playground.stripe.vault import Whose as Owner
from bot.stripe_api import NoKeyError, StripeApi, StripeAwayError, StripeRefusedError, Whose
from storage import Database, InsideTransactionError
from tests.support.stripe_events import STAMP

TEST, SHOP = Whose(livemode=False), Whose(livemode=False, account="acct_shop")


@pytest.fixture
def local() -> Iterator[LocalStripe]:
    with LocalStripe(wall=lambda: STAMP) as found:
        yield found


@pytest.fixture
def stripe(local: LocalStripe) -> Iterator[StripeApi]:
    def key(livemode: bool, platform: str) -> SecretStr | None:  # noqa: FBT001 - as the settings give it
        return None if livemode or platform else SecretStr("rk_test_local")

    found = StripeApi(key, local.origin, timeout=5)
    yield found
    found.close()


def test_an_object_is_read_on_behalf_of_its_account(local: LocalStripe, stripe: StripeApi) -> None:
    card = local.issue(Owner("acct_shop"))
    assert stripe.get(SHOP, f"/v1/issuing/cards/{card['id']}")["status"] == "active"
    with pytest.raises(StripeRefusedError) as caught:
        stripe.get(TEST, f"/v1/issuing/cards/{card['id']}")
    assert (caught.value.code, caught.value.status) == ("resource_missing", 404)


def test_a_list_comes_page_by_page_the_newest_first(local: LocalStripe, stripe: StripeApi) -> None:
    for _ in range(5):
        local.issue()
    pages = list(
        stripe.pages(
            TEST, "/v1/events", {"limit": 4, "types": ["issuing_card.created", "issuing_card.updated"]}
        )
    )
    assert [len(page) for page in pages] == [4, 4, 2]
    ids = [one["id"] for one in itertools.chain(*pages)]
    assert ids == sorted(ids, reverse=True)
    assert {one["type"] for page in pages for one in page} == {"issuing_card.created", "issuing_card.updated"}


def test_a_call_that_is_repeated_with_its_key_has_one_effect(local: LocalStripe, stripe: StripeApi) -> None:
    card = local.issue()
    path, given = f"/v1/issuing/cards/{card['id']}", {"status": "canceled", "cancellation_reason": "lost"}
    before = len(local.vault.events)
    first = stripe.post(TEST, path, given, key="row-1")
    assert stripe.post(TEST, path, given, key="row-1") == first
    assert len(local.vault.events) == before + 1
    with pytest.raises(StripeRefusedError) as caught:
        stripe.post(TEST, path, {"status": "active"}, key="row-1")
    assert caught.value.code == "IdempotencyError"


def test_a_lost_reply_may_have_had_its_effect_and_the_key_finds_it(
    local: LocalStripe, stripe: StripeApi
) -> None:
    card = local.issue()
    path, given = f"/v1/issuing/cards/{card['id']}", {"status": "canceled", "cancellation_reason": "stolen"}
    local.faults.lost_reply = True
    with pytest.raises(StripeAwayError):
        stripe.post(TEST, path, given, key="row-2")
    local.faults.clear()
    count = len(local.vault.events)
    assert stripe.post(TEST, path, given, key="row-2")["status"] == "canceled"
    assert len(local.vault.events) == count


@pytest.mark.parametrize(
    ("fault", "code"), [("outage", "http_503"), ("rate_limit", "rate_limited"), ("lost_reply", "no_answer")]
)
def test_what_can_be_tried_again_is_told_apart(
    local: LocalStripe, stripe: StripeApi, fault: str, code: str
) -> None:
    setattr(local.faults, fault, True)
    with pytest.raises(StripeAwayError) as caught:
        stripe.get(TEST, "/v1/events")
    assert caught.value.code == code


WRONG = [
    ("/v1/issuing/cards", {"currency": "usd", "type": "virtual"}, "parameter_missing", "cardholder"),
    (
        "/v1/issuing/cards",
        {"currency": "usd", "type": "wooden", "cardholder": "ich_1"},
        "InvalidRequestError",
        "type",
    ),
    ("/v1/issuing/cards", {"colour": "red"}, "parameter_unknown", "colour"),
    (
        "/v1/issuing/disputes",
        {"transaction": "ipi_1", "amount": "much"},
        "parameter_invalid_integer",
        "amount",
    ),
    ("/v1/issuing/cards/ic_1", {"status": "lost"}, "InvalidRequestError", "status"),
    ("/v1/issuing/cards/ic_1", {"cancellation_reason": "lost"}, "InvalidRequestError", "cancellation_reason"),
]


@pytest.mark.parametrize(("path", "given", "code", "param"), WRONG)
def test_a_wrong_call_is_refused_as_stripe_refuses_it(
    stripe: StripeApi, path: str, given: dict[str, str], code: str, param: str
) -> None:
    with pytest.raises(StripeRefusedError) as caught:
        stripe.post(TEST, path, given, key=f"{path} {given}")
    assert (caught.value.code, caught.value.param, caught.value.status) == (code, param, 400)


def test_events_take_at_most_twenty_types(stripe: StripeApi) -> None:
    with pytest.raises(StripeRefusedError) as caught:
        stripe.get(TEST, "/v1/events", {"types": [f"a.b{number}" for number in range(21)]})
    assert caught.value.param == "types"


def test_a_key_that_is_none_is_401_and_an_unknown_address_404(local: LocalStripe) -> None:
    assert httpx.get(f"{local.origin}/v1/events").status_code == 401
    answer = httpx.get(f"{local.origin}/v1/nothing", headers={"authorization": "Bearer rk_test_x"})
    assert answer.status_code == 404
    assert "Unrecognized request URL" in answer.json()["error"]["message"]


def test_without_a_key_for_the_mode_nothing_is_called(local: LocalStripe, stripe: StripeApi) -> None:
    assert not stripe.can_call(Whose(livemode=True))
    with pytest.raises(NoKeyError) as caught:
        stripe.get(Whose(livemode=True), "/v1/events")
    assert caught.value.code == "no_live_key"
    assert len(local.calls) == 0


def test_no_call_leaves_inside_a_write_transaction(database: Database, stripe: StripeApi) -> None:
    with pytest.raises(InsideTransactionError), database.transaction():
        stripe.get(TEST, "/v1/events")


def test_a_cancelled_card_declines_and_stays_cancelled(local: LocalStripe, stripe: StripeApi) -> None:
    card = local.issue()
    acts.change_card(local.vault, Owner(), card["id"], status="canceled", cancellation_reason="lost")
    held = acts.authorize(local.vault, Owner(), card["id"], 100)
    assert (held["approved"], held["request_history"][0]["reason"]) == (False, "card_canceled")
    with pytest.raises(StripeRefusedError):
        stripe.post(TEST, f"/v1/issuing/cards/{card['id']}", {"status": "active"}, key="row-3")
