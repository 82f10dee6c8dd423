"""Channels for customers' data: what Slack says of them, and which one a programme uses for what."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.domain.channel import PURPOSES, problem
from bot.domain.error import FormError
from bot.domain.role import Asker, Right
from bot.outbox import put_direct, put_notice
from bot.services import person as people
from bot.services import preference
from bot.services.walk import locked
from storage import Session
from storage.queries import channel as rows
from storage.queries import person as person_rows
from storage.queries import thread as threads
from storage.tables import Channel, Program, ProgramChannel


def remember(
    session: Session,
    *,
    team: str,
    channel: str,
    found: Mapping[str, Any] | None,
    error: str,
    defaults: Mapping[str, str],
    now: datetime,
) -> str:
    """Store what `conversations.info` said; return why the channel cannot be used, if so.

    Where it could be used before and cannot any more, the programmes that use it say so in their threads,
    and admins hear of it when it is a default.
    """
    row = rows.row(session, team, channel)
    before = unfit(row) if row else None
    row = row or Channel(team=team, channel=channel, checked_at=now)
    row.checked_at, row.error = now, error
    if found is not None:
        row.name = str(found.get("name") or row.name)
        row.private = bool(found.get("is_private"))
        # Shared between workspaces of one company (is_org_shared) is not external.
        row.external = bool(found.get("is_ext_shared") or found.get("is_pending_ext_shared"))
        row.archived = bool(found.get("is_archived"))
        row.member = bool(found.get("is_member"))
    session.add(row)
    session.flush()
    after = unfit(row)
    if before == "" and after not in {"", "unknown"}:
        _lost(session, row, after, defaults, now)
    return after


def unfit(row: Channel | None) -> str:
    """Return why a channel cannot be used; one that Slack was never asked about is `unknown`."""
    if row is None:
        return "unknown"
    return problem(
        private=row.private,
        external=row.external,
        archived=row.archived,
        member=row.member,
        error=row.error,
    )


def use(session: Session, who: Asker, program_id: int, chosen: Mapping[str, str], now: datetime) -> None:
    """Set the channels of a programme by purpose; an empty one goes back to the default.

    Raises:
        FormError: a channel cannot carry customers' data; the text at its field says why.
        RefusedError: the person may not.
    """
    walk = locked(session, program_id, who.team)
    people.require(session, who, Right.CHANGE_PROGRAM, now, people.relations(walk.program))
    wrong: dict[str, tuple[str, Mapping[str, object]]] = {}
    for purpose, channel in chosen.items():
        row = rows.row(session, who.team, channel) if channel else None
        reason = unfit(row) if channel else ""
        if reason:
            wrong[purpose] = (f"channel.{reason}", {"name": (row.name if row else "") or channel})
    if wrong:
        raise FormError(wrong)
    own = rows.of_program(session, program_id)
    before = {purpose: row.channel for purpose, row in own.items()}
    for purpose, channel in chosen.items():
        row_ = own.get(purpose)
        if row_ is not None and not channel:
            session.delete(row_)
        elif row_ is not None:
            row_.channel, row_.by, row_.at = channel, who.user, now
            session.add(row_)
        elif channel:
            session.add(
                ProgramChannel(
                    program_id=program_id,
                    purpose=purpose,
                    team=who.team,
                    channel=channel,
                    by=who.user,
                    at=now,
                )
            )
    session.flush()
    after = {purpose: channel for purpose, channel in {**before, **chosen}.items() if channel}
    if after != before:
        walk.record(None, who, "program:channels:changed", now, before=before, after=after)


def usable(session: Session, program: Program, purpose: str, defaults: Mapping[str, str]) -> str:
    """Return the channel to write to for a purpose: the programme's own, else the default; '' for none."""
    own = rows.of_program(session, program.id).get(purpose)
    for channel in (own.channel if own else "", defaults.get(purpose, "")):
        if channel and not unfit(rows.row(session, program.team, channel)):
            return channel
    return ""


def facts(
    session: Session, program: Program | None, team: str, defaults: Mapping[str, str]
) -> dict[str, Any]:
    """Return the channels of a programme (None: the defaults), each with where it comes from."""
    own = rows.of_program(session, program.id) if program else {}
    lines = []
    for purpose in PURPOSES:
        mine = own.get(purpose)
        channel = mine.channel if mine else defaults.get(purpose, "")
        row = rows.row(session, team, channel) if channel else None
        lines.append(
            {
                "purpose": purpose,
                "channel": channel,
                "own": mine is not None,
                "name": row.name if row else "",
                "problem": unfit(row) if channel else "",
            }
        )
    about = {"id": program.id, "name": program.name, "ref": program.ref} if program else {"id": 0}
    return {**about, "channels": lines}


def _lost(session: Session, row: Channel, reason: str, defaults: Mapping[str, str], now: datetime) -> None:
    said = {"channel": row.channel, "name": row.name, "problem": reason}
    for one, program in rows.users_of(session, row.team, row.channel):
        board = threads.of(session, "program", program.id)
        if board is not None:
            about = {"id": program.id, "ref": program.ref, "name": program.name}
            put_notice(
                session,
                board,
                "channel.lost",
                {**said, "purpose": one.purpose, "to": program.lead, "program": about},
                language=program.language,
                now=now,
            )
    for purpose in (name for name, channel in defaults.items() if channel == row.channel):
        for admin in person_rows.holders(session, row.team, ["admin"], now.date()):
            put_direct(
                session,
                team=row.team,
                user=admin,
                view="channel.default_lost",
                facts={**said, "purpose": purpose},
                language=preference.language(session, row.team, admin),
                now=now,
            )
