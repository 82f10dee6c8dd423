"""Finding a card that somebody means: by last four, id, or holder, and what they may see of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from bot.domain import lost_card as rules
from bot.domain import stripe_object as objects
from bot.domain.error import NotFoundError
from bot.domain.lost_card import Query
from bot.domain.role import Asker, Right, may
from storage import Session, insert_once
from storage.queries import card_search as rows
from storage.queries import lost_card as cases
from storage.queries import stripe_fill as fills
from storage.queries import stripe_mirror as mirror
from storage.tables_stripe import Card, Cardholder

MOST: Final = 100


@dataclass(frozen=True)
class Found:
    """The cards that fit; `tests` counts test cards that were left out, `reading` cards not read yet."""

    cards: Sequence[dict[str, Any]] = ()
    tests: int = 0
    reading: bool = False
    names: Sequence[str] = field(default=())


def sees_names(who: Asker) -> bool:
    """Tell whether somebody sees names and addresses of cardholders: support and operators."""
    return may(who, Right.CUSTOMER_DATA)


def search(session: Session, who: Asker, query: Query, limit: int = MOST) -> Found:
    """Return the cards that somebody can mean; live ones, unless they asked for test cards too.

    Where no account in live mode is known, test cards are all there is, and are shown at once.

    Raises:
        NotFoundError: more digits than the last four were typed, or a name by somebody who may not.
    """
    if query.kind == "number":
        raise NotFoundError("lost.number_typed")
    if query.names and not sees_names(who):
        raise NotFoundError("lost.last4_only")
    reading = fills.unfinished(session)
    if query.kind == "nothing" or (query.kind == "words" and not query.words):
        return Found(reading=reading)
    wanted = _wanted(query)
    both = query.test or query.kind == "card" or not rows.has_live_account(session)
    found = rows.find(session, **wanted, livemode=None if both else True, limit=limit)
    tests = 0
    if not both and not found:
        tests = len(rows.find(session, **wanted, livemode=False, limit=limit))
    return Found(shown(session, who, found), tests=tests, reading=reading)


def _wanted(query: Query) -> dict[str, Any]:
    if query.kind == "card":
        return {"card": query.text}
    if query.kind in {"last4", "part"}:
        return {"last4": query.text}
    return {"begins": [query.text] if query.kind == "email" else query.words}


def shown(session: Session, who: Asker, cards: Iterable[Card]) -> list[dict[str, Any]]:
    """Return what somebody sees of cards: members the initials of the holder, others the name."""
    listed = list(cards)
    holders = rows.holders(session, {card.cardholder for card in listed})
    used = rows.last_use(session, [card.id for card in listed])
    names = sees_names(who)
    return [_seen(card, holders.get(card.cardholder), used.get(card.id), names=names) for card in listed]


def _seen(card: Card, holder: Cardholder | None, used: datetime | None, *, names: bool) -> dict[str, Any]:
    name = (holder.name if holder else "") or ""
    return {
        "card": card.id,
        "last4": card.last4,
        "type": card.type,
        "livemode": card.livemode,
        "status": card.status,
        "reported": card.reported,
        "holder": name if names else rules.initials(name),
        "used": used.isoformat() if used else "",
        "account": card.account,
    }


def know_holder(session: Session, row: Cardholder) -> None:
    """Have a cardholder found by the words of their name and by their address."""
    words = [*rules.words_of(row.name or ""), *([row.email] if row.email else [])]
    rows.words(session, row.id, words)


def learn_holder(session: Session, found: objects.Object, *, account: str, livemode: bool) -> bool:
    """Know a cardholder from before Gantry listened; what their events say holds over this.

    Returns:
        Whether anything was learned.
    """
    number = objects.reference(found)
    if not number:
        return False
    columns = objects.cardholder(found)
    values = {"id": number, "account": account, "livemode": livemode, **columns}
    if insert_once(session, Cardholder, values, conflict=["id"]):
        learned = True
        row = mirror.lock(session, Cardholder, {"id": number})
    else:
        row = mirror.lock(session, Cardholder, {"id": number})
        # An older Gantry kept neither address: what it left empty is filled, what events said stays.
        fresh = columns if row.event_at is None else {name: columns[name] for name in ("email", "address")}
        learned = False
        for name, value in fresh.items():
            if getattr(row, name) != value and (row.event_at is None or getattr(row, name) is None):
                setattr(row, name, value)
                learned = True
        session.add(row)
        session.flush()
    know_holder(session, row)
    return learned


def known(session: Session, who: Asker, card: str) -> tuple[Card, int]:
    """Return a card by its id, with the number of its newest report here, or 0.

    Raises:
        NotFoundError: Stripe has not told of it.
    """
    found = mirror.card(session, card) if card else None
    if found is None:
        raise NotFoundError("error.old_button")
    row = cases.newest(session, card)
    return found, row.id if row is not None and row.team == who.team else 0


def open_case(session: Session, card: str) -> dict[str, Any] | None:
    """Return who reported a card before, if that is still open."""
    row = cases.newest(session, card)
    if row is None or row.state not in rules.OPEN:
        return None
    return {"id": row.id, "ref": row.ref, "by": row.reported_by, "at": row.reported_at.isoformat()}
