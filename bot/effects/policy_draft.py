"""The tick of proposed policies: replay each outside any transaction, then show what it would flip."""

from datetime import timedelta

from bot.clock import Clock
from bot.domain.policy import parse
from bot.services import policy_desk, replay
from storage import Database
from storage.queries import policy_draft as rows


def show(database: Database, clock: Clock) -> int:
    """Replay what was proposed; returns how many replays were shown."""
    with database.reading() as session:
        drafts = list(rows.waiting(session))
    shown = 0
    for draft in drafts:
        now = clock.now()
        made = parse(draft.body)
        with database.reading() as session:
            told = policy_desk.facts(
                session, draft, replay.replay(session, made, now - timedelta(days=draft.days))
            )
        with database.transaction() as session:
            shown += policy_desk.show(session, draft, told, now)
    return shown
