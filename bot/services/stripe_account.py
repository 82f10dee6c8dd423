"""The Stripe account of a programme, and what tells its cards apart where several programmes share it."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from bot.domain.error import FormError
from bot.domain.role import Asker, Right
from bot.domain.stripe_match import TELLS, Rule, clash
from bot.services import person as people
from bot.services import stripe_program
from bot.services.walk import Walk, locked
from storage import Session, after_commit
from storage.queries import stripe_mirror as rows
from storage.tables import Program
from storage.tables_stripe_event import ProgramAccount

WAKE: Final = "card_match"
"""What `Database.on_commit` is told when cards have to be matched again."""

_ACCOUNT: Final = re.compile(r"acct_[A-Za-z0-9]{1,80}")
_CURRENCY: Final = re.compile(r"[a-z]{3}")
_DESIGN: Final = re.compile(r"[A-Za-z0-9_]{3,100}")
_METADATA: Final = re.compile(r"([^=]{1,40})=(.{1,100})")


@dataclass(frozen=True)
class Chosen:
    """What a form says: an `acct_…` or nothing for the platform, what tells cards apart, and its value."""

    account: str = ""
    tell: str = "all"
    value: str = ""

    @property
    def silent(self) -> bool:
        """Whether everything was left as the form proposes it."""
        return self == Chosen()


def facts(session: Session, program: Program) -> dict[str, Any]:
    """Return what a form shows now."""
    row = rows.account_of(session, program.id)
    about = {"id": program.id, "name": program.name, "ref": program.ref}
    if row is None:
        return {"program": about, "account": "", "tell": "all", "value": ""}
    value = f"{row.key}={row.value}" if row.tell == "metadata" else row.value
    return {"program": about, "account": row.account, "tell": row.tell, "value": value}


def choose(
    session: Session, who: Asker, program_id: int, chosen: Chosen, platforms: tuple[str, ...], now: datetime
) -> None:
    """Set the account of a programme; its cards are matched again after the commit.

    Args:
        session: the caller's transaction.
        who: asks.
        program_id: whose.
        chosen: as typed.
        platforms: the platform accounts that the settings name.
        now: business time.

    Raises:
        FormError: the account or the value is of another shape, or another programme has these cards.
        RefusedError: the person may not.
    """
    walk = locked(session, program_id, who.team)
    people.require(session, who, Right.CHANGE_PROGRAM, now, people.relations(walk.program))
    keep(session, walk, who, chosen, platforms, now)


def keep(
    session: Session,
    walk: Walk,
    who: Asker,
    chosen: Chosen,
    platforms: tuple[str, ...],
    now: datetime,
) -> None:
    """Set the account in a programme under lock; a form that was left as it was never meets an error."""
    program = walk.program
    platform, account = _whose(chosen.account, platforms)
    key, value = _value(chosen)
    rule = Rule(program.ref, chosen.tell, key, value)
    others = [stripe_program.rule_of(row, one) for row, one in rows.rules(session, platform, account)]
    taken = clash(others, rule)
    if taken and chosen.silent:
        return
    if taken:
        raise FormError({"tell": ("account.clash", {"ref": taken})})
    row = rows.account_of(session, program.id)
    after = {"platform": platform, "account": account, "tell": chosen.tell, "key": key, "value": value}
    before = {name: getattr(row, name) for name in after} if row is not None else {}
    if before == after:
        return
    row = row or ProgramAccount(team=program.team, program_id=program.id, by=who.user, at=now)
    for name, new in {**after, "by": who.user, "at": now}.items():
        setattr(row, name, new)
    session.add(row)
    session.flush()
    touched = {(platform, account), *({(before["platform"], before["account"])} if before else ())}
    rows.unmatch(session, touched)
    if account:
        for livemode in (True, False):
            stripe_program.know_account(session, platform, account, livemode=livemode)
    # A value may be what somebody typed: the audit keeps that there is one.
    kept = {name: after[name] for name in ("account", "tell")}
    walk.record(None, who, "program:account:set", now, before=_kept(before), after=kept)
    after_commit(session, WAKE)


def _kept(before: dict[str, Any]) -> dict[str, Any]:
    return {name: before[name] for name in ("account", "tell") if name in before}


def _whose(typed: str, platforms: tuple[str, ...]) -> tuple[str, str]:
    """Return platform and connected account; a bare form means the platform, if there is just one."""
    typed = typed.strip()
    only = platforms[0] if len(platforms) == 1 else ""
    if not typed:
        return only, ""
    if not _ACCOUNT.fullmatch(typed):
        raise FormError({"stripe_account": ("account.wrong", {})})
    return (typed, "") if typed in platforms else (only, typed)


def _value(chosen: Chosen) -> tuple[str, str]:
    if chosen.tell not in TELLS:
        raise FormError({"tell": ("form.choose", {})})
    value = chosen.value.strip()
    if chosen.tell == "all":
        return "", ""
    if chosen.tell == "metadata":
        found = _METADATA.fullmatch(value)
        if found is None:
            raise FormError({"tell_value": ("account.wrong_metadata", {})})
        return found[1].strip(), found[2].strip()
    value = value.casefold() if chosen.tell == "currency" else value
    pattern = _CURRENCY if chosen.tell == "currency" else _DESIGN
    if not pattern.fullmatch(value):
        raise FormError({"tell_value": (f"account.wrong_{chosen.tell}", {})})
    return "", value
