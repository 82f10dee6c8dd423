"""A lost card: frozen by one click from the commit on, taken back, or revoked for good."""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from bot.domain import lost_card as rules
from bot.domain.error import FormError, NotFoundError, RefusedError, StaleError
from bot.domain.role import ROLES, Asker, Right, may, rank
from bot.services import case_clock, policy, stripe_call
from bot.services import lost_case as cases
from bot.services import person as people
from bot.services.lost_case import CARD_PATH, FROZEN, NOT_STOPPED, Case
from storage import Session, next_value
from storage.queries import lost_card as rows
from storage.queries import person as person_rows
from storage.queries import program as programs
from storage.queries import stripe_mirror as mirror
from storage.tables import Counter
from storage.tables_lost import LostCard
from storage.tables_stripe import Card

FREEZE: Final = "card.freeze"
RELEASE: Final = "card.release"
CANCEL: Final = "card.cancel"
RULE: Final = "card_reported"
_IN_POLICY: Final = re.compile(rf"(?m)^\s*\[{RULE}\]")
MOST_NAMED: Final = 5


@dataclass(frozen=True)
class Place:
    """Where a report was made, and where its thread goes."""

    channels: Mapping[str, str] = field(default_factory=dict)
    language: str = "en"
    response_url: str = ""


def freeze(
    session: Session,
    who: Asker,
    card_id: str,
    place: Place,
    now: datetime,
    clock: Callable[[], datetime],
) -> tuple[Case, bool]:
    """Stop a card: declined here from the commit on, and asked of Stripe. A second report finds the first.

    Args:
        session: the caller's transaction.
        who: any member; somebody whom Slack did not describe yet may as well.
        card_id: `ic_…`.
        place: where it was reported.
        now: when it was reported.
        clock: business time, read just before the commit: what it took until then is shown.

    Returns:
        The report, and whether it is new.

    Raises:
        NotFoundError: no such card is known.
        StaleError: it is canceled at Stripe already.
        RefusedError: this person has frozen too many cards just now; the text names who may.
    """
    if mirror.card(session, card_id) is None:
        raise NotFoundError("lost.no_card")
    card = mirror.lock(session, Card, {"id": card_id})
    before = rows.newest(session, card_id)
    if before is not None and before.state in rules.OPEN:
        return cases.of(session, before), False
    if card.status == "canceled":
        raise StaleError("lost.dead", last4=card.last4)
    _few_enough(session, who, now)
    cases.open_thread(session, card, team=who.team, defaults=place.channels, language=place.language, now=now)
    row = LostCard(
        team=who.team,
        ref=f"L-{next_value(session, Counter, team=who.team, name='L')}",
        card=card.id,
        round=before.round + 1 if before else 1,
        was=card.status,
        reported_by=who.user,
        reported_at=now,
        declined_at=now,
        answered_at=declines_since(session, card),
        response_url=place.response_url or None,
    )
    card.reported, card.reported_at = "frozen", now
    session.add(card)
    session.add(row)
    session.flush()
    case = cases.of(session, row)
    _ask(case, FREEZE, who.user, now, status="inactive")
    _clocks(case, now)
    cases.record(case, who.user, "card:freeze:frozen", now, was=card.status)
    cases.say(case, "lost.frozen", now)
    if not case.stopped:
        cases.tell(case, cases.called(case, "operator", now), "lost.not_stopped", now)
    cases.show(case, now)
    row.declined_at = max(now, clock())
    session.add(row)
    session.flush()
    return case, True


def declines_since(session: Session, card: Card) -> datetime | None:
    """Return when the card's account last asked us about an authorization, if we decline reported cards.

    None: what Gantry knows stops nothing, and the card is only stopped once Stripe confirms it.
    """
    if policy.states(session).get(RULE) != "enforced" or not _IN_POLICY.search(policy.current(session).body):
        return None
    return rows.last_asked(session, card.account, livemode=card.livemode)


def release(session: Session, who: Asker, case_id: int, now: datetime) -> Case:
    """Take a freeze back: the card is accepted here again, and as it was before at Stripe.

    Raises:
        StaleError: it is revoked already, or was taken back.
        RefusedError: neither an operator, nor whoever froze it within ten minutes.
    """
    case = cases.locked(session, who.team, case_id)
    row = case.row
    operator = rank(who.role) >= rank("operator")
    own = row.reported_by == who.user
    if not rules.may_take_back(operator=operator, own=own, frozen_at=row.reported_at, now=now):
        users = _operators(session, who.team, now)
        raise RefusedError("lost.only_operator" if users else "lost.only_operator_nobody", users=users)
    if not rows.change(session, row.id, ["frozen"], state="released", released_by=who.user, released_at=now):
        raise _too_late(case)
    session.refresh(row)
    card = case.card
    card.reported, card.reported_at = "", None
    session.add(card)
    session.flush()
    if row.was != "inactive":  # a card that nobody has activated yet stays so
        _ask(case, RELEASE, who.user, now, status="active")
    for subject in (FROZEN, NOT_STOPPED):
        case_clock.end(session, subject, row.id)
    cases.record(case, who.user, "card:release:released", now, before="frozen")
    cases.say(case, "lost.released", now)
    cases.show(case, now)
    return case


def revoke(session: Session, who: Asker, case_id: int, kind: str, why: str, now: datetime) -> Case:
    """Have a card canceled for good, as lost or stolen; asked of Stripe until it is done.

    Args:
        session: the caller's transaction.
        who: support, an operator, the holder; any member where nobody holds the role.
        case_id: the report.
        kind: lost or stolen.
        why: typed; needed only where nobody holds the role.
        now: business time.

    Raises:
        StaleError: somebody was first; the text says who.
        RefusedError: the person may not; the text names who may.
        FormError: nobody holds the role and no reason was typed.
    """
    case = cases.locked(session, who.team, case_id)
    row = case.row
    if row.state != "frozen":
        raise _too_late(case)
    as_member = _may_revoke(case, who, now)
    if as_member and not why.strip():
        raise FormError({"why": ("lost.why_needed", {})})
    values: dict[str, Any] = {"kind": kind, "revoked_by": who.user, "revoke_asked_at": now}
    if as_member:
        values["why"] = why.strip()
    if not rows.change(session, row.id, ["frozen"], state="revoking", **values):
        raise _too_late(case)
    session.refresh(row)
    case.card.reported = kind
    session.add(case.card)
    session.flush()
    _ask(case, CANCEL, who.user, now, status="canceled", cancellation_reason=kind)
    case_clock.end(session, FROZEN, row.id)
    cases.record(case, who.user, "card:revoke:revoking", now, before="frozen", kind=kind)
    cases.say(case, "lost.revoking", now, why=row.why or "")
    if as_member:
        cases.tell(case, _managers(case, now), "lost.member_revoked", now, why=row.why or "")
    cases.show(case, now)
    return case


def still_frozen(case: Case) -> None:
    """Pass while a card can be revoked; raises StaleError, which says who was first."""
    if case.row.state != "frozen":
        raise _too_late(case)


def needs_reason(case: Case, who: Asker, now: datetime) -> bool:
    """Tell whether this person has to say why; raises RefusedError for who may not revoke at all."""
    return _may_revoke(case, who, now)


def _may_revoke(case: Case, who: Asker, now: datetime) -> bool:
    """Let a person pass; true for a member who may only because nobody holds the role."""
    if may(who, Right.REVOKE) or is_holder(case, who):
        return False
    enough = [role for role in ROLES if rank(role) >= rank("support")]
    if may(who, Right.SEE) and not person_rows.holders(case.session, who.team, enough, now.date()):
        return True
    people.require(case.session, who, Right.REVOKE, now)
    return False


def is_holder(case: Case, who: Asker) -> bool:
    """Tell whether a person holds the card: their e-mail in Slack is that of the cardholder."""
    holder = rows.holder(case.session, case.card.cardholder)
    person = person_rows.person(case.session, who.team, who.user)
    if holder is None or not holder.email or person is None or not person.mail_hash or not who.verified:
        return False
    return person.mail_hash == hashed(holder.email)


def hashed(email: str) -> str:
    """Return what is kept of a Slack user's e-mail address: enough to compare it."""
    return hashlib.sha256(email.strip().lower().encode()).hexdigest()


def _few_enough(session: Session, who: Asker, now: datetime) -> None:
    if rank(who.role) >= rank("operator"):
        return
    count = rows.freezes(session, who.team, who.user, now - rules.FREEZES_WITHIN)
    if count >= rules.MOST_FREEZES:
        users = _operators(session, who.team, now)
        raise RefusedError("lost.too_many" if users else "lost.too_many_nobody", users=users)


def _operators(session: Session, team: str, now: datetime) -> list[str]:
    enough = [role for role in ROLES if rank(role) >= rank("operator")]
    return person_rows.holders(session, team, enough, now.date())[:MOST_NAMED]


def _managers(case: Case, now: datetime) -> list[str]:
    """Return all managers: those with the role, the admins, and those that programmes name."""
    team = case.row.team
    named = [program.manager for program in programs.all_of(case.session, team) if program.manager]
    return [*person_rows.holders(case.session, team, ["manager", "admin"], now.date()), *named]


def _too_late(case: Case) -> StaleError:
    row = case.row
    if row.state == "released":
        at = cases.iso(row.released_at)
        return StaleError("lost.was_released", last4=case.card.last4, who=row.released_by, at=at)
    at = cases.iso(row.revoke_asked_at or row.revoked_at)
    if row.revoked_by in {"", "stripe"}:
        return StaleError("lost.was_revoked_stripe", last4=case.card.last4, at=at)
    return StaleError("lost.was_revoked", last4=case.card.last4, who=row.revoked_by, at=at)


def _ask(case: Case, act: str, by: str, now: datetime, **params: Any) -> int:  # noqa: ANN401 - of the call
    return stripe_call.put(
        case.session,
        team=case.row.team,
        whose=case.whose,
        act=act,
        subject=str(case.row.id),
        stream=case.card.id,
        path=f"{CARD_PATH}/{case.card.id}",
        params=params,
        by=by,
        now=now,
    )


def _clocks(case: Case, now: datetime) -> None:
    program = case.program
    begin: dict[str, Any] = {
        "team": case.row.team,
        "subject_id": case.row.id,
        "program": program,
        "zone": program.zone if program else "UTC",
        "at": now,
        "now": now,
    }
    case_clock.begin_emergency(case.session, subject=FROZEN, ladder="card_frozen", **begin)
    if not case.stopped:
        case_clock.begin_emergency(case.session, subject=NOT_STOPPED, ladder="card_not_stopped", **begin)


__all__ = ["CANCEL", "FREEZE", "RELEASE", "Place", "freeze", "release", "revoke"]
