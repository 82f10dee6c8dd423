"""`/complaint report`: the monthly reports of complaints, for the managers who sign them."""

from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import Any, Final

from bot.domain.error import NotFoundError, StaleError
from bot.domain.role import Right
from bot.listeners import field
from bot.listeners.door import Button, Doors, Form, Reply, Request, Verb, form, say
from bot.listeners.field import number
from bot.services import complaint_file, complaint_sign
from bot.services import complaint_report_page as pages
from bot.views import complaint_report as view
from commands import found
from storage import Session


def ask(session: Session, request: Request) -> Reply:
    """Open the list."""
    return _list(session, request)


def opened(session: Session, request: Request) -> Reply:
    """Open the page of a report."""
    facts = pages.shown(session, request.who, number(request.value), request.now)
    return form(partial(view.page, request.language, facts))


def ask_sign(session: Session, request: Request) -> Reply:
    """Open the form in which a report is signed as it is now."""
    facts = pages.shown(session, request.who, number(request.value), request.now)
    if facts["state"] not in complaint_sign.SIGNABLE:
        raise StaleError(
            "report.signed_already" if facts["signed_by"] else "report.not_made", who=facts["signed_by"]
        )
    return form(partial(view.sign, request.language, facts))


def signed(session: Session, request: Request) -> Reply:
    """Sign a report; its files come to whoever signed."""
    report_id = number(request.private.get("report"))
    sha256 = str(request.private.get("sha256") or "-")
    note = request.values["note"][: view.NOTE_MOST]
    complaint_sign.sign(session, request.who, report_id, sha256, note, request.now)
    return _behind(session, request, report_id, brought="yes")


def ask_nil(session: Session, request: Request) -> Reply:
    """Open the one confirmation for all nil reports."""
    facts = pages.listed(session, request.who, request.now)
    if not facts["nil"]:
        raise StaleError("report.changed")
    return form(partial(view.sign_nil, request.language, facts["nil"]))


def nil_signed(session: Session, request: Request) -> Reply:
    """Sign all nil reports that were named."""
    complaint_sign.sign_nil(session, request.who, _reports(request), request.now)
    return _list(session, request, "page")


def ask_sent(session: Session, request: Request) -> Reply:
    """Open the form that records that a report was sent."""
    facts = pages.shown(session, request.who, number(request.value), request.now)
    if facts["state"] != "signed":
        raise StaleError("report.sent_already")
    return form(partial(view.sent, request.language, [facts], facts["today"]))


def ask_nil_sent(session: Session, request: Request) -> Reply:
    """Open the form that records that all signed nil reports were sent."""
    facts = pages.listed(session, request.who, request.now)
    if not facts["nil_signed"]:
        raise StaleError("report.sent_already")
    return form(partial(view.sent, request.language, facts["nil_signed"], facts["today"]))


def sent(session: Session, request: Request) -> Reply:
    """Record that reports were sent."""
    ids = _reports(request)
    on = date.fromisoformat(request.values["sent_on"])
    reference = request.values["reference"][: view.REFERENCE_MOST]
    complaint_sign.sent(session, request.who, ids, on, reference, request.now)
    if request.lies_on_more("page") and len(ids) == 1:
        return _behind(session, request, ids[0])
    return _list(session, request, "page")


def files(session: Session, request: Request) -> Reply:
    """Have the files of a report, and its picture, brought to whoever asked."""
    row, program = complaint_sign.one(session, request.who, number(request.value), request.now)
    if row.state == "making":
        raise StaleError("report.not_made", who="")
    complaint_sign.bring(session, request.who, row, program, request.now)
    if request.in_view:
        facts = pages.shown(session, request.who, row.id, request.now)
        return form(partial(view.page, request.language, facts, "yes"), "update")
    return say("report.tried")


def added(session: Session, request: Request) -> Reply:
    """Have an addendum made of what changed since."""
    row = complaint_sign.add(session, request.who, number(request.value), request.now)
    facts = pages.shown(session, request.who, row.id, request.now)
    return form(partial(view.page, request.language, facts), "update" if request.in_view else "")


def switched(session: Session, request: Request) -> Reply:
    """Switch the report of one programme on or off."""
    value, _, state = request.value.partition(":")
    program = found.at(session, request, value)
    complaint_sign.switch(session, request.who, program, request.now, on=state == "on")
    return _list(session, request, "update" if request.in_view else "")


def again(session: Session, request: Request) -> Reply:
    """Bring a file once more that did not arrive."""
    complaint_file.again(session, request.who, number(request.value), request.now)
    return say("report.tried")


def _list(session: Session, request: Request, how: str = "") -> Reply:
    return form(partial(view.listed, request.language, pages.listed(session, request.who, request.now)), how)


def _behind(session: Session, request: Request, report_id: int, brought: str = "") -> Reply:
    """Close the form; the page below it shows the new state, and so does the list below that."""
    facts = pages.shown(session, request.who, report_id, request.now)
    shown = partial(view.page, request.language, facts, brought)
    root = None
    if request.lies_on_more("page"):
        root = partial(view.listed, request.language, pages.listed(session, request.who, request.now))
    return Reply(form=shown, how="page", root=root)


def _reports(request: Request) -> Sequence[int]:
    carried: Any = request.private.get("reports")
    ids = [number(one) for one in carried] if isinstance(carried, list) else []
    if not ids or not all(ids):
        raise NotFoundError("report.none")
    return ids


DOORS: Final = Doors(
    verbs=(
        Verb(
            "complaint.report",
            "/complaint",
            "report",
            Right.STEER_PROGRAM,
            ask,
            aliases=("complaint report", "complaints report", "rapport", "rapport réclamations"),
            opens_form=True,
        ),
    ),
    buttons=(
        Button("report.list", Right.STEER_PROGRAM, ask, writes=False),
        Button("report.page", Right.STEER_PROGRAM, opened, writes=False),
        Button("report.sign", Right.STEER_PROGRAM, ask_sign, writes=False),
        Button("report.nil", Right.STEER_PROGRAM, ask_nil, writes=False),
        Button("report.sent", Right.STEER_PROGRAM, ask_sent, writes=False),
        Button("report.nil_sent", Right.STEER_PROGRAM, ask_nil_sent, writes=False),
        Button("report.files", Right.STEER_PROGRAM, files),
        Button("report.add", Right.STEER_PROGRAM, added),
        Button("report.switch", Right.STEER_PROGRAM, switched),
        Button("report.again", Right.STEER_PROGRAM, again),
    ),
    forms=(
        Form("report.sign", Right.STEER_PROGRAM, signed, {"note": field.words(required=False)}),
        Form("report.nil", Right.STEER_PROGRAM, nil_signed, {}),
        Form(
            "report.sent",
            Right.STEER_PROGRAM,
            sent,
            {"sent_on": field.day(), "reference": field.words(required=False)},
        ),
    ),
)
