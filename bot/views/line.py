"""One line about one step: what it is, who acts, since when, until when."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from bot import text
from bot.text import Mrkdwn


def name(facts: Mapping[str, Any], user: str) -> Mrkdwn:
    """Return how somebody is called, without notifying them; an unknown name becomes a mention."""
    known = facts.get("names", {}).get(user)
    return text.escape(known) if known else text.person(user)


def standing(language: str, facts: Mapping[str, Any], user: str) -> Mrkdwn:
    """Return how somebody is called, and who acts for them while they are away or cannot be reached."""
    if not user:
        return text.mrkdwn(language, "line.none")
    who, absent = name(facts, user), facts.get("absent", {}).get(user)
    if not absent:
        return who
    deputy = name(facts, absent["deputy"]) if absent["deputy"] else Mrkdwn("")
    if not absent["until"]:
        return text.mrkdwn(language, "line.gone" if deputy else "line.gone_alone", who=who, deputy=deputy)
    date_ = text.date(language, date.fromisoformat(absent["until"]))
    key = "line.away" if deputy else "line.away_alone"
    return text.mrkdwn(language, key, who=who, date=date_, deputy=deputy)


def addressed(language: str, facts: Mapping[str, Any], user: str, told: set[str]) -> Mrkdwn:
    """Return a mention of who has to act now: somebody, or who stands in for them; each at most once.

    Who was mentioned joins `told`; those in it are named without a mention.
    """
    absent = facts.get("absent", {}).get(user)
    acting = absent["deputy"] if absent and absent["deputy"] else user
    if acting in told:
        shown = name(facts, acting)
    else:
        told.add(acting)
        shown = text.person(acting)
    if acting == user or not absent:
        return shown
    if not absent["until"]:
        return text.mrkdwn(language, "line.for_gone", deputy=shown, who=name(facts, user))
    until = text.date(language, date.fromisoformat(absent["until"]))
    return text.mrkdwn(language, "line.for_away", deputy=shown, who=name(facts, user), date=until)


def due(language: str, line: Mapping[str, Any]) -> Mrkdwn:
    """Return until when a step may take, or nothing."""
    if line.get("look_again_on") and line["state"] == "blocked":
        return text.mrkdwn(
            language, "line.look_again", date=text.date(language, date.fromisoformat(line["look_again_on"]))
        )
    if not line.get("due"):
        return Mrkdwn("")
    moment = datetime.fromisoformat(line["due"])
    shown = text.when(moment, language, style="day", zone=line["zone"])
    key = "line.aim" if line.get("aim") else "line.due_about" if line["about"] else "line.due"
    return text.mrkdwn(language, key, date=shown)


def since(language: str, line: Mapping[str, Any]) -> Mrkdwn:
    """Return since when a step is open, or nothing."""
    if not line.get("since"):
        return Mrkdwn("")
    shown = text.when(datetime.fromisoformat(line["since"]), language, style="day", zone=line["zone"])
    return text.mrkdwn(language, "line.since", date=shown)


def acting(language: str, facts: Mapping[str, Any], line: Mapping[str, Any]) -> Mrkdwn:
    """Return who has to act on a step."""
    if line["actor"] == "stripe":
        if not line["taken"]:
            return text.mrkdwn(language, "line.stripe")
        return text.mrkdwn(language, "line.stripe_followed", who=standing(language, facts, line["owner"]))
    if not line["taken"]:
        return text.mrkdwn(language, "line.nobody", lead=_instead(language, facts, line["owner"]))
    return standing(language, facts, line["owner"])


def _instead(language: str, facts: Mapping[str, Any], user: str) -> Mrkdwn:
    """Return who acts, within brackets: the board says until when where it names the lead."""
    absent = facts.get("absent", {}).get(user)
    if not absent:
        return name(facts, user)
    if not absent["deputy"]:
        return text.mrkdwn(language, "line.ask_admin", who=name(facts, user))
    return text.mrkdwn(language, "line.instead", deputy=name(facts, absent["deputy"]), who=name(facts, user))


def full(language: str, facts: Mapping[str, Any], line: Mapping[str, Any]) -> Mrkdwn:
    """Return the line of a board: title, who, since, until, and why it is blocked."""
    parts = [acting(language, facts, line), since(language, line), due(language, line)]
    said = Mrkdwn(" · ".join(part for part in parts if part))
    whole = text.mrkdwn(language, "line.step", title=line["title"], said=said)
    if line["state"] == "blocked" and line["note"]:
        whole = Mrkdwn(f"{whole}\n{text.mrkdwn(language, 'line.blocked', reason=short(line['note'], 140))}")
    return whole


def program(language: str, facts: Mapping[str, Any], one: Mapping[str, Any]) -> Mrkdwn:
    """Return the line of a list of programmes: name, state, progress, channel, lead."""
    return text.mrkdwn(
        language,
        "list.line",
        name=one["name"],
        ref=one["ref"],
        state=text.say(language, f"state.{one['state']}"),
        done=one["done"],
        total=one["total"],
        channel=text.channel(one["channel"]),
        lead=name(facts, one["lead"]),
    )


def titles(language: str, names: Sequence[str]) -> Mrkdwn:
    """Return names of steps in one phrase, set apart from the words around them: many are sentences."""
    return Mrkdwn(text.listing(language, [Mrkdwn(f"_{text.escape(name)}_") for name in names]))


def short(words: str, most: int) -> str:
    """Return the beginning of what somebody typed, on one line."""
    one = " ".join(words.split())
    return one if len(one) <= most else one[: most - 1].rstrip() + "…"
