"""Pictures on their way to Slack: asked for, arrived, failed, tried again."""

import json
from datetime import datetime
from typing import Any, Final

from bot.domain.error import NotFoundError, StaleError
from bot.domain.role import Asker, Right
from bot.outbox import AT_ONCE, put_direct
from bot.services import audit, forecast, preference
from bot.services import person as people
from storage import Session, after_commit
from storage.queries import picture as rows
from storage.queries import thread as threads
from storage.queries import upload as uploads
from storage.tables import Program
from storage.tables_picture import Picture
from storage.types import canonical

WAKE: Final = "pictures"
"""What `Database.on_commit` is told when a picture waits to be drawn."""


def ask(session: Session, who: Asker, program: Program, now: datetime, *, private: bool) -> None:
    """Ask for the picture of a programme's forecast, for its thread or for who asks alone.

    It shows the programme as it is now. While one is on its way to the same place, asking again does nothing.

    Raises:
        StaleError: the programme was canceled: there is nothing to forecast.
        RefusedError: a guest asked.
    """
    people.require(session, who, Right.SEE, now)
    if program.state == "canceled":
        raise StaleError("program.is_canceled", ref=program.ref)
    person = who.user if private else ""
    if rows.on_its_way(session, program.id, person) is not None:
        return
    language = who.language if private else program.language
    facts = forecast.facts(session, program, now, language)
    facts |= {
        "actor": who.user,
        "private": private,
        "names": people.names(session, program.team, [who.user]),
    }
    put(
        session,
        team=program.team,
        kind="program",
        program_id=program.id,
        person=person,
        language=language,
        facts=facts,
        asked_by=who.user,
        name=f"{program.ref}-{facts['today']}.png",
        now=now,
    )
    audit.record(
        session,
        team=program.team,
        actor=who.user,
        tag="picture:ask:waiting",
        subject=program.ref,
        now=now,
        after={"private": private},
    )


def put(
    session: Session,
    *,
    team: str,
    kind: str,
    language: str,
    facts: dict[str, Any],
    name: str,
    now: datetime,
    program_id: int | None = None,
    person: str = "",
    asked_by: str = "",
) -> None:
    """Put a picture on its way, with the values it shows; the worker draws it after the commit."""
    session.add(
        Picture(
            team=team,
            kind=kind,
            program_id=program_id,
            person=person,
            language=language,
            facts=canonical(facts),
            asked_by=asked_by,
            name=name,
            next_attempt_at=AT_ONCE,
            put_at=now,
        )
    )
    session.flush()
    after_commit(session, WAKE)


def facts_of(row: Picture) -> dict[str, Any]:
    """Return the values a picture shows."""
    found: dict[str, Any] = json.loads(row.facts or "{}")
    return found


def place(session: Session, row: Picture) -> tuple[str, str] | None:
    """Return the channel and the thread a picture belongs to; None while that thread is not there yet."""
    board = threads.of(session, "program", row.program_id or 0)
    return (board.channel, board.ts) if board is not None and board.ts else None


def uploaded(session: Session, picture_id: int, *, owner: str, sha256: str, size: int, now: datetime) -> bool:
    """Record that people can see a picture; false when the lease was lost."""
    more: dict[str, object] = {"sha256": sha256, "size": size} if sha256 else {}
    values = {"state": "uploaded", "error": "", "uploaded_at": now, **more}
    return uploads.move(session, Picture, picture_id, owner=owner, **values)


def failed(session: Session, picture_id: int, *, owner: str, code: str, now: datetime) -> bool:
    """Record that a picture cannot be brought, and give its numbers to whom it was for, with a second try."""
    if not uploads.move(session, Picture, picture_id, owner=owner, state="failed", error=code):
        return False
    row = uploads.one(session, Picture, picture_id)
    assert row is not None, "it was moved just now"  # noqa: S101 - move() has found it
    reader = row.person or row.asked_by
    put_direct(
        session,
        team=row.team,
        user=reader,
        view="picture.failed",
        facts={"picture": row.id, "kind": row.kind, "code": code, "shown": facts_of(row)},
        language=row.language if row.person else preference.language(session, row.team, reader, row.language),
        now=now,
    )
    audit.record(
        session,
        team=row.team,
        actor="worker",
        tag="picture:upload:failed",
        subject=_subject(row),
        now=now,
        after={"code": code},
    )
    return True


def again(session: Session, who: Asker, picture_id: int, now: datetime) -> None:
    """Draw and upload a picture once more; one that may have arrived says that it is sent again.

    Raises:
        NotFoundError: there is none, or it is somebody else's.
        StaleError: it has not failed.
        RefusedError: a guest asked.
    """
    people.require(session, who, Right.SEE, now)
    row = uploads.one(session, Picture, picture_id)
    if row is None or row.team != who.team or row.person not in {"", who.user}:
        raise NotFoundError("picture.none")
    if row.state != "failed":
        raise StaleError("picture.fine")
    row.again = row.again or bool(row.slack_file)
    row.state, row.error, row.attempts, row.next_attempt_at = "waiting", "", 0, AT_ONCE
    session.add(row)
    session.flush()
    after_commit(session, WAKE)
    audit.record(
        session, team=row.team, actor=who.user, tag="picture:retry:waiting", subject=_subject(row), now=now
    )


def _subject(row: Picture) -> str:
    return f"picture/{row.id}"
