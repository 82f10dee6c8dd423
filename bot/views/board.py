"""The board of a programme: the one message that always shows where it stands."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from bot import text
from bot.text import Mrkdwn
from bot.views import block, form, line, outcome
from bot.views.block import Json

MOST_SHOWN: Final = 10
MOST_CHARACTERS: Final = 2500  # of one list: three of them and the rest fit into a message
BAR: Final = 12
Facts = Mapping[str, Any]


def board(language: str, facts: Facts) -> Json:
    """Return the board: name, progress of each part, who acts now, whom we wait for, and what comes next."""
    ours = [step for step in facts["steps"] if step["actor"] == "us" and step["state"] == "open"]
    theirs = [step for step in facts["steps"] if step["actor"] == "stripe" and step["state"] == "open"]
    blocked = [step for step in facts["steps"] if step["state"] == "blocked"]
    blocks = [
        block.header(text.say(language, "board.title", name=facts["name"], ref=facts["ref"])),
        block.context(_about(language, facts)),
        *_state(language, facts),
        block.section(Mrkdwn("\n".join(_part(language, part) for part in facts["parts"]))),
    ]
    for key, steps in (("board.ours", ours), ("board.stripe", theirs), ("board.blocked", blocked)):
        blocks.extend(_list(language, facts, key, steps))
    if facts["after"] and facts["state"] == "active":
        listed = line.titles(language, facts["after"])
        more = facts["waiting"] - len(facts["after"])
        key = "board.after_more" if more > 0 else "board.after"
        blocks.append(block.context(text.mrkdwn(language, key, steps=listed, count=more)))
    if facts["duties"]:
        blocks.append(block.context(_duties(language, facts)))
    if facts.get("previous"):
        earlier = text.link(facts["previous"], text.say(language, "board.earlier"))
        blocks.append(block.context(text.mrkdwn(language, "board.moved", link=earlier)))
    if facts["state"] in {"active", "paused", "launched", "canceled"}:
        blocks.append(_actions(language, facts, [*ours, *theirs, *blocked]))
    return block.message(_spoken(language, facts, ours, theirs, blocked), blocks)


def _about(language: str, facts: Facts) -> Mrkdwn:
    products = text.listing(
        language, [text.say(language, f"product.{product}") for product in facts["products"]]
    )
    return text.mrkdwn(
        language,
        "board.about",
        variant=text.say(language, f"variant.{facts['variant']}"),
        region=text.say(language, f"region.{facts['region']}"),
        products=products,
        date=text.date(language, date.fromisoformat(facts["target_on"])),
        lead=line.standing(language, facts, facts["lead"]),
    )


def _state(language: str, facts: Facts) -> list[Json]:
    said: list[Mrkdwn] = []
    state = facts["state"]
    if state in {"paused", "canceled"}:
        said.append(text.mrkdwn(language, f"board.{state}", reason=line.short(facts["reason"], 200)))
    elif state == "launched" and facts["launched_at"]:
        said.append(text.mrkdwn(language, "board.launched", date=_day(language, facts, "launched_at")))
    if facts["live_at"]:
        listed = outcome.capabilities(language, facts["capabilities"])
        key = "board.live_limited" if listed else "board.live"
        said.append(text.mrkdwn(language, key, date=_day(language, facts, "live_at"), listed=listed))
    elif state in {"active", "paused"}:
        said.append(text.mrkdwn(language, "board.test"))
    if facts["unapproved"]:
        listed = outcome.capabilities(language, facts["unapproved"])
        said.append(text.mrkdwn(language, "board.unapproved", listed=listed))
    return [block.section(Mrkdwn("\n".join(said)))] if said else []


def _day(language: str, facts: Facts, name: str) -> Mrkdwn:
    moment = datetime.fromisoformat(facts[name])
    return text.when(moment, language, style="day", zone=facts["zone"])


def _part(language: str, part: Mapping[str, Any]) -> Mrkdwn:
    full = round(BAR * part["done"] / part["total"])
    bar = Mrkdwn("▰" * full + "▱" * (BAR - full))
    return text.mrkdwn(
        language, "board.part", bar=bar, title=part["title"], done=part["done"], total=part["total"]
    )


def _list(language: str, facts: Facts, key: str, steps: Sequence[Mapping[str, Any]]) -> list[Json]:
    if not steps:
        return []
    shown: list[Mrkdwn] = []
    for step in steps[:MOST_SHOWN]:
        words = line.full(language, facts, step)
        if shown and sum(map(len, shown)) + len(words) > MOST_CHARACTERS:
            break
        shown.append(words)
    if len(steps) > len(shown):
        shown.append(text.mrkdwn(language, "notice.more", count=len(steps) - len(shown)))
    title = text.mrkdwn(language, key)
    return [block.section(Mrkdwn("\n".join([title, *shown])))]


def _duties(language: str, facts: Facts) -> Mrkdwn:
    said = [
        text.mrkdwn(
            language,
            "board.duty",
            title=duty["title"],
            owner=line.standing(language, facts, duty["owner"]),
            deputy=line.name(facts, duty["deputy"]) if duty["deputy"] else text.mrkdwn(language, "line.none"),
        )
        for duty in facts["duties"]
    ]
    for number, duty in enumerate(facts["duties"]):
        if duty.get("next_due"):
            due = text.date(language, date.fromisoformat(duty["next_due"]))
            said[number] = Mrkdwn(f"{said[number]} · {text.mrkdwn(language, 'line.due', date=due)}")
    return Mrkdwn("\n".join(said))


def _actions(language: str, facts: Facts, steps: Sequence[Mapping[str, Any]]) -> Json:
    number = str(facts["id"])
    elements = []
    if steps and facts["state"] != "canceled":
        options = [form.option(line.short(step["title"], 70), str(step["id"])) for step in steps[:100]]
        elements.append(
            form.select(f"step.open:{number}", options, placeholder=text.say(language, "board.open_step"))
        )
    elements.append(block.button(text.say(language, "board.all"), f"program.steps:{number}", number))
    elements.append(block.button(text.say(language, "board.approvals"), f"approval.show:{number}", number))
    if facts["state"] in {"active", "launched"}:
        elements.append(block.button(text.say(language, "button.next"), f"reminder.next:{number}", number))
    if facts["state"] == "launched" and facts["duties"]:
        elements.append(block.button(text.say(language, "board.duties"), f"duty.page:{number}", number))
    elements.append(block.button(text.say(language, "board.people"), f"program.people:{number}", number))
    if facts["state"] != "canceled":
        elements.append(block.button(text.say(language, "board.edit"), f"program.edit:{number}", number))
    if facts["state"] == "canceled":
        elements.append(block.button(text.say(language, "button.reopen"), f"program.reopen:{number}", number))
    if facts["state"] == "paused":
        elements.append(block.button(text.say(language, "button.resume"), f"program.resume:{number}", number))
    return block.actions(*elements)


def _spoken(
    language: str,
    facts: Facts,
    ours: Sequence[Mapping[str, Any]],
    theirs: Sequence[Mapping[str, Any]],
    blocked: Sequence[Mapping[str, Any]],
) -> Mrkdwn:
    """Return the board in words: who, what, state, deadline, next step."""
    done = sum(part["done"] for part in facts["parts"])
    total = sum(part["total"] for part in facts["parts"])
    said = [
        text.mrkdwn(
            language,
            "board.spoken",
            name=facts["name"],
            ref=facts["ref"],
            state=text.say(language, f"state.{facts['state']}"),
            done=done,
            total=total,
        )
    ]
    if facts["lead"] in facts.get("absent", {}):
        said.append(text.mrkdwn(language, "board.lead", lead=line.standing(language, facts, facts["lead"])))
    for key, steps in (("board.ours", ours), ("board.stripe", theirs), ("board.blocked", blocked)):
        if steps:
            said.append(text.mrkdwn(language, key))
            said.extend(line.full(language, facts, step) for step in steps[:MOST_SHOWN])
    return Mrkdwn("\n".join(said))


RENDERERS: Final = {"program": board}
