"""Exceptions about cards: recorded with Stripe's events, told in the thread of the card when they matter."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final

from bot.domain.authorization import APPROVED, FALLBACK, PARTIAL
from bot.domain.card_exception import AGAIN, BUDGET, OLD, Standing, entries, spikes, worth
from bot.domain.error import NotFoundError
from bot.domain.role import Asker, Right
from bot.domain.stripe_object import moment
from bot.outbox import put_channel, put_notice
from bot.services import audit, card_board, channel
from bot.services import person as people
from storage import Session
from storage.queries import card_board as boards
from storage.queries import exception as rows
from storage.queries import lease
from storage.queries import person as people_rows
from storage.queries import stripe_mirror as mirror
from storage.tables import Program
from storage.tables_exception import CardException
from storage.tables_stripe import Authorization, Card

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
QUIET_AFTER_SPIKE: Final = timedelta(hours=4)
WATCH: Final = timedelta(days=7)
MOST_WATCHED: Final = 20
_OURS: Final = ("webhook_declined", "webhook_timeout", "webhook_error")


@dataclass(frozen=True)
class Turn:
    """One look of the worker: both clocks, and where things are said by default, in which language."""

    now: datetime
    wall: datetime
    channels: Mapping[str, str]
    language: str


STOPPED: Final = frozenset({"card_inactive", "card_canceled"})
"""Why Stripe declines a card that was frozen or revoked."""


def observe(session: Session, row: Authorization, found: Mapping[str, Any]) -> None:
    """Record what in the history of an authorization may have to be told; the worker looks at it later.

    Args:
        session: the caller's transaction.
        row: the authorization as it is now.
        found: as the event describes it.
    """
    about = {"card": row.card, "authorization": row.id}
    if not row.card:
        return
    for one in entries(found):
        subject = f"{row.id}/{int(one.at.timestamp())}"
        rows.put(
            session,
            {**about, "kind": one.kind, "subject": subject, "reason": one.reason, "happened_at": one.at},
        )
    if rows.is_watched(session, row.card, row.created_at):
        values = {"kind": "watched", "subject": row.id, "happened_at": row.created_at}
        rows.put(session, {**about, **values})


def warn(session: Session, card_id: str, found: Mapping[str, Any], made_at: datetime) -> None:
    """Record that Stripe warns of fraud on a card, as this event describes it."""
    warning = found.get("latest_fraud_warning")
    kind = warning.get("type") if isinstance(warning, Mapping) else None
    if not isinstance(warning, Mapping) or not isinstance(kind, str) or not kind:
        return
    values = {
        "card": card_id,
        "kind": "fraud_warning",
        "subject": f"{card_id}/{kind[:80]}",
        "reason": kind[:80],
        "happened_at": moment(warning.get("started_at")) or made_at,
    }
    rows.put(session, values)


def settle(session: Session, row_id: int, turn: Turn) -> str:
    """Tell an exception, keep it for the hourly line, or only count it; returns what became of it.

    Args:
        session: the caller's transaction.
        row_id: which.
        turn: the look of the worker.
    """
    now = turn.now
    workspace = people_rows.workspace(session)
    row = rows.claim(session, row_id)
    if row is None or workspace is None:
        return ""
    card = mirror.card(session, row.card)
    program = mirror.program(session, card.program) if card is not None and card.program else None
    row.program = program.ref if program is not None else ""
    row.why = _why(session, row, reported=card is not None and bool(card.reported))
    place, words = _place(session, program, turn.channels, turn.language)
    row.state, row.settled_at = "quiet", now
    if card is not None and place and worth(row.kind, _standing(session, row, card, program, now)):
        row.state = _tell(session, row, card, (workspace.team, place, words), now)
    session.add(row)
    session.flush()
    return row.state


def _tell(
    session: Session, row: CardException, card: Card, where: tuple[str, str, str], now: datetime
) -> str:
    team, place, words = where
    fresh = not any(one.team == team for one in boards.of_card(session, card.id))
    today = datetime.combine(now.astimezone(UTC).date(), time(), UTC)
    spent = fresh and rows.opened_since(session, row.program, today) >= BUDGET
    if spent or row.happened_at < now - OLD:
        return "over"
    thread = card_board.open_board(session, card, team=team, channel=place, language=words, now=now)
    row.opened = fresh
    put_notice(session, thread, "card.exception", facts(session, row, card), language=words, now=now)
    return "told"


def facts(session: Session, row: CardException, card: Card) -> dict[str, Any]:
    """Return what the notice of an exception says."""
    found = rows.authorization(session, row.authorization) if row.authorization else None
    return {
        "kind": row.kind,
        "why": row.why,
        "card": card.id,
        "account": card.account,
        "livemode": card.livemode,
        "authorization": row.authorization,
        "approved": found.approved if found is not None else False,
        "at": row.happened_at.isoformat(),
    }


def _why(session: Session, row: CardException, *, reported: bool) -> str:
    """Return the rule of ours that declined; else why Stripe did.

    A reported card is inactive because we asked for it: nobody should read that it can be activated.
    """
    if row.kind == "declined" and row.reason in STOPPED and reported:
        return "card_reported"
    if row.kind == "declined" and row.reason in _OURS:
        ours = [rule for rule, approved in rows.rules_of(session, row.authorization) if not approved]
        if ours and ours[-1] not in {APPROVED, PARTIAL}:
            return ours[-1]
    if row.kind == "declined" and not row.reason:
        return FALLBACK
    return row.reason or row.kind


def _standing(
    session: Session, row: CardException, card: Card, program: Program | None, now: datetime
) -> Standing:
    since = now - AGAIN.get(row.kind, DAY)
    # A card that nobody has placed is tried out in test mode; live it may be one of thousands.
    tested = program.launched_at is None if program is not None else not card.livemode
    return Standing(
        tested=tested,
        watched=rows.is_watched(session, card.id, row.happened_at),
        reported=bool(card.reported),
        ever=rows.told_since(session, card.id, row.why, None),
        lately=rows.told_since(session, card.id, row.why, since),
    )


def _place(
    session: Session, program: Program | None, channels: Mapping[str, str], language: str
) -> tuple[str, str]:
    """Return the operations channel of a programme, else the default, with its language."""
    own = channel.usable(session, program, "operations", channels) if program is not None else ""
    if own and program is not None:
        return own, program.language
    return channels.get("operations", ""), language


def tell_rest(session: Session, turn: Turn) -> int:
    """Say in one line an hour and programme what was over the budget; returns how many lines."""
    lines = 0
    for ref, counts in sorted(rows.over(session).items()):
        if _say(session, turn, ref, "card.rest", {"counts": counts}, HOUR):
            rows.listed(session, ref, turn.now)
            lines += 1
    return lines


def tell_spike(session: Session, turn: Turn, ref: str) -> bool:
    """Say that a programme has far more declines than usual, at most once in four hours."""
    now = turn.now
    last = rows.declined(session, ref, now - HOUR, now + HOUR)
    before = rows.declined(session, ref, now - HOUR - DAY, now - HOUR)
    if not spikes(last, before):
        return False
    told = {"count": last, "before": before}
    return _say(session, turn, ref, "card.spike", told, QUIET_AFTER_SPIKE)


def _say(session: Session, turn: Turn, ref: str, view: str, told: Mapping[str, Any], wait: timedelta) -> bool:
    workspace = people_rows.workspace(session)
    program = mirror.program(session, ref) if ref else None
    place, words = _place(session, program, turn.channels, turn.language)
    if workspace is None or not place:
        return False
    # Nobody owns this: whoever comes within the wait finds it taken.
    owner = secrets.token_hex(8)
    if not lease.take(session, f"{view}:{ref}", owner=owner, now=turn.wall, until=turn.wall + wait):
        return False
    about = {"ref": program.ref, "name": program.name} if program is not None else None
    put_channel(
        session,
        team=workspace.team,
        channel=place,
        view=view,
        facts={**told, "program": about},
        language=words,
        now=turn.now,
    )
    return True


def watch(session: Session, who: Asker, typed: str, now: datetime, *, on: bool = True) -> dict[str, Any]:
    """Watch a card for a week, or stop; returns what is to be said.

    Args:
        session: the caller's transaction.
        who: asks.
        typed: an id (ic_…) or the last four digits.
        now: business time.
        on: false to stop.

    Raises:
        NotFoundError: no card is called so, or several are, or it is not watched.
        RefusedError: the person is no operator.
    """
    people.require(session, who, Right.BRAKE, now)
    found = rows.cards_named(session, typed, 2)
    if len(found) != 1:
        raise NotFoundError("watch.several" if found else "watch.unknown", card=typed)
    [card] = found
    until = now + WATCH
    if on:
        rows.watch(session, card.id, team=who.team, until=until, by=who.user, now=now)
    elif not rows.unwatch(session, card.id):
        raise NotFoundError("watch.not_held", card=typed)
    audit.record(
        session,
        team=who.team,
        actor=who.user,
        tag="card:watch:on" if on else "card:watch:ended",
        subject=card.id,
        now=now,
        after={"until": until.isoformat()} if on else {},
    )
    return {"what": "on" if on else "off", "card": card.id, "last4": card.last4, "until": until.isoformat()}


def watched(session: Session, now: datetime) -> list[dict[str, Any]]:
    """Return the cards on watch."""
    return [
        {"card": card.id, "last4": card.last4, "until": row.until.isoformat()}
        for row, card in rows.watched(session, now, MOST_WATCHED)
    ]
