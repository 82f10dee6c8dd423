"""A proposal that follows from what Stripe shows, with the one button that confirms it."""

from collections.abc import Mapping
from typing import Any, Final

from bot import text
from bot.text import Mrkdwn
from bot.views import block, line
from bot.views.block import Json


def proposal(language: str, facts: Mapping[str, Any]) -> Json:
    """Return what Stripe shows, which step that speaks for, and the button that goes on."""
    step = facts["step"]
    number, title = str(step["id"]), line.short(step["title"], 40)
    words = text.mrkdwn(language, f"signal.{facts['signal']}", source=facts["source"])
    if facts["item"]:
        last = "signal.all_seen" if facts["complete"] else "signal.scenario"
    else:
        last = "signal.answer" if step["actor"] == "stripe" else "signal.finish"
    ask = text.mrkdwn(language, last, step=step["title"])
    act = _ACTS[last]
    label = text.say(language, f"button.{act}_label", title=title)
    button = block.button(
        text.say(language, f"button.{act}"), f"step.{act}:{number}", number, accessibility_label=label
    )
    program = facts["program"]
    about = text.mrkdwn(language, "card.program", name=program["name"], ref=program["ref"])
    shown = Mrkdwn(f"{words}\n{ask}")
    return block.message(Mrkdwn(f"{about}: {words} {ask}"), [block.section(shown, accessory=button)])


_ACTS: Final = {
    "signal.finish": "done",
    "signal.all_seen": "done",
    "signal.scenario": "evidence",
    "signal.answer": "answered",
}

RENDERERS: Final = {"step.signal": proposal}
