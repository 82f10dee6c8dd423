"""Words by reader's language: catalogues, formats for the reader, and Slack markup that is safe."""

from bot.text.catalogue import LANGUAGES, Language, TextError, has, keys, language_of, load, places
from bot.text.kind import Mrkdwn
from bot.text.markup import (
    channel,
    day,
    escape,
    lines,
    link,
    listing,
    mrkdwn,
    person,
    strong,
    when,
)
from bot.text.reader import count, date, moment, money, number, percent, plain, say, territory, zone_name

__all__ = [
    "LANGUAGES",
    "Language",
    "Mrkdwn",
    "TextError",
    "channel",
    "count",
    "date",
    "day",
    "escape",
    "has",
    "keys",
    "language_of",
    "lines",
    "link",
    "listing",
    "load",
    "moment",
    "money",
    "mrkdwn",
    "number",
    "percent",
    "person",
    "places",
    "plain",
    "say",
    "strong",
    "territory",
    "when",
    "zone_name",
]
