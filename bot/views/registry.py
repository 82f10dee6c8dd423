"""Which function renders which message: notices, private answers and boards, by name."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from bot.views import admin, away, board, channel, duty, failure, handover, help_page, home, notice, step
from bot.views.block import Json

RENDERERS: Final[Mapping[str, Callable[[str, Mapping[str, Any]], Json]]] = {
    **admin.RENDERERS,
    **away.RENDERERS,
    **board.RENDERERS,
    **channel.RENDERERS,
    **duty.RENDERERS,
    **failure.RENDERERS,
    **handover.RENDERERS,
    **help_page.RENDERERS,
    **home.RENDERERS,
    **notice.RENDERERS,
    **step.RENDERERS,
}


def render(view: str, language: str, facts: Mapping[str, Any]) -> Json:
    """Return a message: its top-level text and its blocks.

    Raises:
        KeyError: no view has this name.
    """
    return RENDERERS[view](language, facts)
