"""One authorization request, and the answer to it: pure, so that what was decided can be decided again.

Field names and values are Stripe's (https://docs.stripe.com/issuing/controls/real-time-authorizations).
Stripe adds values without notice: every one of them is text here, and one that we do not know is only a text
that no rule lists.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple, cast

KIND: Final = "issuing_authorization.request"
APPROVED: Final = "none"
"""The rule of an answer that no rule forbade."""
PARTIAL: Final = "partial"
FALLBACK: Final = "fallback"
NO_SPEND: Final = (0, 0, 0, 0, 0, 0)
_LARGEST: Final = 2**62  # sums of two stay within 64 bits


class RequestError(ValueError):
    """A request lacks something without which nothing can be decided; the message names it."""


class Request(NamedTuple):
    """What the rules may read of a request. Amounts are in minor units of `currency`, the card's."""

    event: str
    authorization: str
    entries: int
    """How many entries request_history has: more than 0 for an increment."""
    account: str
    livemode: bool
    created: int
    """When the authorization was made, in Unix seconds: its windows."""
    asked: int
    """When this request was made."""
    card: str
    cardholder: str
    program: str
    """The reference in the card's metadata, `gantry_program`."""
    amount: int
    """The total: what is authorized already and what is asked for now."""
    cashback: int
    currency: str
    controllable: bool
    category: str
    category_code: str
    country: str
    merchant: str
    """merchant_data.network_id"""
    method: str
    presence: str
    wallet: str
    cvc: str
    expiry: str
    postal_code: str
    address_line1: str
    three_d_secure: str
    risk: int
    """network_risk_score, 1 to 99; 0 when there is none."""


class Facts(NamedTuple):
    """What our own rows say beside the request."""

    reported: str = ""
    """lost, stolen or nothing."""
    program: str = ""
    own: int = 0
    """What this authorization counts already."""
    spent: tuple[int, int, int, int, int, int] = NO_SPEND
    """Day, week and month of the card, then of the cardholder, without what this authorization counts."""


class Finding(NamedTuple):
    """What a rule has to say when it has something to say."""

    declines: bool
    """False: it does not apply, and `reason` says why."""
    reason: str
    room: int | None = None
    """What it would allow instead, in minor units; None: nothing."""


class Decision(NamedTuple):
    """The answer. `rule` declined, or is `none`; `outcomes` holds what each rule said that said anything."""

    approved: bool
    amount: int | None
    """A partial approval: what is approved; else None."""
    counted: int
    """What the authorization counts from now on."""
    rule: str
    reason: str
    outcomes: Mapping[str, str]


class Rule(NamedTuple):
    """A rule as it stands: enforced, or in shadow (recorded, not obeyed)."""

    name: str
    enforced: bool
    check: Callable[[Request, Facts], Finding | None]


class Ruling(NamedTuple):
    """A policy with the states of its rules and the brakes: all that decide() needs beside the facts."""

    version: int
    rules: Sequence[Rule]
    least: Mapping[str, int]
    """The least partial approval by currency."""
    partial: bool
    """Whether partial approvals are enforced."""


_TEXTS: Final = tuple(n for n, name in enumerate(Request._fields) if Request.__annotations__[name] is str)
_NUMBERS: Final = tuple(n for n, name in enumerate(Request._fields) if Request.__annotations__[name] is int)


def check(request: Request) -> None:
    """Pass a request that can be decided and kept.

    Raises:
        RequestError: an id, the currency or a number is not what Stripe documents, or a text holds a NUL.
    """
    try:
        joined = "".join(cast("list[str]", [request[n] for n in _TEXTS]))
    except TypeError as error:
        raise RequestError(f"a text of the request is none ({error})") from error
    if "\x00" in joined:
        raise RequestError("a text of the request holds a NUL character")
    if not (request.event and request.authorization and request.currency):
        raise RequestError("the request has no id or no currency")
    for n in _NUMBERS:
        number = request[n]
        if type(number) is not int or not 0 <= number < _LARGEST:
            raise RequestError(f"{Request._fields[n]} of the request is no amount, moment or score")


def decide(request: Request, facts: Facts, ruling: Ruling) -> Decision:
    """Return the answer to a request: the first enforced rule that forbids it, else approved.

    Every rule is asked, also after one has declined, so that `outcomes` shows what each would have done.
    """
    outcomes: dict[str, str] = {}
    rule = reason = ""
    room: int | None = None
    for name, enforced, check in ruling.rules:
        found = check(request, facts)
        if found is None:
            continue
        if not found.declines:
            outcomes[name] = f"skips {found.reason}"
        elif not enforced:
            outcomes[name] = f"would_decline {found.reason}"
        else:
            outcomes[name] = f"declines {found.reason}"
            if not rule:
                rule, reason, room = name, found.reason, found.room
            elif room is not None:
                room = None if found.room is None else min(room, found.room)
    if not rule:
        return Decision(True, None, request.amount, APPROVED, "", outcomes)
    if room is not None and _fits(request, room, ruling):
        if ruling.partial:
            outcomes[PARTIAL] = f"approves {room}"
            return Decision(True, room, room, PARTIAL, rule, outcomes)
        outcomes[PARTIAL] = f"would_approve {room}"
    return Decision(False, None, facts.own, rule, reason, outcomes)


def _fits(request: Request, room: int, ruling: Ruling) -> bool:
    """Tell whether Stripe would take an approval of `room`, and the policy finds it large enough."""
    if not request.controllable or request.entries:
        return False
    return room >= max(1, request.cashback, ruling.least.get(request.currency, 1))


def fallback(request: Request | None, *, under: int, reported: bool) -> Decision:
    """Return the answer when nothing could be decided: declined, unless it is below `under`.

    Args:
        request: None when not even the request could be read.
        under: minor units; 0 declines everything.
        reported: whether the card was reported lost or stolen: then it is declined in any case.
    """
    approved = request is not None and request.amount < under and not reported
    counted = request.amount if request is not None and approved else 0
    return Decision(approved, None, counted, FALLBACK, "reported" if reported else "", {})
