"""How answers about approvals read: days left, who must act, groups and pages, in both languages."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.views.registry import render
from tests.support.scenery import Facts

LINE: Facts = {
    "key": "review", "kind": "review", "round": 2, "title": "Stripe reviews the submission", "state": "with_stripe", "ours": False,
    "actor": "stripe", "owner": "", "taken": False, "step": "", "since": "2026-11-16T12:00:00+00:00", "blocked": False, "note": "",
    "look_again_on": None, "due": "2026-12-01T04:59:59+00:00", "about": False, "aim": False, "zone": "America/New_York", "days": 7,
    "working": 4, "late": False, "ended_at": None, "ended_by": "", "next": [], "after": [], "missing": [], "fit": {}, "link": "",
}  # fmt: skip
PROGRAM: Facts = {
    "id": 1, "ref": "P-1", "name": "Acme (US)", "state": "active", "zone": "America/New_York", "target_on": "2027-03-01", "lead": "U0LENA",
    "lines": [LINE], "approved": 3, "total": 8, "not_needed": ["wallets"], "marketing": None, "link": "", "language": "en",
    "as_of": "2026-11-23T15:00:00+00:00", "names": {"U0LENA": "Lena", "U0MARC": "Marc"}, "absent": {}, "shareable": True,
}  # fmt: skip


def told(language: str = "en", **line: Any) -> str:
    """What the answer about one programme says, as text without invisible signs."""
    facts = {**PROGRAM, "lines": [{**LINE, **line}]}
    said: str = render("approval.program", language, facts)["text"]
    return said.replace("\u00a0", " ")


# days and working days that are left, in both languages
LEFT = [
    (7, 4, "*7 days left* (4 working days)", "*7 jours restants* (4 jours ouvrés)"),
    (1, 1, "*1 day left* (1 working day)", "*1 jour restant* (1 jour ouvré)"),
    (2, 0, "*2 days left* (0 working days)", "*2 jours restants* (0 jour ouvré)"),
    (0, 0, "*due today*", "*échéance aujourd\u2019hui*"),
    (-1, -1, "*1 day late* (1 working day)", "*1 jour de retard* (1 jour ouvré)"),
    (-9, -6, "*9 days late* (6 working days)", "*9 jours de retard* (6 jours ouvrés)"),
]


@pytest.mark.parametrize(("days", "working", "english", "french"), LEFT)
def test_days_are_told_as_people_say_them(days: int, working: int, english: str, french: str) -> None:
    assert english in told("en", days=days, working=working)
    assert french in told("fr", days=days, working=working)


# how a line stands, and what is said of it
SAID: list[tuple[dict[str, Any], str, str]] = [
    ({}, "*Stripe reviews the submission, round 2*\nWith Stripe · since November 16, 2026 · due", "Chez Stripe · depuis le 16 novembre 2026"),
    ({"owner": "U0MARC", "taken": True}, "With Stripe (followed by Marc)", "Chez Stripe (suivi par Marc)"),
    ({"due": None, "days": None, "working": None}, "no fixed time", "sans délai fixé"),
    ({"state": "with_us", "actor": "us", "owner": "U0LENA", "step": "Submit everything", "aim": True}, "With us: nobody yet (lead: Lena) · _Submit everything_", "De notre côté"),
    ({"state": "with_us", "actor": "us", "owner": "U0MARC", "taken": True, "missing": ["Fees", "Terms"]}, "Missing: _Fees_ and _Terms_", "Il manque : _Fees_ et _Terms_"),
    ({"state": "changes_asked", "actor": "us", "owner": "U0LENA", "note": "Show the fees"}, "Stripe says: Show the fees", "Stripe écrit : Show the fees"),
    ({"state": "refused", "actor": "us", "owner": "U0LENA", "note": "No"}, "Refused by Stripe · with us", "Refusée par Stripe"),
    ({"blocked": True, "note": "Holidays", "look_again_on": "2026-12-24"}, "look again on December 24, 2026", "à revoir le 24 décembre 2026"),
    ({"state": "not_yet", "actor": "", "after": ["Configuration"], "days": None}, "round 2* — after _Configuration_", "après _Configuration_"),
    ({"state": "not_yet", "actor": "us", "owner": "U0LENA", "step": "Guide", "next": list("abcd"), "late": True, "days": -3, "working": -1}, "first _Guide_, _a_ and _b_ and 2 more (nobody yet (lead: Lena)) · due", "*3 jours de retard*"),
    ({"state": "approved", "actor": "", "ended_at": "2026-11-20T03:00:00+00:00", "ended_by": "U0MARC"}, "approved on November 19, 2026 · recorded by Marc", "obtenue le 19 novembre 2026 · enregistré par Marc"),
    ({"state": "approved", "actor": "", "ours": True, "ended_at": "2026-11-20T15:00:00+00:00"}, "done on November 20, 2026", "terminée le 20 novembre 2026"),
    ({"state": "changes_asked", "actor": "", "ended_at": "2026-11-20T15:00:00+00:00"}, "changes asked on November 20, 2026", "modifications demandées le 20 novembre 2026"),
    ({"state": "approved", "actor": "", "fit": {"issuing": "fits", "treasury": "no"}, "ended_at": "2026-11-20T15:00:00+00:00"}, "Treasury", "Treasury"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "english", "french"), SAID)
def test_each_state_says_who_must_act_and_what_is_known(
    line: dict[str, Any], english: str, french: str
) -> None:
    assert english in told("en", **line)
    assert french in told("fr", **line)


def listed(**more: Any) -> dict[str, Any]:
    """A long list with one programme in each group."""
    entries = [
        {**PROGRAM, "id": number, "name": f"Acme {group}", "group": group, "more": 0,
         "lines": [{**LINE, "actor": actor, "owner": "U0MARC", "days": days}]}
        for number, (group, actor, days) in enumerate([("overdue", "stripe", -2), ("us", "us", 3), ("stripe", "stripe", None)])
    ]  # fmt: skip
    facts = {"language": "en", "only": "all", "page": 2, "pages": 3, "few": False, "total": 41, "words": "acme", "programs": entries,
             "counts": {"overdue": 1, "us": 1, "stripe": 39}, "rest": {"paused": 2, "canceled": 1}, "as_of": PROGRAM["as_of"],
             "zone": "UTC", "names": PROGRAM["names"], "shareable": True, **more}  # fmt: skip
    return render("approval.list", "en", facts)


def test_a_long_list_has_a_line_for_each_programme_under_its_group() -> None:
    assert listed()["text"].split("\n") == [
        "*Approvals of 41 programmes* · 1 overdue · 1 waits for us · 39 wait for Stripe",
        "*Overdue* (1)",
        "• *Acme overdue* · *2 days late* · Compliance review, round 2 · Stripe",
        "*Waits for us* (1)",
        "• *Acme us* · *3 days left* · Compliance review, round 2 · Marc",
        "*Waits for Stripe* (39)",
        "• *Acme stripe* · Compliance review, round 2 · since November 16, 2026",
    ]


def test_what_waits_for_nobody_is_counted_below_with_the_page() -> None:
    below = next(one for one in reversed(listed()["blocks"]) if one["type"] == "context")["elements"][0][
        "text"
    ]
    assert below.startswith("Nobody has to act in the others: 2 paused and 1 canceled · Page 2 of 3 · As of ")


def test_buttons_carry_the_filter_the_page_and_the_words() -> None:
    values = {
        element["action_id"]: element.get("value")
        for one in listed()["blocks"]
        for element in one.get("elements", [])
        if "action_id" in element
    }
    assert values["approval.page:overdue"] == "overdue 1 acme"
    assert values["approval.page:previous"] == "all 1 acme"
    assert values["approval.page:next"] == "all 3 acme"
    assert values["approval.share"] == "l all 2 acme"
    assert "approval.find" in values


def test_nobody_is_offered_to_share_twice_or_outside_of_a_channel() -> None:
    assert "approval.share" not in json.dumps(listed(shareable=False))
    assert "approval.share" not in json.dumps(listed(shared_by="U0LENA"))


def test_a_shared_answer_names_who_shared_it_without_a_mention() -> None:
    shared = listed(shared_by="U0LENA")
    assert shared["text"].startswith("Shared by Lena\n")
    assert "<@" not in json.dumps(shared)
    ids = [
        element["action_id"]
        for one in shared["blocks"]
        if one["type"] == "actions"
        for element in one["elements"]
    ]
    assert ids == ["approval.page:now"]
