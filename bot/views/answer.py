"""A private answer as a page: for whoever asks from Home, where no message would be seen."""

from collections.abc import Mapping
from typing import Any

from bot import text
from bot.text import Mrkdwn
from bot.views import block, form
from bot.views.block import Json


def page(language: str, message: Mapping[str, Any]) -> Json:
    """Return the page that shows what a message would have said; a form opened from it takes its place."""
    return form.modal(
        text.say(language, "home.title"),
        list(message.get("blocks") or [block.section(Mrkdwn(message["text"]))]),
        callback_id="answer",
        close=text.say(language, "form.close"),
        private_metadata={"answer": True},
    )
