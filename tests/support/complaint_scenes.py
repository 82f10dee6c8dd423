"""Complaints as views are given them, from usual to the worst."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from bot import plans
from bot.domain.complaint import BREACHES, KINDS, STATES
from bot.views import complaint_form, complaint_page
from storage.queries.complaint import WHICH
from tests.support.course import NOW
from tests.support.scenery import NAME, NASTY, STRANGERS, WORDS, Facts, Scene

WHEN = NOW.isoformat()
ACTS = (
    *(
        "logged",
        "feedback",
        "decided_yes",
        "decided_no",
        "decided_silent",
        "acknowledged",
        "resolved",
        "contact",
    ),
    *(
        "withdrawn",
        "reopened",
        "mistake",
        "note",
        "note_asked",
        "assigned",
        "notified",
        "released",
        "forwarded",
    ),
    *(
        "document_failed",
        "to_executive",
        "to_operational",
        "extended",
        *(f"breach_{name}" for name in BREACHES),
    ),
)
OFFERS = (
    *("decide", "notice", "notified", "released", "acknowledge", "resolve", "draft", "withdraw", "extend", "forwarded"),
    *("reopen", "contact", "note", "details", "assign", "link", "documents", "to_operational", "to_executive", "mistake"),
)  # fmt: skip
PROGRAM = {"id": 1, "ref": "P-1", "name": NAME}


def facts(**more: Any) -> Facts:
    """A complaint in the middle of everything."""
    return {
        "id": 7,
        "ref": "C-7",
        "kind": "operational",
        "state": "received",
        "locked": False,
        "proposal": "",
        "due": WHEN,
        "zone": "Europe/Paris",
        "owner": STRANGERS[0],
        "program": PROGRAM,
        "feedback": False,
        "words": [],
        "proposal_until": "",
        "proposed_at": "",
        "locked_at": "",
        "notified_at": "",
        "released_at": "",
        "released_by": "",
        "submitted_at": WHEN,
        "logged_by": STRANGERS[1],
        "decided_by": "",
        "dates": [],
        "breaches": [],
        "while_locked": [],
        "redacted": False,
        "offers": ["acknowledge", "resolve", "draft", "withdraw", "contact", "mistake"],
        "names": {STRANGERS[0]: NAME},
        **more,
    }


def dates(*, kept: bool, ended: str) -> list[Facts]:
    """One date for each clock."""
    one = {"due": WHEN, "length": 5, "calendar": "XFED", "skipped": 2, "ended": ended, "kept": kept}
    return [{**one, "name": name} for name in ("acknowledge", "resolve", "notify", "forward")]


def complaints() -> Iterator[Facts]:
    """Complaints in every state, class and trouble."""
    asked = {
        "proposal": "asked",
        "proposal_until": WHEN,
        "proposed_at": WHEN,
        "locked": True,
        "locked_at": WHEN,
    }
    words = [*(hit for hit in ("lawyer", NASTY[:40])), "cfpb"]
    yield facts(dates=dates(kept=True, ended=""))
    yield facts(**asked, words=words, offers=list(OFFERS))
    yield facts(**asked, words=[], kind="executive", program=None, offers=["decide", "notice", "notified"])
    yield facts(kind="executive", locked=True, locked_at=WHEN, notified_at=WHEN, redacted=True)
    for count in (1, 3):
        yield facts(kind="executive", locked=True, locked_at=WHEN, while_locked=[WHEN] * count)
    yield facts(feedback=True, owner=STRANGERS[5], offers=["note"])
    for state in STATES:
        for kind in KINDS:
            yield facts(state=state, kind=kind, breaches=list(BREACHES), dates=dates(kept=False, ended=WHEN))


def known(*, full: bool) -> Facts:
    """What is known of a complaint: everything at its longest, or nothing."""
    names = (
        *("text", "customer", "contact", "summary", "bank", "regulator", "resolution", "root_cause"),
        *(
            "decision_reason",
            "release_reason",
            "stripe_answer",
            "extension_reason",
            "mistake_reason",
            "account",
        ),
    )
    return {
        **dict.fromkeys(names, WORDS if full else ""),
        "account": "acct_1A" if full else "",
        "received_through": "cfpb" if full else "",
        "category": "fees" if full else "gone from the file",
        "product": "issuing" if full else "",
        "refund_amount": 10**12 if full else None,
        "refund_currency": "eur" if full else "",
    }


def scenes() -> Iterator[Scene]:
    """Messages and boards."""
    for one in complaints():
        yield Scene("complaint", one, f"{one['state']} {one['kind']}")
    said = {
        "ref": "C-7",
        "zone": "America/New_York",
        "names": {STRANGERS[0]: NAME},
        "at": WHEN,
        "to": STRANGERS[1],
    }
    for act in ACTS:
        yield Scene("complaint.said", {**said, "act": act, "actor": STRANGERS[0], "owner": STRANGERS[2]}, act)
    yield Scene(
        "complaint.said", {**said, "act": "decided_silent", "actor": "", "owner": "", "to": ""}, "nobody"
    )
    for act in ("executive", "breach_contact"):
        for program in (PROGRAM, None):
            link = "https://quayside.slack.com/archives/C0/p1" if program else ""
            yield Scene("complaint.alert", {**facts(program=program), "act": act, "link": link}, act)
    yield Scene("complaint.public", {"ref": "C-7"})
    missing = ["customer", "received_through", "category", "product", "program"]
    for new in (True, False):
        for proposal in ("", "asked"):
            answer = {"id": 7, "ref": "C-7", "new": new, "redacted": new, "locked": new, "proposal": proposal}
            yield Scene("complaint.logged", {**answer, "missing": missing if new else []})
    yield Scene("complaint.broke_lock", {"ref": "C-7"})
    for which in WHICH:
        lines = list(complaints())[:10]
        page = {"which": which, "part": 1, "more": True, "lines": lines, "names": {}}
        yield Scene("complaint.list", page, which)
        yield Scene("complaint.list", {**page, "part": 0, "more": False, "lines": []}, f"no {which}")


def modals() -> Iterator[tuple[str, Callable[[str], Facts]]]:
    """Forms and pages."""
    many = [{"id": number, "ref": f"P-{number}", "name": NAME} for number in range(1, 121)]
    logging: Facts = {"text": WORDS, "customer": NAME, "kind": "executive", "cut": True, "redacted": True}
    files = [{"id": f"F{number}", "name": NAME} for number in range(10)]
    more = {
        "programs": many,
        "program_id": 3,
        "product": "issuing",
        "owner": STRANGERS[0],
        "submitted": 1763900000,
        "files": files,
    }
    bare: Facts = {
        "text": "",
        "customer": "",
        "kind": "operational",
        "cut": False,
        "redacted": False,
        "words": [],
    }
    private = {"channel": "C0", "ts": "1.1", "thread_ts": "", "at": 1763900000, "draft": 3}
    yield "log", partial(complaint_form.log, facts=bare, private={})
    yield "log", partial(complaint_form.log, facts={**logging, "words": ["lawyer", "cfpb"]}, private=private)
    for programs in (many, []):
        full = {**logging, **more, "words": [NASTY], "programs": programs}
        yield "log more", partial(complaint_form.log, facts=full, private={**private, "more": 1})
    entries = [
        {
            "kind": kind,
            "words": WORDS,
            "target": "contact",
            "breach": breach,
            "at": WHEN,
            "by": by,
            "state": "stored",
            "error": "",
        }
        for kind in ("note", "contact", "document", "link", "breach", "asked")
        for breach in (True, False)
        for by in (STRANGERS[0], "")
    ]
    entries.append({**entries[2], "kind": "contact", "target": "locked", "breach": False})
    for state, error in (("arriving", ""), ("failed", "heic"), ("failed", "other_host")):
        entries.append({**entries[0], "kind": "document", "state": state, "error": error})
    for one in complaints():
        for full in (True, False):
            page = {**one, **known(full=full), "reads": full, "link": "", "entries": entries if full else [],
                    "source_link": "https://quayside.slack.com/archives/C0/p1" if full else ""}  # fmt: skip
            yield "complaint page", partial(complaint_page.page, facts=page)
    for name in complaint_form.ACTS:
        for locked in (True, False):
            about = facts(locked=locked)
            yield f"complaint {name}", partial(_act, name=name, about=about)
    asked = next(one for one in complaints() if one["proposal"] == "asked")
    yield "complaint decide", partial(complaint_form.decide, facts=asked)
    for full in (True, False):
        detail = {**facts(), **known(full=full), "programs": many, "program_id": 120 if full else 0}
        yield "complaint details", partial(complaint_form.details, facts=detail)
        letter = {**facts(program=PROGRAM if full else None), **known(full=full), "resolve_due": WHEN if full else "",
                  "contact_name": NAME if full else "", "contact_email": "ann@stripe.example" if full else "",
                  "writer": NAME if full else "", "words": ["lawyer"]}  # fmt: skip
        for written in ("en", "fr"):
            filled = {**letter, "language": written}
            yield "complaint letter", partial(complaint_page.letter, facts=filled, now=NOW)
            yield "complaint notice", partial(complaint_page.notice, facts=filled)
    clocks = {name: rule.length for name, rule in plans.complaints().clocks.items()}
    own = {"owner": STRANGERS[0], "acknowledge": "3", "forward": "on"}
    for chosen in ({}, own):
        setting = {
            "id": 1,
            "name": NAME,
            "ref": "P-1",
            "settings": chosen,
            "defaults": clocks,
            "forward": "off",
        }
        yield "complaint settings", partial(complaint_form.settings, facts=setting)


def _act(language: str, name: str, about: Facts) -> Facts:
    return complaint_form.act(language, name, about, NOW)
