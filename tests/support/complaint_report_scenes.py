"""What views about the monthly reports of complaints can be given: none, one, many, with the worst words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from bot.domain.complaint_template import FILLABLE
from bot.views import complaint_report as view
from tests.support.scenery import NAME, STRANGERS, WORDS, Facts, Scene

STATES = ("making", "open", "ready", "signed", "sent")
FULL: Facts = {
    "total": 12_345,
    "kinds": {"operational": 12_000, "executive": 345},
    "states": {"received": 1, "acknowledged": 2, "reopened": 3, "resolved": 4, "withdrawn": 5, "mistake": 6},
    "categories": {"fees": 9, "card_delivery": 8, "": 7, "gone": 6, "wallet": 5, "privacy": 4, "other": 3},
    "breaches": {"acknowledge": 9, "contact": 1},
    "times": [1, 20, 300, 4000],
    "median": 9,
    "slow": 41,
}
EMPTY: Facts = {
    **{key: {} for key in ("kinds", "states", "categories", "breaches")},
    "total": 0,
    "times": [0, 0, 0, 0],
    "median": None,
    "slow": None,
}


def line(number: int, state: str, rows: int = 12, **more: object) -> Facts:
    """A report as lists name it."""
    return {
        "id": number, "program": {"id": number, "ref": f"P-{number}", "name": NAME}, "month": "2026-10",
        "addendum": number % 3 if rows else 0, "state": state, "rows": rows, "missing": 3 if state == "open" else 0,
        "due_on": "2026-11-06", "signed_by": STRANGERS[0] if state in {"signed", "sent"} else "",
        "sent_on": "2026-11-05" if state == "sent" else "", **more,
    }  # fmt: skip


def figures(rows: int = 12) -> Facts:
    """The facts of a picture."""
    return {**line(1, "signed", rows), "addendum": 0, "figures": FULL if rows else EMPTY}


def page(state: str, rows: int = 12, **more: object) -> Facts:
    """One report with all that its page shows."""
    lacks = [
        [f"C-{number}", STRANGERS[number % 3] if number else "", sorted(FILLABLE)] for number in range(12)
    ]
    signed = state in {"signed", "sent"}
    return {
        **line(7, state, rows), "figures": {} if state == "making" else FULL if rows else EMPTY,
        "lacking": lacks if state == "open" else [], "missing": 400 if state == "open" else 0,
        "sha256": "a" * 64, "xlsx_sha256": "b" * 64, "snapshot_at": "2026-11-02T05:00:00+00:00",
        "signed_at": "2026-11-03T09:00:00+00:00" if signed else "", "note": WORDS[:1000] if signed else "",
        "sent_by": STRANGERS[1] if state == "sent" else "", "reference": WORDS[:200] if state == "sent" else "",
        "stale": False, "addable": False, "names": {STRANGERS[0]: NAME}, "today": "2026-11-05", **more,
    }  # fmt: skip


def scenes() -> Iterator[Scene]:
    """Messages."""
    for count in (1, 40):
        reports = [line(number, STATES[1 + number % 2], number % 4) for number in range(count)]
        yield Scene("report.ready", {"month": "2026-10", "reports": reports}, f"{count} reports")
        lines = [[f"C-{number}", sorted(FILLABLE), number] for number in range(count)]
        yield Scene("report.missing", {"month": "2026-10", "program": "P-1", "lines": lines}, f"{count}")
        asked = [[ref, ["program", *lacks], number] for ref, lacks, number in lines]
        yield Scene("report.asks", {"month": "2026-11", "lines": asked}, f"{count}")
    for kind in ("csv", "xlsx"):
        for rows in (0, 1, 10**6):
            yield Scene("report.file", {**line(1, "signed", rows), "kind": kind, "sha256": "a" * 64}, kind)
    for code in ("file_too_long", "missing_scope im:write", "unclear", "bug:ValueError", "channel_not_found"):
        yield Scene(
            "report.file_failed", {"file": 1, "name": "P-1-complaints-2026-10.csv", "code": code}, code
        )
        shown = {"picture": 1, "kind": "complaints", "code": code, "shown": figures()}
        yield Scene("picture.failed", shown, code)
    yield Scene("report.tried", {})
    for rows in (0, 12):
        yield Scene("report.picture", figures(rows), f"{rows} complaints")


def modals() -> Iterator[tuple[str, Callable[[str], Facts]]]:
    """The list, the page in every state, and the forms."""
    about = {"id": 1, "ref": "P-1", "name": NAME}
    for count in (0, 1, 60):
        facts = {
            "reports": [line(number, STATES[number % 5]) for number in range(count)],
            "nil": [line(number, "ready", 0) for number in range(count)],
            "nil_signed": [line(number, "signed", 0) for number in range(count)],
            "silent": [about] * count,
            "switched": [about] * count,
            "names": {},
            "today": "2026-11-05",
        }
        yield "reports", partial(view.listed, facts=facts)
    for state in STATES:
        for rows in (0, 12):
            yield "report", partial(view.page, facts=page(state, rows))
        changed = page(state, 12, stale=True, addable=state in {"signed", "sent"})
        yield "report that changed", partial(view.page, facts=changed, brought="yes")
    for state in ("open", "ready"):
        yield "sign", partial(view.sign, facts=page(state))
    for count in (1, 60, 300):
        reports = [line(10**6 + number, "ready", 0) for number in range(count)]
        yield "sign nil", partial(view.sign_nil, reports=reports)
        yield "sent", partial(view.sent, reports=reports, today="2026-11-05")
