"""The form of what somebody chooses for themself: language, quiet hours, the weekly digest."""

from collections.abc import Mapping
from datetime import time
from typing import Any, Final

from bot import text
from bot.views import block, form
from bot.views.block import Json

AS_SLACK: Final = "slack"
LANGUAGES: Final = (AS_SLACK, *text.LANGUAGES)
TIMES: Final = tuple(f"{hour:02}:{minute:02}" for hour in range(24) for minute in (0, 15, 30, 45))
Facts = Mapping[str, Any]


def ask(language: str, facts: Facts) -> Json:
    """Return the form; only who gets a digest is asked about it."""
    times = [form.option(clock(language, one), one) for one in TIMES]
    languages = [form.option(text.say(language, f"settings.in_{one}"), one) for one in LANGUAGES]
    blocks: list[Json] = [
        form.input(
            text.say(language, "settings.language"),
            form.radio("language", languages, initial=facts["language"] or AS_SLACK),
            "language",
            hint=text.say(language, "settings.language_hint"),
        ),
        form.input(
            text.say(language, "settings.quiet_from"),
            form.select("quiet_from", times, initial=facts["quiet_from"]),
            "quiet_from",
            hint=text.say(language, "settings.quiet_hint", zone=facts["zone"]),
        ),
        form.input(
            text.say(language, "settings.quiet_to"),
            form.select("quiet_to", times, initial=facts["quiet_to"]),
            "quiet_to",
            hint=text.say(language, "settings.list_hint"),
        ),
    ]
    if facts["digest"] is not None:
        box = form.option(text.say(language, "settings.digest_yes"), "yes")
        ticked = ["yes"] if facts["digest"] else []
        blocks.append(
            form.input(
                text.say(language, "settings.digest"),
                form.checkboxes("digest", [box], initial=ticked),
                "digest",
                optional=True,
            )
        )
    blocks.append(block.context(text.mrkdwn(language, "settings.what_happens")))
    return form.modal(
        text.say(language, "settings.title"),
        blocks,
        callback_id="home.settings",
        submit=text.say(language, "settings.submit"),
        close=text.say(language, "form.cancel"),
        private_metadata={"digest": facts["digest"] is not None},
    )


def clock(language: str, at: str) -> str:
    """Return a time of day as the reader writes it: `18:00` gives "6:00 PM", « 18:00 »."""
    return text.clock(language, time.fromisoformat(at))
