"""Which function renders which message: notices, private answers and boards, by name."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from bot.views import admin, board, failure, help_page, notice, step, submission_notice
from bot.views.block import Json

RENDERERS: Final[Mapping[str, Callable[[str, Mapping[str, Any]], Json]]] = {
    **admin.RENDERERS,
    **board.RENDERERS,
    **failure.RENDERERS,
    **help_page.RENDERERS,
    **notice.RENDERERS,
    **step.RENDERERS,
    **submission_notice.RENDERERS,
}


def render(view: str, language: str, facts: Mapping[str, Any]) -> Json:
    """Return a message: its top-level text and its blocks.

    Raises:
        KeyError: no view has this name.
    """
    return RENDERERS[view](language, facts)
