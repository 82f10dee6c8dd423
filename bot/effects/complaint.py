"""Complaints and time: the hour without an answer, dates that pass, and the line at the source."""

import logging
from collections.abc import Mapping
from typing import Final

from bot.clock import Clock
from bot.domain.channel import no_sharing
from bot.effects import channel as channels
from bot.outbox import put_channel
from bot.services import complaint, complaint_case
from bot.services import person as people
from bot.slack_api import SlackApi, SlackError
from storage import Database
from storage.queries import channel as channel_rows
from storage.queries import complaint as rows
from storage.queries import person as person_rows
from storage.tables_complaint import Complaint

BATCH: Final = 50
MOST_MEMBERS: Final = 200
"""In a larger channel nobody looks at everyone: it counts as one that cannot be checked."""

_log: Final = logging.getLogger(__name__)


def turn(database: Database, clock: Clock) -> int:
    """Take silence as a yes and note what is late by now; return how many complaints changed.

    Each has a transaction of its own: after a crash the rest is found again, and nothing is said twice.
    """
    now = clock.now()
    with database.reading() as session:
        due = [(row.id, row.team) for row in rows.several(session, rows.due(session, now, BATCH)).values()]
    for number, team in due:
        with database.transaction() as session:
            if not complaint.no_answer(session, number, team, now):
                complaint_case.locked(session, number, team).settle(now)
    return len(due)


def say_in_public(database: Database, slack: SlackApi, clock: Clock, defaults: Mapping[str, str]) -> int:
    """Say "Logged as C-7" where a complaint arose, if only people of ours can read it; return how many."""
    with database.reading() as session:
        waiting = list(rows.to_say(session, BATCH))
    safe: dict[str, bool] = {}
    for row in waiting:
        if row.source_channel not in safe:
            safe[row.source_channel] = _only_ours(database, slack, clock, row, defaults)
        with database.transaction() as session:
            case = complaint_case.locked(session, row.id, row.team)
            if case.row.public != "check":
                continue
            case.row.public = "said" if safe[row.source_channel] else "silent"
            session.add(case.row)
            if case.row.public == "said":
                put_channel(
                    session,
                    team=row.team,
                    channel=row.source_channel,
                    view="complaint.public",
                    facts={"ref": case.row.ref},
                    language=case.language,
                    now=clock.now(),
                    reply_ts=row.source_thread_ts or row.source_ts,
                )
    return len(waiting)


def _only_ours(
    database: Database, slack: SlackApi, clock: Clock, row: Complaint, defaults: Mapping[str, str]
) -> bool:
    """Tell whether a channel holds members of our workspace alone, as Slack says now."""
    team, place = row.team, row.source_channel
    before = clock.now()
    channels.look(database, slack, clock, team=team, channel=place, defaults=defaults)
    with database.reading() as session:
        known = channel_rows.row(session, team, place)
        # A look that got no answer leaves what was known before: that is too old to rely on.
        if known is None or known.error or known.checked_at < before:
            return False
        if no_sharing(
            external=known.external,
            archived=known.archived,
            member=known.member,
            error=known.error,
            own=False,
        ):
            return False
    try:
        members = slack.members(place, MOST_MEMBERS)
        if not members:
            return False
        for user in _strangers(database, team, members):
            found = slack.person(user)
            with database.transaction() as session:
                people.remember(session, team=team, user=user, found=found, now=clock.now())
    except SlackError as error:
        _log.warning("who is in %s cannot be read: %s", place, error.code)
        return False
    with database.reading() as session:
        kinds = [person_rows.person(session, team, user) for user in members]
    return all(one is not None and one.verified and one.kind in {"member", "bot"} for one in kinds)


def _strangers(database: Database, team: str, members: list[str]) -> list[str]:
    with database.reading() as session:
        return [user for user in members if people.missing(session, team, user)]
