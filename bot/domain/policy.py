"""A policy: TOML text with one table for each rule. Every field is described here, and nowhere else.

docs/reference/policy.md is made from `RULES`. Whether a rule is enforced does not stand in the text: that is
a row, which an operator changes after the replay has shown what would flip.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from datetime import time
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CHECKS: Final = ("match", "mismatch", "not_provided")
_WALLETS: Final = ("none", "apple_pay", "google_pay", "samsung_pay")
_METHODS: Final = ("chip", "contactless", "keyed_in", "online", "swipe")
_PRESENCES: Final = ("present", "not_present")
_SECURE: Final = ("authenticated", "attempt_acknowledged", "failed", "required", "none")


class PolicyError(ValueError):
    """The text is no policy: `lines` holds one sentence for each mistake."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = tuple(lines)


class Field(NamedTuple):
    """One field of a rule: what it holds, what it is for, and what makes its value from the text's."""

    kind: str
    help: str
    make: Callable[[Any], Any]


class Described(NamedTuple):
    """One rule: what it does, its fields, and the state it has until an operator changes that."""

    help: str
    fields: Mapping[str, Field]
    state: str = "shadow"


def _amounts(value: object) -> dict[str, int]:
    if not isinstance(value, dict) or not value:
        raise ValueError("must be a table of currencies, such as { usd = 50000 }")
    for currency, amount in value.items():
        if not re.fullmatch(r"[a-z]{3}", currency):
            raise ValueError(f"'{currency}' is no currency: write three small letters")
        if type(amount) is not int or amount < 0:
            raise ValueError(f"{currency} must be a whole number of minor units (cents), 0 or more")
    return dict(value)


def _words(pattern: str, what: str, known: tuple[str, ...] = ()) -> Callable[[Any], frozenset[str]]:
    def make(value: object) -> frozenset[str]:
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise ValueError(f'must be a list of texts, such as ["{known[0] if known else what}"]')
        for one in value:
            if (known and one not in known) or not re.fullmatch(pattern, one):
                near = difflib.get_close_matches(one, known, n=1)
                hint = f"; did you mean {near[0]}?" if near else ""
                there = f": one of {', '.join(known)}" if known else f": {what}"
                raise ValueError(f"'{one}' is not known here{hint}{'' if near else there}")
        return frozenset(value)

    return make


def _text(pattern: str, example: str) -> Callable[[Any], str]:
    def make(value: object) -> str:
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            raise ValueError(f'must be a text such as "{example}"')
        return value

    return make


def _time(value: object) -> time:
    try:
        found = time.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        found = None
    if found is None or found.tzinfo is not None:
        raise ValueError('must be a time of day such as "08:30"')
    return found


def _zone(value: object) -> ZoneInfo:
    try:
        return ZoneInfo(value if isinstance(value, str) else "")
    except (ValueError, OSError, KeyError):
        raise ValueError("must be the name of a time zone, such as Europe/Paris") from None


def _score(value: object) -> int:
    if type(value) is not int or not 1 <= value <= 99:  # noqa: PLR2004 - Stripe's range
        raise ValueError("must be a whole number from 1 to 99")
    return value


_AMOUNTS = "amounts by currency, in minor units"
_LISTED = "list"


def _limit(per: str) -> dict[str, Field]:
    return {
        "card": Field(_AMOUNTS, f"The most for one card {per}.", _amounts),
        "cardholder": Field(
            _AMOUNTS, f"The most for all the cards of one cardholder together {per}.", _amounts
        ),
    }


def _lists(make: Callable[[Any], frozenset[str]], what: str) -> dict[str, Field]:
    return {
        "allowed": Field(_LISTED, f"Only these {what}; an empty list allows all.", make),
        "blocked": Field(_LISTED, f"None of these {what}.", make),
    }


_checks = _words(r"[a-z_]+", "", _CHECKS)
_categories = _words(r"[a-z0-9_]+", "a slug such as taxicabs_limousines, or four digits")
_ids = r"(ic|ich)_[A-Za-z0-9_]+"

RULES: Final[Mapping[str, Described]] = {
    "card_reported": Described(
        "Declines a card that somebody reported lost or stolen, from the moment of the report.",
        {},
        "enforced",
    ),
    "card_unknown": Described(
        "Declines a request that names no card or no cardholder. A card new to Gantry is fine.",
        {},
    ),
    "launch_gate": Described(
        "Before a programme's public launch only the designated employees may spend live. It binds the cards "
        "whose metadata name the programme (`gantry_program`), and opens by itself at the launch.",
        {
            "program": Field("text", "The programme whose cards are bound.", _text(r"P-[1-9]\d*", "P-7")),
            "cards": Field(
                _LISTED, "Cards that may spend before the launch.", _words(_ids, "a card id, ic_…")
            ),
            "cardholders": Field(
                _LISTED,
                "Cardholders whose cards may spend before the launch.",
                _words(_ids, "a cardholder id, ich_…"),
            ),
        },
    ),
    "limit_authorization": Described(
        "The most for one authorization, increments included.", _limit("at once")
    ),
    "limit_day": Described("The most in a UTC calendar day.", _limit("in a day")),
    "limit_week": Described("The most in an ISO week, which begins on Monday, UTC.", _limit("in a week")),
    "limit_month": Described("The most in a calendar month, UTC.", _limit("in a month")),
    "merchant_category": Described(
        "Which merchant categories are accepted, by Stripe's slug or by the four digits of the code.",
        _lists(_categories, "categories"),
    ),
    "merchant_country": Described(
        "In which countries merchants are accepted, by two capital letters.",
        _lists(_words(r"[A-Z]{2}", "two capital letters such as FR"), "countries"),
    ),
    "wallet": Described(
        "Which wallets are accepted; `none` stands for a payment without one.",
        _lists(_words(r"[a-z_]+", "", _WALLETS), "wallets"),
    ),
    "presence": Described(
        "Whether the card must be there, and how it is read.",
        {
            "blocked": Field(_LISTED, "present or not_present.", _words(r"[a-z_]+", "", _PRESENCES)),
            "blocked_methods": Field(_LISTED, f"Of {', '.join(_METHODS)}.", _words(r"[a-z_]+", "", _METHODS)),
        },
    ),
    "verification": Described(
        "Declines by the results of the checks: match, mismatch or not_provided.",
        {
            "cvc": Field(_LISTED, "Results of the CVC check that are declined.", _checks),
            "expiry": Field(_LISTED, "Results of the expiry check that are declined.", _checks),
            "postal_code": Field(_LISTED, "Results of the postcode check that are declined.", _checks),
            "address_line1": Field(_LISTED, "Results of the address check that are declined.", _checks),
            "three_d_secure": Field(
                _LISTED,
                f"Results of 3-D Secure that are declined: {', '.join(_SECURE)} (`none`: it was not used).",
                _words(r"[a-z_]+", "", _SECURE),
            ),
        },
    ),
    "network_risk": Described(
        "Declines what the card network finds too risky; a request without a score is accepted.",
        {"highest": Field("number", "The highest score that is accepted, 1 to 99.", _score)},
    ),
    "hours": Described(
        "At which hours cards may be used; `from` later than `to` spans midnight.",
        {
            "from": Field("time", "The first minute that is accepted, such as 08:00.", _time),
            "to": Field("time", "The first minute that is declined again, such as 20:00.", _time),
            "days": Field(
                _LISTED,
                f"The days on which cards may be used: {', '.join(DAYS)}; all when left out.",
                _words(r"[a-z]{3}", "", DAYS),
            ),
            "zone": Field("text", "The zone of these hours; UTC when left out.", _zone),
        },
    ),
    "partial": Described(
        "Approves what a limit still allows instead of declining, when Stripe lets us set the amount. Cash "
        "that is handed out must fit in whole; increments are never approved in part.",
        {"least": Field(_AMOUNTS, "Smaller partial approvals are declined.", _amounts)},
    ),
}
"""Every rule of a policy, in the order they are asked; the first enforced one that forbids gives its name."""


class Policy(NamedTuple):
    """A policy that was parsed: the fields of each rule that it sets."""

    settings: Mapping[str, Mapping[str, Any]]


def brake_value(kind: str, text: str) -> str:
    """Return what a brake holds, as Stripe writes it; nothing when the text cannot be one."""
    patterns = {"merchant": r"[A-Za-z0-9_-]{1,40}", "category": r"[a-z0-9_]{1,80}", "country": r"[A-Z]{2}"}
    shaped = {"category": text.lower(), "country": text.upper()}.get(kind, text)
    return shaped if kind in patterns and re.fullmatch(patterns[kind], shaped) else ""


def parse(body: str) -> Policy:
    """Return the policy of a TOML text.

    Raises:
        PolicyError: it is not TOML, or names a rule, a field or a value that does not exist.
    """
    try:
        document = tomllib.loads(body)
    except tomllib.TOMLDecodeError as error:
        raise PolicyError([f"This is no TOML: {error}"]) from None
    lines: list[str] = []
    settings: dict[str, dict[str, Any]] = {}
    for rule, given in document.items():
        if rule not in RULES:
            lines.append(f"[{rule}] is no rule{_near(rule, RULES)}")
        elif not isinstance(given, dict):
            lines.append(f"{rule} must be a table: write [{rule}] on a line of its own, and its fields below")
        else:
            settings[rule] = _fields(rule, given, lines)
    if not lines:
        lines = [*_together(settings)]
    if lines:
        raise PolicyError(lines)
    return Policy(settings)


def _fields(rule: str, given: Mapping[str, Any], lines: list[str]) -> dict[str, Any]:
    made = {}
    for name, value in given.items():
        field = RULES[rule].fields.get(name)
        if field is None:
            lines.append(f"[{rule}] has no field {name}{_near(name, RULES[rule].fields)}")
            continue
        try:
            made[name] = field.make(value)
        except ValueError as error:
            lines.append(f"[{rule}] {name}: {error}")
    return made


def _together(settings: Mapping[str, Mapping[str, Any]]) -> list[str]:
    lines = []
    hours = settings.get("hours", {})
    if ("from" in hours) != ("to" in hours):
        lines.append("[hours] needs both from and to, or neither")
    if "launch_gate" in settings and "program" not in settings["launch_gate"]:
        lines.append('[launch_gate] needs its programme: program = "P-7"')
    for rule, fields in settings.items():
        both = sorted(fields.get("allowed", frozenset()) & fields.get("blocked", frozenset()))
        if both:
            lines.append(f"[{rule}] {both[0]} is both allowed and blocked")
    return lines


def _near(word: str, known: Mapping[str, object]) -> str:
    close = difflib.get_close_matches(word, list(known), n=1)
    if close:
        return f" (did you mean {close[0]}?)"
    return f"; there are {', '.join(known)}" if known else ": this rule has none"
