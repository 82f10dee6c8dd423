"""The list of disputes, and win rate and money at stake in words: beside the picture, and when it fails."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from bot import text
from bot.text import Mrkdwn
from bot.views import block, dispute, line
from bot.views.block import Json

MOST_FIGURES: Final = 12
ALT_MOST: Final = 1000
Facts = Mapping[str, Any]


def listed(language: str, facts: Facts) -> Json:
    """Return the list: each dispute with its state and its last day, and a button to look at it."""
    if not facts["rows"]:
        words = text.mrkdwn(language, "dispute_list.none")
        new = block.button(text.say(language, "dispute_button.new"), "dispute.search", "")
        return block.message(words, [block.section(words), block.actions(new)])
    first = text.mrkdwn(language, "dispute_list.title", count=facts["count"])
    said, blocks = [first], [block.section(first)]
    for row in facts["rows"]:
        words = _line(language, row)
        said.append(words)
        show = block.button(
            text.say(language, "button.open"),
            f"dispute.show:{row['id']}",
            str(row["id"]),
            accessibility_label=text.say(language, "dispute_list.open_label", ref=row["ref"]),
        )
        blocks.append(block.section(words, accessory=show))
    if facts["more"]:
        blocks.append(block.context(text.mrkdwn(language, "dispute_list.more", count=facts["more"])))
    drawn = block.button(text.say(language, "dispute_button.picture"), "dispute.picture", "")
    new = block.button(text.say(language, "dispute_button.new"), "dispute.search", "")
    blocks.append(block.actions(new, drawn))
    return block.message(text.lines(*said), blocks)


def _line(language: str, row: Facts) -> Mrkdwn:
    words = dispute.title(language, row)
    state = text.say(language, f"dispute_short.{row['state']}")
    parts = [
        words,
        text.mrkdwn(language, "dispute_list.line", state=state, reason=dispute.reason(language, row)),
    ]
    if row["due_on"]:
        due = text.date(language, date.fromisoformat(row["due_on"]))
        parts.append(text.mrkdwn(language, "dispute.due", date=due))
    if row["task"]:
        parts.append(text.mrkdwn(language, f"dispute_task.{row['task']}_open", who=""))
    return text.lines(*parts)


def picture(language: str, facts: Facts) -> Json:
    """Return win rate and money at stake by reason, in words."""
    words = [text.mrkdwn(language, "dispute_figures.title"), *_figures(language, facts)]
    return block.message(text.lines(*words), [block.section(text.lines(*words))])


def _figures(language: str, facts: Facts) -> list[Mrkdwn]:
    found = [
        text.mrkdwn(
            language,
            "dispute_figures.line",
            reason=named(language, one),
            stake=text.money(language, one["stake"], one["currency"]),
            open=one["open"],
            won=one["won"],
            lost=one["lost"],
            expired=one["expired"],
            rate=rate(language, one),
        )
        for one in facts["figures"][:MOST_FIGURES]
    ]
    if len(facts["figures"]) > MOST_FIGURES:
        rest = len(facts["figures"]) - MOST_FIGURES
        found.append(text.mrkdwn(language, "notice.more", count=rest))
    return found


def named(language: str, one: Facts) -> str:
    """Return the reason of a figure, with its mode where it is a test."""
    words = dispute.reason(language, one)
    return words if one["livemode"] else text.say(language, "dispute_figures.test", reason=words)


def rate(language: str, one: Facts) -> str:
    """Return the share that was won of what was won or lost."""
    decided = one["won"] + one["lost"]
    if not decided:
        return text.say(language, "dispute_figures.no_rate")
    return text.say(language, "dispute_figures.rate", share=text.percent(language, one["won"] / decided))


def alt(language: str, facts: Facts) -> str:
    """Return what the picture shows, in plain words."""
    parts = [
        text.say(
            language,
            "dispute_figures.alt",
            reason=named(language, one),
            stake=text.money(language, one["stake"], one["currency"]),
            rate=rate(language, one),
        )
        for one in facts["figures"][:MOST_FIGURES]
    ]
    return line.short(" · ".join(parts), ALT_MOST)


def ordered(language: str, facts: Facts) -> Json:
    """Return that a picture is on its way, or that there is nothing to draw."""
    key = "dispute_figures.coming" if facts["coming"] else "dispute_list.none"
    words = text.mrkdwn(language, key)
    return block.message(words, [block.section(words)])


RENDERERS: Final = {
    "dispute.list": listed,
    "dispute.picture": picture,
    "dispute.ordered": ordered,
}
