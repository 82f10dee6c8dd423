"""The Home tab: who you are, your open steps, whether you are away, and every programme."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from bot import text
from bot.text import Mrkdwn
from bot.views import block, line
from bot.views.block import Json
from bot.views.help_page import starters

MOST_MINE: Final = 15
MOST_PROGRAMS: Final = 40
Facts = Mapping[str, Any]


def home(language: str, facts: Facts) -> Json:
    """Return the Home tab."""
    who = text.mrkdwn(
        language,
        "home.you",
        name=line.name(facts, facts["user"]),
        role=text.say(language, f"role.{facts['role']}"),
    )
    blocks = [
        block.header(text.say(language, "home.title")),
        block.section(text.mrkdwn(language, "help.title")),
        block.context(who),
    ]
    if facts["sees"]:
        blocks += [*_away(language, facts), *_mine(language, facts)]
    if facts["programs"]:
        blocks += [block.divider(), block.section(text.mrkdwn(language, "home.programs"))]
    for program in facts["programs"][:MOST_PROGRAMS]:
        number = str(program["id"])
        words = line.program(language, facts, program)
        steps = block.button(text.say(language, "board.all"), f"program.steps:{number}", number)
        blocks.append(block.section(words, accessory=steps))
    blocks += [block.divider(), starters(language), block.context(text.mrkdwn(language, "help.mention"))]
    return block.home(blocks)


def span(language: str, key: str, facts: Facts, one: Mapping[str, Any]) -> Mrkdwn:
    """Return from when to when somebody is away, and who stands in."""
    return text.mrkdwn(
        language,
        key,
        start=text.date(language, date.fromisoformat(one["starts_on"])),
        end=text.date(language, date.fromisoformat(one["ends_on"])),
        who=line.name(facts, one["user"]),
        deputy=line.name(facts, one["deputy"]),
    )


def _away(language: str, facts: Facts) -> list[Json]:
    said = [span(language, f"home.away_{one['state']}", facts, one) for one in facts["away"]]
    said += [span(language, "home.stands_in", facts, one) for one in facts["for"][:MOST_MINE]]
    buttons = [
        block.button(text.say(language, "button.away_change" if facts["away"] else "button.away"), "away.set")
    ]
    if facts["away"]:
        buttons.append(block.button(text.say(language, "button.back"), "away.back"))
    return [*([block.section(Mrkdwn("\n".join(said)))] if said else []), block.actions(*buttons)]


def _mine(language: str, facts: Facts) -> list[Json]:
    mine = facts["mine"]
    if not mine:
        return [block.section(text.mrkdwn(language, "home.nothing"))]
    blocks: list[Json] = [block.section(text.mrkdwn(language, "home.mine", count=len(mine)))]
    for one in mine[:MOST_MINE]:
        parts = [
            text.escape(one["program"]["name"]),
            line.due(language, one),
            text.mrkdwn(language, "home.for", who=line.name(facts, one["owner"]))
            if one["owner"] != facts["user"]
            else Mrkdwn(""),
        ]
        words = text.mrkdwn(
            language,
            "home.step",
            title=one["title"],
            state=text.say(language, f"stepstate.{one['state']}"),
            said=Mrkdwn(" · ".join(part for part in parts if part)),
        )
        button = block.button(
            text.say(language, "button.open"),
            f"step.open:{one['id']}",
            str(one["id"]),
            accessibility_label=text.say(language, "button.show_label", name=line.short(one["title"], 40)),
        )
        blocks.append(block.section(words, accessory=button))
    if len(mine) > MOST_MINE:
        blocks.append(block.context(text.mrkdwn(language, "notice.more", count=len(mine) - MOST_MINE)))
    return blocks


RENDERERS: Final = {"home": home}
