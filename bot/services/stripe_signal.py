"""What Stripe's events say of designs and receipts, and which programme they belong to."""

import json
from typing import Any

from bot.domain import stripe_object as objects
from bot.domain.stripe_event import Event
from bot.domain.stripe_match import Traits, match
from bot.services.stripe_program import rule_of
from storage import Session, insert_once
from storage.queries import signal as rows
from storage.queries import stripe_mirror as mirror
from storage.tables_signal import StripeDesign, TreasuryReceipt
from storage.types import canonical


def design(found: objects.Object) -> objects.Columns:
    """Return the columns of a personalization design."""
    return {**objects.personalization_design(found), "metadata_text": canonical(objects.metadata(found))}


def know_receipt(session: Session, event: Event, *, platform: str, account: str) -> None:
    """Keep the first live movement of money of a programme that has a regulatory receipt.

    One that belongs to no programme, or is of test mode, leaves nothing.
    """
    if not event.livemode or not objects.receipt(event.object):
        return
    traits = Traits(currency="", design="", metadata=objects.metadata(event.object))
    ref = of_program(session, platform, account, traits)
    program = mirror.program(session, ref) if ref else None
    if program is None:
        return
    values: dict[str, Any] = {
        "object_id": event.object_id,
        "kind": event.type.rpartition(".")[0],
        "account": account,
        "at": event.made_at,
    }
    row = {"program_id": program.id, **values}
    if insert_once(session, TreasuryReceipt, row, conflict=["program_id"]):
        return
    known = mirror.lock(session, TreasuryReceipt, {"program_id": program.id})
    if (event.made_at, event.object_id) < (known.at, known.object_id):  # the same one in every order
        for name, value in values.items():
            setattr(known, name, value)
        session.add(known)
        session.flush()


def designs(session: Session, ref: str, program_id: int) -> list[StripeDesign]:
    """Return the live designs of a programme, oldest news first; one that fits two programmes is nobody's."""
    return [
        row
        for row in rows.designs(session, program_id)
        if of_program(session, row.platform, row.account, _traits(row)) == ref
    ]


def of_program(session: Session, platform: str, account: str, traits: Traits) -> str:
    """Return the programme (its reference) of an object on an account; `''` when it fits none, or two."""
    return match([rule_of(row, program) for row, program in mirror.rules(session, platform, account)], traits)


def _traits(row: StripeDesign) -> Traits:
    return Traits(currency="", design=row.id, metadata=json.loads(row.metadata_text or "{}"))
