"""What each rule of a policy checks. Made once when a policy is loaded; a check only compares."""

from __future__ import annotations

from datetime import datetime, time
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from bot.domain.authorization import PARTIAL, Facts, Finding, Request, Rule, Ruling
from bot.domain.policy import DAYS, RULES, Policy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    Check = Callable[[Request, Facts], Finding | None]
    Brakes = Mapping[tuple[str, str], int]

BRAKE: Final = "brake"
BRAKES: Final = ("merchant", "category", "country")
_LIMITS: Final = {"limit_day": 0, "limit_week": 1, "limit_month": 2}
_VERIFIED: Final = ("cvc", "expiry", "postal_code", "address_line1", "three_d_secure")
_OTHER_CURRENCY: Final = Finding(declines=False, reason="currency")


def ruling(
    policy: Policy,
    *,
    version: int,
    states: Mapping[str, str],
    brakes: Brakes,
    launched: Iterable[str],
) -> Ruling:
    """Return a policy ready to decide.

    Args:
        policy: the parsed text.
        version: its number; 0 is the one Gantry ships.
        states: `shadow` or `enforced` by rule; a rule that is missing has the state it ships with.
        brakes: what is braked, as (kind, value), and until which Unix second.
        launched: references of the programmes that are public.
    """
    found: list[Rule] = []
    if brakes:
        found.append(Rule(BRAKE, True, _brake(brakes)))
    for name, make in _MAKERS.items():
        fields = policy.settings.get(name, {})
        if name == "launch_gate" and fields.get("program") in set(launched):
            continue
        check = make(fields)
        if check is not None:
            found.append(Rule(name, states.get(name, RULES[name].state) == "enforced", check))
    least = policy.settings.get(PARTIAL, {}).get("least", {})
    return Ruling(version, tuple(found), least, states.get(PARTIAL, RULES[PARTIAL].state) == "enforced")


def _brake(brakes: Brakes) -> Check:
    def check(request: Request, _: Facts) -> Finding | None:
        for key in (
            ("merchant", request.merchant),
            ("category", request.category),
            ("category", request.category_code),
            ("country", request.country),
        ):
            until = brakes.get(key)
            if until is not None and request.asked < until:
                return Finding(declines=True, reason=key[0])
        return None

    return check


def _reported(_: Mapping[str, Any]) -> Check:
    def check(_: Request, facts: Facts) -> Finding | None:
        return Finding(declines=True, reason=facts.reported) if facts.reported else None

    return check


def _unknown(_: Mapping[str, Any]) -> Check:
    def check(request: Request, _: Facts) -> Finding | None:
        if request.card and request.cardholder:
            return None
        return Finding(declines=True, reason="cardholder" if request.card else "card")

    return check


def bound(fields: Mapping[str, Any], *, livemode: bool, program: str, card: str, cardholder: str) -> bool:
    """Tell whether the launch gate stops a card as long as its programme is not launched."""
    return (
        livemode
        and program == fields["program"]
        and card not in fields.get("cards", ())
        and cardholder not in fields.get("cardholders", ())
    )


def _launch_gate(fields: Mapping[str, Any]) -> Check | None:
    if "program" not in fields:
        return None

    def check(request: Request, facts: Facts) -> Finding | None:
        program = facts.program or request.program
        stops = bound(
            fields,
            livemode=request.livemode,
            program=program,
            card=request.card,
            cardholder=request.cardholder,
        )
        return Finding(declines=True, reason=program) if stops else None

    return check


def _limit(at: int | None) -> Callable[[Mapping[str, Any]], Check | None]:
    def make(fields: Mapping[str, Any]) -> Check | None:
        card, cardholder = fields.get("card", {}), fields.get("cardholder", {})
        if not card and not cardholder:
            return None
        sides = [
            (reason, limits, None if at is None else at + shift)
            for reason, limits, shift in (("card", card, 0), ("cardholder", cardholder, 3))
            if limits
        ]

        def check(request: Request, facts: Facts) -> Finding | None:
            least: Finding | None = None
            skipped = False
            for reason, limits, place in sides:
                limit = limits.get(request.currency)
                if limit is None:
                    skipped = True
                    continue
                room = limit if place is None else limit - facts.spent[place]
                if request.amount > room and (least is None or room < (least.room or 0)):
                    least = Finding(True, reason, room)
            return least or (_OTHER_CURRENCY if skipped else None)

        return check

    return make


def _listed(read: Callable[[Request], tuple[str, ...]]) -> Callable[[Mapping[str, Any]], Check | None]:
    def make(fields: Mapping[str, Any]) -> Check | None:
        allowed, blocked = fields.get("allowed") or frozenset(), fields.get("blocked") or frozenset()
        if not allowed and not blocked:
            return None

        def check(request: Request, _: Facts) -> Finding | None:
            values = read(request)
            if allowed and allowed.isdisjoint(values):
                return Finding(True, f"not_allowed {values[0]}")
            if not blocked.isdisjoint(values):
                return Finding(True, f"blocked {values[0]}")
            return None

        return check

    return make


def _presence(fields: Mapping[str, Any]) -> Check | None:
    blocked, methods = fields.get("blocked", ()), fields.get("blocked_methods", ())
    if not blocked and not methods:
        return None

    def check(request: Request, _: Facts) -> Finding | None:
        if request.presence in blocked:
            return Finding(True, request.presence)
        return Finding(True, request.method) if request.method in methods else None

    return check


def _verification(fields: Mapping[str, Any]) -> Check | None:
    wanted = [(Request._fields.index(name), name, fields[name]) for name in _VERIFIED if fields.get(name)]
    if not wanted:
        return None

    def check(request: Request, _: Facts) -> Finding | None:
        for place, name, declined in wanted:
            result = request[place] or ("none" if name == "three_d_secure" else "not_provided")
            if result in declined:
                return Finding(True, f"{name} {result}")
        return None

    return check


def _risk(fields: Mapping[str, Any]) -> Check | None:
    highest: int | None = fields.get("highest")
    if highest is None:
        return None

    def check(request: Request, _: Facts) -> Finding | None:
        return Finding(True, f"{request.risk}") if request.risk > highest else None

    return check


def _hours(fields: Mapping[str, Any]) -> Check | None:
    if not fields:
        return None
    zone: ZoneInfo = fields.get("zone") or ZoneInfo("UTC")
    begins: time | None = fields.get("from")
    ends: time | None = fields.get("to")
    days = {DAYS.index(day) for day in fields.get("days") or DAYS}

    def check(request: Request, _: Facts) -> Finding | None:
        local = datetime.fromtimestamp(request.asked, zone)
        if local.weekday() not in days:
            return Finding(True, DAYS[local.weekday()])
        if begins is None or ends is None:
            return None
        at = local.time()
        inside = begins <= at < ends if begins < ends else at >= begins or at < ends
        return None if inside else Finding(True, f"{at:%H:%M}")

    return check


_MAKERS: Final[Mapping[str, Callable[[Mapping[str, Any]], Check | None]]] = {
    "card_reported": _reported,
    "card_unknown": _unknown,
    "launch_gate": _launch_gate,
    "limit_authorization": _limit(None),
    **{name: _limit(at) for name, at in _LIMITS.items()},
    "merchant_category": _listed(lambda request: (request.category, request.category_code)),
    "merchant_country": _listed(lambda request: (request.country,)),
    "wallet": _listed(lambda request: (request.wallet or "none",)),
    "presence": _presence,
    "verification": _verification,
    "network_risk": _risk,
    "hours": _hours,
}
