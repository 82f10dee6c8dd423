"""What somebody is shown who names a card, and the search at Stripe where no row knows it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from bot.domain import lost_card as rules
from bot.domain.error import GantryError
from bot.domain.role import Asker, Right
from bot.outbox import put_private
from bot.services import card_find
from bot.services import lost_case as cases
from bot.services import person as people
from bot.services.stripe_call import AT_ONCE
from storage import Session, after_commit
from storage.queries import card_search as rows
from storage.tables_lost import CardSearch

WAKE: Final = "card_search"
"""What `Database.on_commit` is told when Stripe is to be asked about a card."""

MOST_SHOWN: Final = 5
NOTHING: Final = "nothing"
AWAY: Final = "away"


def shown(session: Session, who: Asker, typed: str, now: datetime, *, stripe: str = "") -> tuple[str, Any]:
    """Return the view, and its facts, with the cards that somebody can mean by these words.

    Args:
        session: any session.
        who: who asks; a card that is reported already is shown as it stands.
        typed: as `bot.domain.lost_card.read_query` reads it.
        now: business time.
        stripe: what Stripe said, if it was asked: `NOTHING` fits, or it is `AWAY`.

    Raises:
        NotFoundError: as `card_find.search`.
    """
    query = rules.read_query(typed)
    found = card_find.search(session, who, query, MOST_SHOWN + 1)
    if not found.cards:
        asked = typed.removesuffix(" test") if query.test else typed
        by = "words" if query.kind == "words" else ""
        facts = {"typed": asked[:100], "tests": found.tests, "reading": found.reading}
        return "lost.none", {**facts, "stripe": stripe, "by": by}
    if len(found.cards) == 1:
        known = card_find.open_case(session, found.cards[0]["card"])
        if known is not None:
            return "lost.mine", cases.mine(cases.read(session, who.team, known["id"]), who, now)
    return "lost.found", {
        "cards": list(found.cards)[:MOST_SHOWN],
        "more": max(0, len(found.cards) - MOST_SHOWN),
    }


def can_ask(session: Session, typed: str) -> bool:
    """Tell whether Stripe can be asked by these words: it has no list by name."""
    return rules.read_query(typed).kind in rules.AT_STRIPE and bool(rows.accounts(session, 1))


def ask(
    session: Session,
    who: Asker,
    typed: str,
    *,
    key: str,
    channel: str,
    reply_ts: str,
    response_url: str,
    now: datetime,
) -> None:
    """Have Stripe asked after the commit; the answer goes to where it was asked, once for each request."""
    values = {
        "team": who.team,
        "key": key,
        "person": who.user,
        "said": typed,
        "language": who.language,
        "channel": channel,
        "reply_ts": reply_ts,
        "response_url": response_url or None,
        "next_attempt_at": AT_ONCE,
        "asked_at": now,
    }
    if rows.put(session, values):
        after_commit(session, WAKE)


def answer(session: Session, row: CardSearch, stripe: str, *, language: str, now: datetime) -> bool:
    """Tell who asked what Stripe said; false when that was done already.

    Args:
        session: the caller's transaction.
        row: the search as it was claimed.
        stripe: `NOTHING` or `AWAY`; empty where it could not be asked. What it told is in the rows.
        language: of the settings, for somebody whom Slack does not describe.
        now: business time.
    """
    if not rows.answered(session, row.id):
        return False
    who = people.asker(session, team=row.team, user=row.person, now=now, language=row.language or language)
    view, facts = _said(session, who, row.said or "", stripe, now)
    put_private(
        session,
        who,
        view,
        facts,
        channel=row.channel,
        reply_ts=row.reply_ts,
        response_url=row.response_url or "",
        now=now,
    )
    return True


def _said(
    session: Session, who: Asker, typed: str, stripe: str, now: datetime
) -> tuple[str, Mapping[str, Any]]:
    try:
        people.require(session, who, Right.FREEZE, now)  # who left meanwhile sees no card
        return shown(session, who, typed, now, stripe=stripe)
    except GantryError as error:
        return "failure", {"key": error.key, "values": dict(error.values)}
