"""Which exceptions of cards people hear."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain.card_exception import Standing, entries, spikes, worth

NONE = {"tested": False, "watched": False, "reported": False, "ever": False, "lately": False}


@pytest.mark.parametrize(
    ("kind", "standing", "heard"),
    [
        ("declined", {"tested": True}, True),
        ("declined", {"tested": True, "ever": True}, False),
        ("declined", {}, False),
        ("declined", {"reported": True}, True),
        ("declined", {"reported": True, "ever": True, "lately": True}, False),
        ("declined", {"reported": True, "ever": True}, True),
        ("declined", {"tested": True, "watched": True}, False),
        ("watched", {"ever": True, "lately": True}, True),
        ("fraud_warning", {"ever": True}, True),
        ("webhook_timeout", {"ever": True}, True),
        ("webhook_timeout", {"ever": True, "lately": True}, False),
        ("webhook_error", {}, True),
    ],
)
def test_people_hear_what_is_new_and_never_each_purchase(
    *, kind: str, standing: dict[str, bool], heard: bool
) -> None:
    assert worth(kind, Standing(**{**NONE, **standing})) is heard


@pytest.mark.parametrize(
    ("last", "before", "spike"), [(9, 0, False), (10, 0, True), (10, 240, False), (30, 240, True)]
)
def test_a_spike_is_three_times_the_usual_and_ten_at_least(*, last: int, before: int, spike: bool) -> None:
    assert spikes(last, before) is spike


@pytest.mark.parametrize(
    ("history", "kinds"),
    [
        ([{"created": 1, "approved": True, "reason": "webhook_approved"}], []),
        ([{"created": 1, "approved": False, "reason": "webhook_declined"}], ["declined"]),
        ([{"created": 1, "approved": True, "reason": "webhook_timeout"}], ["webhook_timeout"]),
        ([{"created": 1, "approved": False, "reason": "webhook_error"}], ["webhook_error"]),
        ([{"created": 1, "approved": False, "reason": 7}], ["declined"]),
        ([{"created": "1", "approved": False}, 7, None], []),
        ("nothing", []),
        (None, []),
    ],
)
def test_only_what_went_wrong_in_a_history_may_be_an_exception(history: Any, kinds: list[str]) -> None:
    assert [one.kind for one in entries({"request_history": history})] == kinds
