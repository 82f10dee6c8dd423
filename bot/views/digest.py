"""The weekly digest of a manager in words, and what is said when a picture does not arrive."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from bot import text
from bot.text import Mrkdwn
from bot.views import block, complaint_report, dispute_list, forecast, line, policy
from bot.views.block import Json

MOST_LINES: Final = 10
MOST_ASLEEP: Final = 5
MOST_ALT: Final = 20
Facts = Mapping[str, Any]

_SHORT: Final[Mapping[str, str]] = {"impossible": "late"}
"""Where little is said, a target that cannot be met is one that is missed."""


def picture(language: str, facts: Facts) -> Json:
    """Return the digest: totals, the ten programmes that need attention first, and how to turn it off."""
    words = _words(language, facts)
    return block.message(Mrkdwn("\n".join(words)), [block.section(said) for said in words])


def alt(language: str, facts: Facts) -> str:
    """Return what the picture of the digest shows, in plain words."""
    listed = [
        text.say(
            language,
            "digest.alt_program",
            name=line.short(one["name"], 40),
            done=one["done"],
            total=one["total"],
            standing=standing(language, one),
        )
        for one in facts["programs"][:MOST_ALT]
    ]
    said = text.say(language, "digest.alt", programs=" · ".join(listed))
    return line.short(said, forecast.ALT_MOST)


def standing(language: str, one: Facts) -> str:
    """Return in few words how a programme stands against its target."""
    if one["state"] == "paused":
        return text.say(language, "chart.paused")
    name = _SHORT.get(one["standing"], one["standing"])
    return text.say(language, f"chart.{name}", count=forecast.days_off(one))


def failed(language: str, facts: Facts) -> Json:
    """Return that a picture did not arrive and why, its numbers all the same, and a second try."""
    code, _, scope = facts["code"].partition(" ")
    kind = "bug" if code.startswith("bug:") else code
    key = f"picture.error.{kind}" if text.has(f"picture.error.{kind}") else "picture.error.other"
    why = text.mrkdwn(language, key, code=facts["code"], scope=scope)
    shown = facts["shown"]
    to_thread = facts["kind"] == "program" and not shown["private"]
    words = text.mrkdwn(language, "picture.failed_thread" if to_thread else "picture.failed", why=why)
    numbers = _numbers(facts["kind"])(language, shown)
    number = str(facts["picture"])
    again = block.button(text.say(language, "button.again"), f"picture.again:{number}", number)
    return block.message(
        Mrkdwn(f"{words}\n{numbers['text']}"), [block.section(words, accessory=again), *numbers["blocks"]]
    )


def _numbers(kind: str) -> Callable[[str, Facts], Json]:
    found = {
        "digest": picture,
        "policy": policy.picture,
        "disputes": dispute_list.picture,
        "complaints": complaint_report.picture,
    }
    return found.get(kind, forecast.picture)


def tried(language: str, _facts: Facts) -> Json:
    """Return that a picture is drawn once more."""
    words = text.mrkdwn(language, "picture.tried")
    return block.message(words, [block.section(words)])


def _words(language: str, facts: Facts) -> list[Mrkdwn]:
    programs: Sequence[Facts] = facts["programs"]
    said = [
        text.mrkdwn(language, "digest.title", count=len(programs)),
        _totals(language, programs),
        Mrkdwn("\n".join(_program(language, facts, one) for one in programs[:MOST_LINES])),
    ]
    if len(programs) > MOST_LINES:
        said.append(_more(language, programs[MOST_LINES:]))
    if facts["asleep"]:
        said.append(_asleep(language, facts))
    return [*said, _settings(language, facts)]


def _totals(language: str, programs: Sequence[Facts]) -> Mrkdwn:
    ours, stripes = (sum(one[name] for one in programs) for name in ("late_ours", "late_stripe"))
    if ours + stripes:
        overdue = text.mrkdwn(language, "digest.overdue", count=ours + stripes, ours=ours, stripe=stripes)
    else:
        overdue = text.mrkdwn(language, "digest.nothing_overdue")
    return text.mrkdwn(
        language,
        "digest.totals",
        done=sum(one["done"] for one in programs),
        total=sum(one["total"] for one in programs),
        week=sum(one["week"] for one in programs),
        overdue=overdue,
    )


def _program(language: str, facts: Facts, one: Facts) -> Mrkdwn:
    parts = [text.mrkdwn(language, "digest.progress", done=one["done"], total=one["total"])]
    if one["state"] == "paused":
        parts.append(text.mrkdwn(language, "digest.paused"))
    if one["week"]:
        parts.append(text.mrkdwn(language, "digest.week", count=one["week"]))
    parts += [
        text.mrkdwn(language, f"digest.{name}", count=one[name])
        for name in ("late_ours", "late_stripe")
        if one[name]
    ]
    if one["next"]:
        due = forecast.short(language, facts, one["next"]["due_on"])
        parts.append(
            text.mrkdwn(language, "digest.next", title=line.short(one["next"]["title"], 60), date=due)
        )
    parts.append(
        text.mrkdwn(
            language,
            "digest.likely",
            days=forecast.span(language, facts, one["soon"], one["late"]),
            target=forecast.short(language, facts, one["target_on"]),
            standing=standing(language, one),
        )
    )
    name = line.short(one["name"], 60)
    return text.mrkdwn(
        language,
        "digest.program",
        name=text.link(one["link"], name) if one["link"] else name,
        ref=one["ref"],
        said=Mrkdwn(" · ".join(parts)),
    )


def _more(language: str, rest: Sequence[Facts]) -> Mrkdwn:
    counted = {"early": 0, "tight": 0, "late": 0}
    for one in rest:
        counted[_SHORT.get(one["standing"], one["standing"])] += 1
    said = [
        text.say(language, f"digest.count_{name}", count=number) for name, number in counted.items() if number
    ]
    return text.mrkdwn(language, "digest.more", count=len(rest), standings=text.listing(language, said))


def _asleep(language: str, facts: Facts) -> Mrkdwn:
    listed = [
        text.say(
            language,
            "digest.asleep_one",
            title=line.short(one["title"], 60),
            ref=one["ref"],
            date=forecast.short(language, facts, one["until"]),
        )
        for one in facts["asleep"][:MOST_ASLEEP]
    ]
    more = len(facts["asleep"]) - len(listed)
    ending = f" · +{more}" if more else ""
    return text.mrkdwn(
        language, "digest.asleep", count=len(facts["asleep"]), listed=" · ".join(listed) + ending
    )


def _settings(language: str, facts: Facts) -> Mrkdwn:
    if not facts["home"]:
        return text.mrkdwn(language, "digest.settings_home")
    link = text.link(facts["home"], text.say(language, "digest.change"))
    return text.mrkdwn(language, "digest.settings", link=link)


RENDERERS: Final = {
    "digest.picture": picture,
    "picture.failed": failed,
    "picture.tried": tried,
}
