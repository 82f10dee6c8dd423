"""Slack's markup (mrkdwn), safe by type: what is not `Mrkdwn` is escaped before it meets markup.

Slack escapes only three characters (https://docs.slack.dev/messaging/formatting-message-text). Asterisks,
underscores, tildes, backticks and a leading `>` have no escape; invisible characters take their effect away.
"""

from __future__ import annotations

import re
from datetime import datetime, time
from typing import TYPE_CHECKING, Final, Literal

from bot.domain.role import GANTRY
from bot.text.bidi import isolated
from bot.text.catalogue import fill
from bot.text.kind import Mrkdwn
from bot.text.reader import bare_value, date, in_zone, joined, moment, zone_name, zone_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date as Date  # noqa: N812 - `date` is our function of that name
    from zoneinfo import ZoneInfo


# A sign opens a format when a space or punctuation stands before it and none after it. So it gets a word
# joiner before it (no space, no punctuation) and a zero-width no-break space after it (a space to Slack's
# clients): either alone takes the opening away, and without an opening nothing closes. Both are invisible,
# keep the line unbroken, have no direction, and leave the sign itself as it was for who copies it.
_BEFORE: Final = "\u2060"
_AFTER: Final = "\ufeff"
# A sign inside a word (a file name, an address) formats nothing and stays untouched; a backtick always does.
_SIGN: Final = re.compile(r"(?<![A-Za-z0-9])[*_~]|[*_~](?![A-Za-z0-9])|`")
_QUOTE: Final = re.compile(r"(?m)^([^\S\n]*\u2068*)(&gt;|\uff1e)")
_PERSON: Final = re.compile(r"[UW][A-Z0-9]+")
_CHANNEL: Final = re.compile(r"[CDG][A-Z0-9]+")
_SCHEMES: Final = ("https://", "http://", "slack://", "mailto:")


def escape(text: str) -> Mrkdwn:
    """What somebody typed, shown literally: no mention, no link, no format, no effect on its surroundings.

    Markup comes back unchanged. Emoji names (`:tada:`) stay: Slack's own inputs deliver emoji that way.
    """
    if isinstance(text, Mrkdwn):
        return text
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = _SIGN.sub(lambda found: f"{_BEFORE}{found[0]}{_AFTER}", _entities(isolated(text)))
    return Mrkdwn(_QUOTE.sub(rf"\1{_BEFORE}\2", text))


def mrkdwn(language: str, key: str, /, **values: object) -> Mrkdwn:
    """The text of that key as markup; values that are not markup are escaped.

    Numbers are written as the reader writes them; a date is given in words, a moment in the reader's zone.

    Raises:
        TextError: no such text, or a place of it has no value.
        TypeError: a value has no words.
    """
    return Mrkdwn(fill(language, key, values, words=_entities, value=lambda value: _marked(language, value)))


def person(user_id: str) -> Mrkdwn:
    """A mention; Slack shows the name each reader knows. What Gantry itself did has its name.

    Raises:
        ValueError: not a Slack user id.
    """
    if user_id == GANTRY:
        return Mrkdwn("Gantry")
    if not _PERSON.fullmatch(user_id):
        raise ValueError(f"not a Slack user id: {user_id!r}")
    return Mrkdwn(f"<@{user_id}>")


def channel(channel_id: str) -> Mrkdwn:
    """A channel's name as a link, for readers who may see it.

    Raises:
        ValueError: not a Slack channel id.
    """
    if not _CHANNEL.fullmatch(channel_id):
        raise ValueError(f"not a Slack channel id: {channel_id!r}")
    return Mrkdwn(f"<#{channel_id}>")


def link(url: str, label: str) -> Mrkdwn:
    """A link with words.

    Raises:
        ValueError: the address is not one that may be clicked (https, http, slack, mailto).
    """
    if not url.startswith(_SCHEMES):
        raise ValueError(f"not an address to click: {url!r}")
    for sign, code in ((" ", "%20"), ("|", "%7C"), ("<", "%3C"), (">", "%3E"), ("\n", "%0A")):
        url = url.replace(sign, code)
    return Mrkdwn(f"<{url.replace('&', '&amp;')}|{escape(' '.join(label.split()))}>")


def when(
    at: datetime,
    language: str,
    style: Literal["day", "moment"] = "moment",
    zone: ZoneInfo | str = "UTC",
) -> Mrkdwn:
    """A moment in each reader's own zone; who cannot see that reads it in `zone`, which is named.

    Style `day` gives the date that the moment has in `zone`, the same for readers up to eleven hours away: a
    deadline at the end of November 30 in New York is not "December 1" to a reader in Paris.

    Raises:
        ValueError: the time is naive, or the zone unknown.
    """
    local = in_zone(at, zone)
    if style == "day":
        noon = datetime.combine(local.date(), time(12), local.tzinfo)
        fallback = f"{date(language, local.date())} ({zone_name(local)})"
        return _stamp(noon, "{date_long}", fallback)
    form = {"en": "{date_long} at {time}", "fr": "{date_long} à {time}"}[language]
    return _stamp(local, form, moment(language, local, zone))


def day(on: Date, language: str, zone: ZoneInfo | str) -> Mrkdwn:
    """A date that is counted in a zone, as `when` shows it in style `day`."""
    return when(datetime.combine(on, time(12), zone_of(zone)), language, "day", zone)


def lines(*parts: str) -> Mrkdwn:
    """Parts under each other; what is not markup is escaped, empty parts are left out."""
    return Mrkdwn("\n".join(escape(part) for part in parts if part))


def listing(language: str, items: Iterable[str]) -> str:
    """Items in one phrase: "a, b and c", « a, b et c »; markup when one of the items is markup."""
    these = list(items)
    if any(isinstance(item, Mrkdwn) for item in these):
        return Mrkdwn(joined(language, [escape(item) for item in these]))
    return joined(language, these)


def strong(text: str) -> Mrkdwn:
    """Bold."""
    return Mrkdwn(f"*{escape(text)}*") if text.strip() else Mrkdwn("")


def _marked(language: str, value: object) -> str:
    if isinstance(value, str):
        return escape(value)
    if isinstance(value, datetime):
        return when(value, language)
    return bare_value(language, value)


def _entities(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _stamp(at: datetime, form: str, fallback: str) -> Mrkdwn:
    return Mrkdwn(f"<!date^{int(at.timestamp())}^{form}|{fallback}>")
