"""The forecast of a programme: its page, the private answer, and the words beside its picture."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from bot import text
from bot.domain.forecast import AIMS, FEWEST_STEPS
from bot.text import Mrkdwn
from bot.views import block, form, line
from bot.views.block import Json

MOST_LINKS: Final = 8
"""More rows make a picture that a phone shows too small."""

MOST_BESIDE: Final = 4
"""Beside a picture, which shows them all, the words stay short."""

ALT_MOST: Final = 1000
"""What we say of an image; Slack names no limit for `alt_txt`, screen readers have one."""

Facts = Mapping[str, Any]


def answer(language: str, facts: Facts) -> Json:
    """Return the forecast as a private answer, with the buttons that ask for its picture."""
    words = _words(language, facts)
    return block.message(Mrkdwn("\n".join(words)), [*_blocks(words), *_actions(language, facts)])


def page(language: str, facts: Facts, drawing: str = "") -> Json:
    """Return the forecast as a page; `drawing` (thread · me) says where its picture will appear."""
    blocks = _blocks(_words(language, facts))
    if drawing:
        blocks.append(block.context(_drawing(language, facts, drawing)))
    else:
        blocks += _actions(language, facts)
    return form.modal(
        text.say(language, "forecast.title"),
        blocks,
        callback_id="forecast.page",
        close=text.say(language, "form.close"),
    )


def drawing(language: str, facts: Facts) -> Json:
    """Return that a picture is being drawn, and where it will appear."""
    words = _drawing(language, facts, facts["where"])
    return block.message(words, [block.section(words)])


def picture(language: str, facts: Facts) -> Json:
    """Return what is said beside the picture: who asked, and its numbers."""
    words = _words(language, facts, MOST_BESIDE)
    if not facts["private"]:
        words.append(text.mrkdwn(language, "forecast.asked", who=line.name(facts, facts["actor"])))
    return block.message(Mrkdwn("\n".join(words)), _blocks(words))


def alt(language: str, facts: Facts) -> str:
    """Return what the picture shows, in plain words, for who cannot see it."""
    if facts["standing"] == "launched":
        on, target = (_date(language, facts[name]) for name in ("launched_on", "target_on"))
        dates = text.say(language, "forecast.alt_launched", date=on, target=target)
    else:
        dates = text.say(
            language,
            "forecast.alt_dates",
            earliest=_date(language, facts["earliest"]),
            soon=_date(language, facts["soon"]),
            late=_date(language, facts["late"]),
            target=_date(language, facts["target_on"]),
            steps=text.listing(
                language,
                [
                    text.say(
                        language,
                        "forecast.alt_link",
                        title=line.short(link["title"], 60),
                        date=short(language, facts, link["ends"]),
                    )
                    for link in worth_showing(facts["likely_chain"])
                ],
            ),
        )
    said = text.say(
        language,
        "forecast.alt",
        name=line.short(facts["name"], 80),
        ref=facts["ref"],
        done=facts["done"],
        total=facts["total"],
        dates=dates,
    )
    return line.short(said, ALT_MOST)


def worth_showing(chain: Sequence[Mapping[str, Any]], most: int = MOST_LINKS) -> list[Mapping[str, Any]]:
    """Return the links of a chain that take a day or more, in order; of too many, the longest."""
    long = [link for link in chain if link["days"] > 0]
    if len(long) > most:
        kept = sorted(long, key=lambda link: -link["days"])[:most]
        long = [link for link in long if link in kept]
    return long or list(chain[-1:])


def _words(language: str, facts: Facts, most: int = MOST_LINKS) -> list[Mrkdwn]:
    said = [
        text.mrkdwn(
            language,
            "forecast.head",
            name=line.short(facts["name"], 100),
            ref=facts["ref"],
            done=facts["done"],
            total=facts["total"],
        )
    ]
    if facts["state"] == "canceled":
        return [*said, text.mrkdwn(language, "forecast.canceled")]
    if facts["standing"] == "launched":
        return [*said, _launched(language, facts)]
    if facts["state"] == "paused":
        said.append(text.mrkdwn(language, "forecast.paused"))
    said += [_earliest(language, facts), _likely(language, facts), _target(language, facts)]
    unknown = list(dict.fromkeys(one["title"] for one in facts["chain"] if one["reason"] == "unknown"))
    if unknown:
        said.append(
            text.mrkdwn(
                language, "forecast.unknown", count=len(unknown), titles=line.titles(language, unknown)
            )
        )
    return [*said, _chain(language, facts, most)]


def _earliest(language: str, facts: Facts) -> Mrkdwn:
    waits = [one for one in facts["chain"] if one["reason"] in {"clock", "date", "overdue", "blocked"}]
    longest = max(waits, key=lambda one: one["days"], default=None)
    if longest is None or not longest["days"]:
        why = text.mrkdwn(language, "forecast.earliest_ours")
    else:
        key = "forecast.earliest_blocked" if longest["reason"] == "blocked" else "forecast.earliest_wait"
        why = text.mrkdwn(language, key, title=longest["title"], date=_date(language, longest["ends"]))
    return text.mrkdwn(language, "forecast.earliest", date=_date(language, facts["earliest"]), why=why)


def _likely(language: str, facts: Facts) -> Mrkdwn:
    pace = facts["pace"]
    if pace["own"]:
        soon, late = (text.percent(language, pace[name]) for name in ("soon", "late"))
        why = text.mrkdwn(language, "forecast.pace_own", count=pace["steps"], soon=soon, late=late)
    else:
        part = text.percent(language, AIMS[1] - 1)
        why = text.mrkdwn(language, "forecast.pace_aims", count=FEWEST_STEPS, share=part)
    soon, late = _date(language, facts["soon"]), _date(language, facts["late"])
    if soon == late:
        return text.mrkdwn(language, "forecast.likely_day", date=soon, why=why)
    return text.mrkdwn(language, "forecast.likely", soon=soon, late=late, why=why)


def _target(language: str, facts: Facts) -> Mrkdwn:
    target = _date(language, facts["target_on"])
    return text.mrkdwn(language, f"forecast.{facts['standing']}", date=target, count=days_off(facts))


def days_off(facts: Facts) -> int:
    """Return the days to spare or missed that belong to where a programme stands against its target.

    In time: what is left at the slower pace. Tight: missed at the slower. Late: missed at the quicker.
    Impossible: missed by the earliest day.
    """
    earliest, soon, late = facts["slack"]
    missed = {"tight": late, "late": soon, "impossible": earliest}
    return abs(int(missed.get(facts["standing"], late)))


def _launched(language: str, facts: Facts) -> Mrkdwn:
    days = facts["slack"][0]
    key = "forecast.launched_before" if days >= 0 else "forecast.launched_after"
    on, target = (_date(language, facts[name]) for name in ("launched_on", "target_on"))
    return text.mrkdwn(language, key, date=on, target=target, count=abs(days))


def _chain(language: str, facts: Facts, most: int) -> Mrkdwn:
    shown = worth_showing(facts["likely_chain"], most)
    said = [text.mrkdwn(language, "forecast.chain")]
    for link in shown:
        days = span(language, facts, link["begins"], link["ends"])
        said.append(
            text.mrkdwn(
                language,
                "forecast.link",
                title=link["title"],
                who=text.say(language, "line.stripe" if link["actor"] == "stripe" else "forecast.us"),
                days=days,
                why=text.say(language, f"forecast.reason.{link['reason']}"),
            )
        )
    left = len(facts["likely_chain"]) - len(shown)
    if left:
        said.append(text.mrkdwn(language, "forecast.more", count=left))
    return Mrkdwn("\n".join(said))


def _blocks(words: Sequence[Mrkdwn]) -> list[Json]:
    return [block.section(said) for said in words]


def _actions(language: str, facts: Facts) -> list[Json]:
    if facts["state"] == "canceled":
        return []
    number = str(facts["id"])
    return [
        block.actions(
            block.button(text.say(language, "button.forecast_thread"), f"forecast.thread:{number}", number),
            block.button(text.say(language, "button.forecast_me"), f"forecast.me:{number}", number),
        )
    ]


def _drawing(language: str, facts: Facts, where: str) -> Mrkdwn:
    name = line.short(facts["name"], 100)
    return text.mrkdwn(language, f"forecast.drawing_{where}", name=name, ref=facts["ref"])


def _date(language: str, day: str) -> str:
    return text.date(language, date.fromisoformat(day))


def short(language: str, facts: Facts, day: str) -> str:
    """Return a date where there is little room; with its year where that is not this one."""
    on = date.fromisoformat(day)
    return text.short_date(language, on, year=on.year != date.fromisoformat(facts["today"]).year)


def span(language: str, facts: Facts, begins: str, ends: str) -> str:
    """Return two dates where there is little room; the same year once, the same day once."""
    first, last = date.fromisoformat(begins), date.fromisoformat(ends)
    ending = short(language, facts, ends)
    if first == last:
        return ending
    begin = text.short_date(language, first) if first.year == last.year else short(language, facts, begins)
    return text.say(language, "forecast.days", begins=begin, ends=ending)


RENDERERS: Final = {
    "forecast": answer,
    "forecast.drawing": drawing,
    "forecast.picture": picture,
}
