"""Who may put events into the inbox, and what the log says about who may not."""

from __future__ import annotations

import pytest
import stripe

from bot.domain.stripe_signature import SignatureError, sign, signer
from tests.support.stripe_events import OTHER_SECRET, SECRET, STAMP, event, signed, written

BODY = written(event("issuing_card.created", {"id": "ic_1"}))


def refused(
    header: str, *, body: bytes = BODY, secrets: tuple[str, ...] = (SECRET,), wall: float = STAMP
) -> str:
    with pytest.raises(SignatureError) as caught:
        signer(body, header, secrets, wall)
    return str(caught.value)


def test_every_secret_of_the_list_may_have_signed() -> None:
    assert signer(BODY, signed(BODY), (SECRET, OTHER_SECRET), STAMP) == 0
    assert signer(BODY, signed(BODY), (OTHER_SECRET, SECRET), STAMP) == 1


def test_during_a_rotation_one_of_two_signatures_is_enough() -> None:
    both = f"{signed(BODY, secret='whsec_old')},{signed(BODY).split(',')[1]}"
    assert signer(BODY, both, (SECRET,), STAMP) == 0


def test_our_signatures_are_those_of_stripes_library() -> None:
    theirs = stripe.WebhookSignature.generate_signature_header(BODY.decode(), SECRET, STAMP)
    assert theirs == sign(BODY, SECRET, STAMP)
    assert signer(BODY, theirs, (SECRET,), STAMP) == 0


@pytest.mark.parametrize("late", [0, 299, 300, -299, -300])
def test_five_minutes_are_tolerated_both_ways(late: int) -> None:
    assert signer(BODY, signed(BODY), (SECRET,), STAMP + late) == 0


@pytest.mark.parametrize(
    ("late", "cause"),
    [(301, "301 seconds ago"), (-301, "301 seconds in the future"), (-(10**7), "clock is behind")],
)
def test_more_is_not_and_the_log_names_the_clock(late: int, cause: str) -> None:
    said = refused(signed(BODY), wall=STAMP + late)
    assert cause in said
    assert "clock" in said


def test_the_secret_of_another_endpoint_is_named() -> None:
    assert "another endpoint" in refused(signed(BODY, secret="whsec_other"))


def test_a_parsed_body_is_named() -> None:
    again = b'{"id":"evt_1","object":"event"}'
    assert "parsed" in refused(signed(BODY), body=again)


def test_a_change_of_one_byte_is_refused() -> None:
    for place in (0, 20, len(BODY) - 1):
        damaged = BODY[:place] + bytes([BODY[place] ^ 1]) + BODY[place + 1 :]
        assert refused(signed(BODY), body=damaged)


def test_a_signature_of_test_events_alone_does_not_count() -> None:
    assert "not of the form" in refused(signed(BODY).replace(",v1=", ",v0="))


@pytest.mark.parametrize(
    "header",
    ["", "x", "t=,v1=", "t=1", "v1=" + "a" * 64, f"t=1,t=2,v1={'a' * 64}", f"t=١٢,v1={'a' * 64}", f"t=-5,v1={'a' * 64}",
     f"t={'9' * 400},v1={'a' * 64}", "t=1,v1=é", "," * 9000, f"t=1.5,v1={'a' * 64}", "t=1,v1=" + "A" * 64],
)  # fmt: skip
def test_a_header_of_another_shape_is_refused(header: str) -> None:
    assert "Stripe-Signature" in refused(header)


def test_without_a_secret_nothing_is_let_in() -> None:
    assert "no signing secret" in refused(signed(BODY), secrets=())
    assert "no secret fits" in refused(signed(BODY, secret=""))
