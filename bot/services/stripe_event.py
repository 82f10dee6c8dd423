"""What an event of Stripe's changes here, in one transaction, whatever came before it.

Every rule must give the same rows and the same messages in every order of the events, and twice is once.
So rows follow `bot.domain.stripe_order`, and what is said hangs on what rows have become, never on an event.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from bot.domain import stripe_object as objects
from bot.domain.stripe_event import Event
from bot.domain.stripe_order import Seen, merge
from bot.services import (
    authorization,
    card_board,
    card_exception,
    card_find,
    dispute_follow,
    dispute_funds,
    lost_after,
    spend,
    stripe_program,
    stripe_signal,
)
from storage import Session, insert_once
from storage.queries import stripe_mirror as rows
from storage.tables_signal import StripeDesign
from storage.tables_stripe import Authorization, Card, Cardholder, Token, Transaction
from storage.tables_stripe_event import CardTrait, StripeCapability, StripeDispute
from storage.types import canonical


class NoObjectError(ValueError):
    """The object of an event has no id."""


@dataclass(frozen=True)
class Arrived:
    """An event with whose it is, as the inbox recorded it."""

    event: Event
    platform: str
    account: str

    @property
    def of(self) -> dict[str, Any]:
        """What every row keeps of where it comes from."""
        return {"account": self.account, "livemode": self.event.livemode}


@dataclass(frozen=True)
class Kind:
    """One kind of object: its name in the rules of order, its table, its columns, its address."""

    name: str
    table: type[Any]
    columns: objects.Map
    path: str


KINDS: Final = {
    "issuing_card": Kind("card", Card, objects.card, "/v1/issuing/cards/{id}"),
    "issuing_cardholder": Kind("cardholder", Cardholder, objects.cardholder, "/v1/issuing/cardholders/{id}"),
    "issuing_authorization": Kind(
        "authorization", Authorization, objects.authorization, "/v1/issuing/authorizations/{id}"
    ),
    "issuing_transaction": Kind(
        "transaction", Transaction, objects.transaction, "/v1/issuing/transactions/{id}"
    ),
    "issuing_dispute": Kind("dispute", StripeDispute, objects.dispute, "/v1/issuing/disputes/{id}"),
    "issuing_token": Kind("token", Token, objects.token, "/v1/issuing/tokens/{id}"),
    "capability": Kind(
        "capability", StripeCapability, objects.capability, "/v1/accounts/{account}/capabilities/{id}"
    ),
    "issuing_personalization_design": Kind(
        "design", StripeDesign, stripe_signal.design, "/v1/issuing/personalization_designs/{id}"
    ),
}
"""By the first word of an event's type."""


@dataclass(frozen=True)
class Truth:
    """What decides between two descriptions of one second: the object as fetched, or nobody can be asked."""

    object: Mapping[str, Any] | None = None
    nobody: bool = False


NOT_ASKED: Final = Truth()


def kind_of(event: Event) -> Kind:
    """Return the kind of object an event of a handled type is about."""
    return KINDS[event.type.partition(".")[0]]


def handle(session: Session, arrived: Arrived, truth: Truth, now: datetime) -> None:
    """Take an event of a handled type into the rows, and say what follows.

    Args:
        session: the caller's transaction.
        arrived: the event.
        truth: the object, when the order could not be told before.
        now: business time.

    Raises:
        OrderUnknownError: the object has to be fetched; roll back, fetch, and call again.
        NoObjectError: the event is about nothing.
    """
    if not arrived.event.object_id:
        raise NoObjectError("the object has no id")
    if arrived.event.type.startswith("treasury."):
        stripe_signal.know_receipt(session, arrived.event, platform=arrived.platform, account=arrived.account)
        return
    kind = kind_of(arrived.event)
    found = truth.object if truth.object is not None else arrived.event.object
    key = {"id": arrived.event.object_id}
    if kind.name == "capability":
        key = {**arrived.of, "capability": arrived.event.object_id}
    _take(session, kind, key, kind.columns(found), arrived, truth)
    _FOLLOW[kind.name](session, arrived, truth, now)


def learn_card(
    session: Session, found: objects.Object, *, platform: str, account: str, livemode: bool, now: datetime
) -> bool:
    """Know a card that was there before Gantry listened; what its events say holds over this.

    Returns:
        Whether anything was learned.
    """
    card = objects.reference(found)
    row = rows.card(session, card) if card else None
    if not card or (row is not None and row.event_at is not None):
        return False
    whose = {"account": account, "livemode": livemode}
    columns = objects.card(found)
    if not insert_once(session, Card, {"id": card, **whose, **columns}, conflict=["id"]):
        row = rows.lock(session, Card, {"id": card})
        if row.event_at is not None:
            return False
        for name, value in columns.items():
            setattr(row, name, value)
        session.add(row)
        session.flush()
    values = {"card": card, "platform": platform, **whose, **_trait(found)}
    insert_once(session, CardTrait, values, conflict=["card"])
    stripe_program.place(session, rows.lock(session, CardTrait, {"card": card}), now)
    return True


def _take(
    session: Session,
    kind: Kind,
    key: Mapping[str, Any],
    columns: Mapping[str, Any],
    arrived: Arrived,
    truth: Truth,
) -> None:
    at = arrived.event.made_at
    columns = {**columns, **({"created_at": columns["created_at"] or at} if "created_at" in columns else {})}
    fixed = dict(arrived.of)
    if "platform" in kind.table.model_fields:
        fixed["platform"] = arrived.platform
    if insert_once(session, kind.table, {**fixed, **key, **columns, "event_at": at}, conflict=list(key)):
        return
    row = rows.lock(session, kind.table, key)
    have = Seen({name: getattr(row, name) for name in columns}, row.event_at)
    merged = merge(kind.name, have, Seen(columns, at), certain=truth.object is not None, settle=truth.nobody)
    for name, value in {**merged.columns, "event_at": merged.at}.items():
        if getattr(row, name) != value:
            setattr(row, name, value)
    session.add(row)
    session.flush()


def _after_card(session: Session, arrived: Arrived, truth: Truth, now: datetime) -> None:
    event = arrived.event
    found = truth.object if truth.object is not None else event.object
    trait = Kind("trait", CardTrait, _trait, "")
    _take(session, trait, {"card": event.object_id}, _trait(found), arrived, truth)
    stripe_program.know_account(session, arrived.platform, arrived.account, livemode=event.livemode)
    stripe_program.place(session, rows.lock(session, CardTrait, {"card": event.object_id}), now)
    lost_after.card_changed(session, event.object_id, now)
    card_board.follow(session, event.object_id, now)
    card_exception.warn(session, event.object_id, event.object, event.made_at)


def _trait(found: objects.Object) -> objects.Columns:
    return {
        "currency": objects.card(found)["currency"],
        "design": objects.design(found),
        "metadata_text": canonical(objects.metadata(found)),
    }


def _after_authorization(session: Session, arrived: Arrived, truth: Truth, now: datetime) -> None:
    del truth
    event = arrived.event
    row = rows.lock(session, Authorization, {"id": event.object_id})
    inside = event.object.get("card")
    if isinstance(inside, dict) and row.card:
        _glimpse(session, arrived, row.card, inside, now)
    stripe_program.know_account(session, arrived.platform, arrived.account, livemode=event.livemode)
    rows.authorized_at(
        session,
        platform=arrived.platform,
        account=arrived.account,
        livemode=event.livemode,
        at=row.created_at,
    )
    told = {**event.object, "livemode": event.livemode}
    authorization.record_fallback(session, told, event=event.id, now=now)
    spend.count(session, event.object_id)
    card_exception.observe(session, row, event.object)
    stripe_program.look_at(session, row.card, now)


def _glimpse(session: Session, arrived: Arrived, card: str, inside: objects.Object, now: datetime) -> None:
    """Know of a card that was older than Gantry; its own events, if any, hold over this."""
    kept = {name: value for name, value in objects.card(inside).items() if name in objects.FIXED_OF_CARD}
    insert_once(session, Card, {"id": card, **arrived.of, **kept}, conflict=["id"])
    values = {"card": card, "platform": arrived.platform, **arrived.of, **_trait(inside)}
    if insert_once(session, CardTrait, values, conflict=["card"]):
        stripe_program.place(session, rows.lock(session, CardTrait, {"card": card}), now)


def _after_transaction(session: Session, arrived: Arrived, truth: Truth, now: datetime) -> None:
    del truth
    row = rows.lock(session, Transaction, {"id": arrived.event.object_id})
    if row.authorization:
        spend.count(session, row.authorization)
    lost_after.captured(session, row, now)
    for dispute in rows.disputes_of(session, row.id):
        stripe_program.tell_dispute(session, dispute, now)


def _after_dispute(session: Session, arrived: Arrived, truth: Truth, now: datetime) -> None:
    del truth
    row = rows.lock(session, StripeDispute, {"id": arrived.event.object_id})
    act = arrived.event.type.rpartition(".")[2]
    row.reinstated = row.reinstated or act == "funds_reinstated"
    row.rescinded = row.rescinded or act == "funds_rescinded"
    named = objects.moves(arrived.event.object)
    dispute_funds.keep(row, named)
    row.look = row.look or (act.startswith("funds_") and not named)
    dispute_follow.touched(session, row)
    stripe_program.tell_dispute(session, row, now)


def _after_token(session: Session, arrived: Arrived, truth: Truth, now: datetime) -> None:
    del truth
    row = rows.lock(session, Token, {"id": arrived.event.object_id})
    stripe_program.look_at(session, row.card, now)


def _after_capability(session: Session, arrived: Arrived, truth: Truth, now: datetime) -> None:
    del truth
    event = arrived.event
    row = rows.lock(session, StripeCapability, {**arrived.of, "capability": event.object_id})
    if objects.application_complete(event.object):
        row.completed_at = min(row.completed_at or event.made_at, event.made_at)
    if objects.capability(event.object)["status"] == "active":
        row.active_at = min(row.active_at or event.made_at, event.made_at)
    session.add(row)
    stripe_program.look_at_capability(session, row, now)


def _after_design(session: Session, arrived: Arrived, truth: Truth, now: datetime) -> None:
    del session, arrived, truth, now  # what follows from it is looked for in the rows


def _after_cardholder(session: Session, arrived: Arrived, truth: Truth, now: datetime) -> None:
    del truth, now
    card_find.know_holder(session, rows.lock(session, Cardholder, {"id": arrived.event.object_id}))


_FOLLOW: Final = {
    "card": _after_card,
    "cardholder": _after_cardholder,
    "authorization": _after_authorization,
    "transaction": _after_transaction,
    "dispute": _after_dispute,
    "token": _after_token,
    "capability": _after_capability,
    "design": _after_design,
}
