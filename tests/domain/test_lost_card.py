"""What people search a card by, and what a report asks of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.domain import lost_card as rules
from bot.domain.lost_card import Query, read_query

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "kind", "text"),
    [
        ("", "nothing", ""),
        ("  ", "nothing", ""),
        ("4242", "last4", "4242"),
        ("•••• 4242", "last4", "4242"),
        ("#0007", "last4", "0007"),
        ("42", "part", "42"),
        ("ic_1MvSieLkdIwHu7ixn6uuO0xb", "card", "ic_1MvSieLkdIwHu7ixn6uuO0xb"),
        ("Jenny@Example.com", "email", "jenny@example.com"),
        ("<mailto:jenny@example.com|jenny@example.com>", "email", "jenny@example.com"),
        ("Jérôme d'Été", "words", "Jérôme d'Été"),
        ("4242 4242 4242 4242", "number", ""),
        ("4242424242424241", "number", ""),  # a slip in a card number is a card number all the same
        ("12345", "number", ""),
        ("[card number removed]", "number", ""),
        ("my card 4242 4242 4242 4242 test", "number", ""),
    ],
)
def test_what_somebody_types_is_understood(said: str, kind: str, text: str) -> None:
    found = read_query(said)
    assert (found.kind, found.text) == (kind, text)


def test_test_cards_are_asked_for_by_a_word_behind() -> None:
    assert read_query("4242 test") == Query("last4", "4242", test=True)
    assert read_query("test").test
    assert read_query("4242 TEST").test
    assert read_query("testa").words == ("testa",)


def test_names_are_searched_without_case_and_accents() -> None:
    assert rules.words_of("Jérôme  O'Neil-Müller, Jérôme") == ("jerome", "o", "neil", "muller")
    assert read_query("a b c d e f").words == ("a", "b", "c", "d")


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("I lost my card •••• 4242!", "4242"),
        ("It is xxxx 0077", "0077"),
        ("the card ending in 1234 please", "1234"),
        ("ma carte finissant par 9876", "9876"),
        ("we sold 4242 cards in 2026", ""),
    ],
)
def test_a_message_names_a_card_by_its_last_four(said: str, found: str) -> None:
    assert rules.last4_in(said) == found


def test_members_see_initials() -> None:
    assert rules.initials("Jenny Rosen") == "J.R."
    assert rules.initials("élodie de la Tour") == "É.D.L."
    assert rules.initials("") == ""


@pytest.mark.parametrize(
    ("operator", "own", "minutes", "may"),
    [
        (True, False, 60 * 24, True),
        (False, True, 10, True),
        (False, True, 10.1, False),
        (False, False, 0, False),
    ],
)
def test_a_freeze_is_taken_back_by_its_author_for_ten_minutes(
    *, operator: bool, own: bool, minutes: float, may: bool
) -> None:
    now = NOW + timedelta(minutes=minutes)
    assert rules.may_take_back(operator=operator, own=own, frozen_at=NOW, now=now) is may


@pytest.mark.parametrize(
    ("status", "shipping", "stage"),
    [
        ("inactive", "", "created"),
        ("inactive", "pending", "created"),
        ("inactive", "shipped", "shipped"),
        ("inactive", "delivered", "delivered"),
        ("active", "delivered", "active"),
        ("canceled", "returned", "canceled"),
        ("inactive", "a status of tomorrow", "created"),
    ],
)
def test_a_new_card_has_come_so_far(status: str, shipping: str, stage: str) -> None:
    assert rules.stage_of(status=status, shipping=shipping) == stage


def test_what_was_said_of_a_new_card_never_goes_back() -> None:
    assert [rules.is_further(one, "shipped") for one in ("", "ordered", "created", "shipped", "active")] == [
        True,
        True,
        True,
        False,
        False,
    ]


def test_median_and_worst_of_the_times() -> None:
    assert rules.times([]) == rules.Times(0, None, None)
    took = [timedelta(seconds=seconds) for seconds in (1, 2, 60)]
    assert rules.times(took) == rules.Times(3, timedelta(seconds=2), timedelta(seconds=60))
