"""A new card for a lost one: ordered once, with all it can take over, followed until it is used."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from bot.domain import replacement
from bot.domain.error import FormError, StaleError
from bot.domain.role import Asker, Right
from bot.services import delivery, lost_new, stripe_call, stripe_event
from bot.services import lost_case as cases
from bot.services import person as people
from bot.services.lost_call import case_of
from bot.services.lost_case import CARD_PATH, DELIVERY, Case
from bot.services.stripe_call import Outcome
from storage import Session
from storage.queries import lost_card as rows
from storage.tables_call import StripeCall
from storage.tables_stripe import Card
from storage.types import canonical

LIMITS: Final = "card.limits"
REPLACE: Final = "card.replace"
NOT_CANCELED: Final = "not_canceled"
NEEDED: Final = ("line1", "city", "postal_code", "country")
"""Without these Stripe ships nothing. Source: https://docs.stripe.com/api/issuing/cards/create"""


@dataclass(frozen=True)
class Wanted:
    """What a new card is to be. `keep`: merchants that hold the old card are given the new one.

    `address` is empty for the one on file; else Stripe's fields and the `name` on the parcel.
    """

    type: str  # virtual · physical
    keep: bool = True
    service: str = "standard"
    address: Mapping[str, str] = field(default_factory=dict)


def order(session: Session, who: Asker, case_id: int, wanted: Wanted, now: datetime) -> Case:
    """Order the new card; it is made once the old one is canceled at Stripe, and only once.

    Raises:
        StaleError: it was ordered already, or the card is not revoked.
        FormError: a part of the address is missing.
        RefusedError: the person is no support agent and no operator.
    """
    people.require(session, who, Right.REVOKE, now)
    case = cases.locked(session, who.team, case_id)
    may_order(case)
    row = case.row
    if wanted.type == "none":
        row.wanted, row.replaced_by = (
            {"type": "none", "keep": False, "service": "", "on_file": False},
            who.user,
        )
        session.add(row)
        session.flush()
        cases.record(case, who.user, "card:replace:declined", now)
        cases.say(case, "lost.no_new_card", now)
        return case
    address = _address(case, wanted)
    row.wanted = {
        "type": wanted.type,
        "keep": wanted.keep,
        "service": wanted.service if wanted.type == "physical" else "",
        "on_file": not wanted.address,
    }
    row.ship_to = canonical(dict(address)) if address else None
    row.replaced_by, row.replace_asked_at, row.new_state = who.user, now, "ordered"
    session.add(row)
    session.flush()
    # The limits of the old card are asked for after its cancellation: the calls of one card keep their order.
    _call(case, LIMITS, f"{CARD_PATH}/{case.card.id}", {}, now, method="get")
    cases.record(case, who.user, "card:replace:ordered", now, type=wanted.type, keep=wanted.keep)
    cases.say(case, "lost.ordered", now)
    cases.show(case, now)
    return case


def may_order(case: Case) -> None:
    """Pass while a new card can be ordered.

    Raises:
        StaleError: it was ordered already, or the card is not revoked.
    """
    row = case.row
    if row.state not in {"revoking", "revoked"}:
        raise StaleError("lost.revoke_first", last4=case.card.last4)
    if row.replace_asked_at is not None:
        at = cases.iso(row.replace_asked_at)
        raise StaleError("lost.replaced_already", last4=case.card.last4, who=row.replaced_by, at=at)


def _address(case: Case, wanted: Wanted) -> dict[str, str]:
    """Return where a physical card goes.

    Raises:
        FormError: something that Stripe needs is missing.
    """
    if wanted.type != "physical":
        return {}
    if wanted.address:
        missing = [name for name in ("name", *NEEDED) if not wanted.address.get(name)]
        if missing:
            raise FormError({name: ("form.required", {}) for name in missing})
        return {name: value for name, value in wanted.address.items() if value}
    holder = rows.holder(case.session, case.card.cardholder)
    found = on_file(case.session, case.card)
    if holder is None or not holder.name or any(not found.get(name) for name in NEEDED):
        raise FormError({"where": ("lost.no_address", {})})
    return {"name": holder.name, **found}


def on_file(session: Session, card: Card) -> dict[str, str]:
    """Return the cardholder's address as Stripe has it, or nothing."""
    holder = rows.holder(session, card.cardholder)
    return json.loads(holder.address) if holder is not None and holder.address else {}


def limits_known(session: Session, call: StripeCall, outcome: Outcome, now: datetime) -> None:
    """Stripe said what the old card allowed; now the new one is asked for."""
    case = case_of(session, call)
    if case is None:
        return
    if not outcome.ok:
        _failed(case, outcome, now)
        return
    row, wanted = case.row, case.row.wanted
    old = outcome.object
    if old.get("status") != "canceled":  # its cancellation was refused: two cards must never live at once
        _failed(case, Outcome(ok=False, object={}, code=NOT_CANCELED), now)
        return
    physical = wanted["type"] == "physical"
    params: dict[str, Any] = {
        "cardholder": case.card.cardholder,
        **replacement.taken_over(old, physical=physical, mark=("gantry_case", row.ref)),
        "type": wanted["type"],
    }
    params["currency"] = params["currency"] or case.card.currency
    if wanted["keep"]:
        params |= {"replacement_for": case.card.id, "replacement_reason": row.kind or "lost"}
    if physical:
        to = json.loads(row.ship_to or "{}")
        params["shipping"] = replacement.shipping(old, to.pop("name", ""), wanted["service"], to)
    else:
        params["status"] = "active"  # a physical card is activated by its holder
    _call(case, REPLACE, CARD_PATH, params, now, creates=True)
    row.ship_to = None
    session.add(row)


def replaced(session: Session, call: StripeCall, outcome: Outcome, now: datetime) -> None:
    """Stripe has made the new card, will not, or cannot be reached."""
    case = case_of(session, call)
    if case is None:
        return
    if not outcome.ok:
        if outcome.final and _again_without(case, call, outcome.param, now):
            return
        _failed(case, outcome, now)
        return
    whose = case.whose
    stripe_event.learn_card(
        session,
        outcome.object,
        platform=whose.platform,
        account=whose.account,
        livemode=whose.livemode,
        now=now,
    )
    row = case.row
    row.new_card, row.error, row.request = str(outcome.object.get("id") or ""), "", ""
    session.add(row)
    session.flush()
    cases.record(case, "stripe", "card:replace:created", now, new_card=row.new_card)
    lost_new.follow(case, now)
    if row.wanted.get("service") == "standard":
        delivery.await_card(
            session,
            subject=DELIVERY,
            subject_id=row.id,
            team=row.team,
            program=case.program,
            card=case.card,
            at=now,
            now=now,
        )


def _again_without(case: Case, call: StripeCall, param: str, now: datetime) -> bool:
    """Ask once more without a print that Stripe refuses: a plain card today is better than none."""
    params = json.loads(call.params or "{}")
    if not replacement.can_be_left_out(param) or param not in params:
        return False
    del params[param]
    case.row.wanted = {**case.row.wanted, "left_out": [*case.row.wanted.get("left_out", []), param]}
    case.session.add(case.row)
    _call(case, REPLACE, CARD_PATH, params, now, creates=True)
    cases.say(case, "lost.left_out", now, part=param)
    return True


def _failed(case: Case, outcome: Outcome, now: datetime) -> None:
    row = case.row
    row.error, row.request = outcome.code, outcome.request
    if outcome.final and outcome.code != stripe_call.UNSURE:
        # Nothing was made: it can be ordered again, for instance to another address.
        row.replace_asked_at, row.new_state, row.ship_to = None, "", None
    case.session.add(row)
    case.session.flush()
    cases.say(case, "lost.replace_failed", now, code=outcome.code, final=outcome.final, param=outcome.param)
    cases.show(case, now)


def _call(
    case: Case,
    act: str,
    path: str,
    params: Mapping[str, Any],
    now: datetime,
    *,
    method: str = "post",
    creates: bool = False,
) -> None:
    stripe_call.put(
        case.session,
        team=case.row.team,
        whose=case.whose,
        act=act,
        subject=str(case.row.id),
        stream=case.card.id,
        path=path,
        params=params,
        method=method,
        creates=creates,
        by=case.row.replaced_by,
        now=now,
    )
