"""Which function renders which message: notices, private answers and boards, by name."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from bot.views import (
    admin,
    amended,
    approval,
    authorization,
    away,
    board,
    card_board,
    card_exception,
    channel,
    complaint,
    digest,
    dispute,
    dispute_list,
    duty,
    edit_form,
    entry,
    failure,
    forecast,
    handover,
    help_page,
    home,
    lost_card,
    lost_notice,
    notice,
    policy,
    reminder,
    signal,
    step,
    stripe,
    submission_notice,
)
from bot.views.block import Json

RENDERERS: Final[Mapping[str, Callable[[str, Mapping[str, Any]], Json]]] = {
    **admin.RENDERERS,
    **approval.RENDERERS,
    **authorization.RENDERERS,
    **away.RENDERERS,
    **board.RENDERERS,
    **card_board.RENDERERS,
    **card_exception.RENDERERS,
    **channel.RENDERERS,
    **complaint.RENDERERS,
    **digest.RENDERERS,
    **dispute.RENDERERS,
    **dispute_list.RENDERERS,
    **duty.RENDERERS,
    **edit_form.RENDERERS,
    **entry.RENDERERS,
    **failure.RENDERERS,
    **forecast.RENDERERS,
    **handover.RENDERERS,
    **help_page.RENDERERS,
    **home.RENDERERS,
    **lost_card.RENDERERS,
    **lost_notice.RENDERERS,
    **notice.RENDERERS,
    **policy.RENDERERS,
    **reminder.RENDERERS,
    **signal.RENDERERS,
    **step.RENDERERS,
    **stripe.RENDERERS,
    **submission_notice.RENDERERS,
}


def render(view: str, language: str, facts: Mapping[str, Any]) -> Json:
    """Return a message: its top-level text and its blocks; facts with a `correction` are shown corrected.

    Raises:
        KeyError: no view has this name.
    """
    message = RENDERERS[view](language, facts)
    correction = facts.get("correction")
    return amended.corrected(language, message, correction) if correction else message
