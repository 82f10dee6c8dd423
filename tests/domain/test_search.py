"""Names as people type them, and the programme that is meant."""

from __future__ import annotations

import pytest

from bot.domain.search import NEAREST, Named, find, plain

NAMES = (
    "ACME (US)",
    "Acme (UK)",
    "Société Générale Œuvres",
    "L\u2019Oréal Cartes",
    "Île-de-France Mobilités",
    "Harbour wallets",
    "12 Monkeys",
    "Müller & Söhne GmbH",
    "Quay",
    "Quay cards",
    "Straße 9",
    "Crédit Coopératif — carte d'achat",
)
KNOWN = [Named(number, f"P-{number}", name) for number, name in enumerate(NAMES, 1)]

# what is typed: the programmes it means, and whether that is sure
TYPED = [
    ("acme us", [1], True),
    ("ACME (US)", [1], True),
    ("us acme", [1], True),
    ("acmeus", [1], True),
    ("a.c.m.e.", [1, 2], True),
    ("acme", [1, 2], True),
    ("acm", [1, 2], True),
    ("amce us", [1], False),
    ("acne uk", [2], False),
    ("societe generale", [3], True),
    ("SOCIÉTÉ", [3], True),
    ("oeuvres", [3], True),
    ("œuvres société", [3], True),
    ("generalle", [3], False),
    ("loreal", [4], True),
    ("l'oréal", [4], True),
    ("L\u2019ORÉAL", [4], True),
    ("ile de france", [5], True),
    ("france mob", [5], True),
    ("mobilites", [5], True),
    ("harbor", [6], False),
    ("harbour walets", [6], False),
    ("wal", [6], True),
    ("muller", [8], True),
    ("müller & söhne", [8], True),
    ("sohne", [8], True),
    ("quay", [9], True),
    ("quay c", [10], True),
    ("strasse 9", [11], True),
    ("credit cooperatif", [12], True),
    ("carte d\u2019achat", [12], True),
    ("coopérative", [12], False),
    ("P-3", [3], True),
    ("p3", [3], True),
    ("p 3", [3], True),
    ("P-003", [3], True),
    ("#3", [3], True),
    ("3", [3], True),
    ("12", [12], True),
    ("12 monkeys", [7], True),
    ("P-1 ACME (US)", [1], True),
    ("p-1 acme", [1], True),
    ("P-1 Quay", [], True),
    ("P-99", [], True),
    ("zebra", [], True),
    ("us zebra", [], True),
    ("()", [], True),
    ("x" * 4000, [], True),
    ("🙂", [], True),
]


@pytest.mark.parametrize(("typed", "wanted", "sure"), TYPED)
def test_a_name_is_found_as_people_type_it(typed: str, wanted: list[int], *, sure: bool) -> None:
    found = find(typed, KNOWN)
    assert list(found.ids) == wanted
    assert found.sure is sure
    assert bool(found.nearest) is not bool(wanted)


def test_nothing_typed_means_all_of_them() -> None:
    assert list(find("  ", KNOWN).ids) == [one.id for one in KNOWN]


@pytest.mark.parametrize(
    ("typed", "first"), [("acm corp", 1), ("oreal paris", 4), ("quai", 9), ("mobility", 5)]
)
def test_an_unknown_name_lists_the_nearest_first(typed: str, first: int) -> None:
    found = find(typed, KNOWN)
    names = found.nearest or found.ids
    assert first in names[:2]
    assert len(found.nearest) <= NEAREST


def test_without_programmes_there_is_nothing_to_propose() -> None:
    assert find("acme", []).nearest == ()


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("ACME (É.-U.)", "acme e u"),
        ("L\u2019Œuvre", "l oeuvre"),
        ("Straße", "strasse"),
        ("\uff21\uff23\uff2d\uff25", "acme"),
        ("—", ""),
    ],
)
def test_a_name_is_compared_without_case_accents_and_signs(text: str, wanted: str) -> None:
    assert plain(text) == wanted
