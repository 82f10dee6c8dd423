"""Plain words, dates, amounts and lists as the reader writes them.

Nothing here is Slack markup: the results go into plain text objects. `bot.text.markup` has the other half.
"""

from __future__ import annotations

import re
from datetime import date as Date  # noqa: N812 - `date` is our function of that name
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from babel import Locale, dates, lists, numbers

from bot.text.bidi import isolated
from bot.text.catalogue import fill
from bot.text.kind import Mrkdwn

if TYPE_CHECKING:
    from collections.abc import Iterable


EXPONENT: Final[dict[str, int]] = dict.fromkeys(
    ("bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf"),
    0,
) | dict.fromkeys(("bhd", "jod", "kwd", "omr", "tnd"), 3)
"""Decimals of a currency in Stripe's API where they are not two.

Source: https://docs.stripe.com/currencies, "Zero-decimal", "Three-decimal" and "Special cases": ISK and UGX
have no decimals any more, but Stripe still takes and gives them with two, so they are not in this table.
"""

_LONGEST_AMOUNT: Final = 18

_MIXED: Final = "en_001"
"""English without the comma before "and", which a reader of either side of the ocean takes for correct."""


def say(language: str, key: str, /, **values: object) -> str:
    """The text of that key, in plain words; numbers and dates are written as the reader writes them.

    Raises:
        TextError: no such text, or a place of it has no value.
        TypeError: a value is Slack markup, which would be shown with its signs, or nothing for people.
    """
    return fill(language, key, values, words=str, value=lambda value: plain_value(language, value))


def plain(language: str, key: str, /, **values: object) -> str:
    """As `say`, on one line: for buttons, titles, options and labels."""
    return " ".join(say(language, key, **values).split("\n"))


def count(language: str, key: str, number: int, /, **values: object) -> str:
    """The plural text of that key for a number, for instance "3 steps"."""
    return say(language, key, count=number, **values)


def plain_value(language: str, value: object) -> str:
    """A value as plain words.

    Raises:
        TypeError: it is markup, or a type that has no one way to be written for people.
    """
    if isinstance(value, str):
        if isinstance(value, Mrkdwn):
            raise TypeError(f"plain words cannot hold the markup {value!r}")
        return isolated(value)
    return bare_value(language, value)


def bare_value(language: str, value: object) -> str:
    """A number, a date or a moment as the reader writes it (moments in UTC, which is named).

    Raises:
        TypeError: any other type; a boolean or None in a sentence is a mistake.
    """
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        return number(language, value)
    if isinstance(value, datetime):
        return moment(language, value, "UTC")
    if isinstance(value, Date):
        return date(language, value)
    raise TypeError(f"{type(value).__name__} has no words: {value!r}")


def date(language: str, day: Date) -> str:
    """A calendar date in full: "November 30, 2026", « 30 novembre 2026 », « 1er décembre 2026 »."""
    written = dates.format_date(day, "long", locale=language)
    return re.sub(r"^1 ", "1er ", written) if language == "fr" else written


def month(language: str, day: Date) -> str:
    """The month of a day with its year: "October 2026", « octobre 2026 »."""
    return dates.format_skeleton("yMMMM", day, locale=language)


def short_date(language: str, day: Date, *, year: bool = False) -> str:
    """A calendar date where there is little room: "Nov 30", « 30 nov. », with the year "Nov 30, 2026"."""
    written = dates.format_skeleton("yMMMd" if year else "MMMd", day, locale=language)
    return re.sub(r"^1 ", "1er ", written) if language == "fr" else written


def moment(language: str, at: datetime, zone: ZoneInfo | str) -> str:
    """A moment in a zone, which it names: "November 30, 2026 at 9:05 AM EST".

    Raises:
        ValueError: the time is naive, or the zone unknown.
    """
    local = in_zone(at, zone)
    at_word = {"en": "at", "fr": "à"}[language]
    return f"{date(language, local.date())} {at_word} {clock(language, local.time())} {zone_name(local)}"


def clock(language: str, at: time) -> str:
    """A time of day: "9:05 AM", « 09:05 »."""
    written = dates.format_time(at, "short", locale=language)
    # The thin no-break space of CLDR is missing in some phone fonts; the ordinary one is not.
    return written.replace("\u202f", "\u00a0")


def in_zone(at: datetime, zone: ZoneInfo | str) -> datetime:
    """An aware time, seen from a zone.

    Raises:
        ValueError: the time is naive, or the zone unknown.
    """
    if at.tzinfo is None:
        raise ValueError(f"{at} has no zone")
    return at.astimezone(zone_of(zone))


def zone_of(zone: ZoneInfo | str) -> ZoneInfo:
    """A zone by its name.

    Raises:
        ValueError: no such zone.
    """
    try:
        return ZoneInfo(zone) if isinstance(zone, str) else zone
    except (KeyError, OSError) as error:
        raise ValueError(f"unknown zone {zone!r}") from error


def zone_name(local: datetime) -> str:
    """The zone's short name where it has one (EST, CET), else its distance: "UTC+04:00"."""
    name = local.tzname() or ""
    if re.fullmatch(r"[A-Z]{2,5}", name):
        return name
    minutes = int((local.utcoffset() or timedelta()).total_seconds()) // 60
    return f"UTC{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


def territory(language: str, country: str) -> str:
    """The name of a country, given as `FR` or `GB-ENG`; one that has no name is shown as it is."""
    return str(Locale.parse(language).territories.get(country.partition("-")[0], country))


def money(language: str, amount_minor: int, currency: str) -> str:
    """An amount in minor units with its currency: 1234 and "eur" give "€12.34", « 12,34 € »."""
    exponent = EXPONENT.get(currency.lower(), 2)
    value = Decimal(amount_minor).scaleb(-exponent)
    # Unrounded: what Stripe counts is what people read, also where CLDR would drop the decimals.
    written = numbers.format_currency(value, currency.upper(), locale=language, decimal_quantization=False)
    # Babel leaves out CLDR's space between a currency of letters and its digits: "KWD5".
    return re.sub(r"(?<=[A-Z])(?=\d)", "\u00a0", written)


def bare_amount(amount_minor: int, currency: str) -> str:
    """An amount in minor units without its currency, as a form proposes it: 1234 and "eur" give "12.34"."""
    return f"{Decimal(amount_minor).scaleb(-EXPONENT.get(currency.lower(), 2)):f}"


def minor_units(typed: str, currency: str) -> int | None:
    """What somebody typed as an amount, in minor units; None when it is none, or has too many decimals.

    Both decimal signs are taken; the last one followed by at most two digits (three where the currency has
    three decimals) is the decimal sign, all before it are separators.
    """
    exponent = EXPONENT.get(currency.lower(), 2)
    bare = re.sub(r"[\s\u00a0\u202f'\u2019]", "", typed)
    match = re.fullmatch(rf"(\d{{1,3}}(?:[.,]\d{{3}})+|\d+)(?:[.,](\d{{0,{exponent}}}))?", bare)
    if match is None or len(bare) > _LONGEST_AMOUNT or (not exponent and match[2] is not None):
        return None
    whole = re.sub(r"[.,]", "", match[1])
    return int(whole + (match[2] or "").ljust(exponent, "0"))


def number(language: str, value: float | Decimal) -> str:
    """A number with the reader's separators."""
    return numbers.format_decimal(value, locale=language, decimal_quantization=False)


def percent(language: str, share: float | Decimal, digits: int = 0) -> str:
    """A share as a percentage: 0.125 with one digit gives "12.5%", « 12,5 % »."""
    pattern = Locale.parse(language).percent_formats[None].pattern
    places = "." + "0" * digits if digits else ""
    return numbers.format_percent(share, format=pattern.replace("0", "0" + places, 1), locale=language)


def joined(language: str, items: Iterable[str]) -> str:
    """Items in one phrase: "a, b and c", « a, b et c »; nothing gives an empty text."""
    return lists.format_list(list(items), locale={"en": _MIXED, "fr": "fr"}[language])
