"""Being away: the form, and what deputies are told."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final

from bot import text
from bot.views import block, form, home
from bot.views.block import Json

Facts = Mapping[str, Any]


def ask(language: str, facts: Facts, today: date) -> Json:
    """Return the form that says from when to when somebody is away, and who stands in."""
    before = facts["away"][0] if facts["away"] else None
    blocks: list[Json] = [block.section(text.mrkdwn(language, "away.what"))]
    if before is not None:
        now = home.span(language, f"home.away_{before['state']}", facts, before)
        back = block.button(text.say(language, "button.back"), "away.back")
        blocks = [block.section(now), block.actions(back)]
    starts_on = max(date.fromisoformat(before["starts_on"]), today) if before else today
    ends_on = max(date.fromisoformat(before["ends_on"]), today) if before else None
    blocks += [
        form.input(
            text.say(language, "away.starts_on"),
            form.datepicker("starts_on", initial=starts_on),
            "starts_on",
        ),
        form.input(
            text.say(language, "away.ends_on"),
            form.datepicker("ends_on", initial=ends_on),
            "ends_on",
            hint=text.say(language, "away.ends_hint"),
        ),
        form.input(
            text.say(language, "away.deputy"),
            form.users_select("deputy", initial=before["deputy"] if before else None),
            "deputy",
            hint=text.say(language, "away.deputy_hint"),
        ),
    ]
    return form.modal(
        text.say(language, "away.title"),
        blocks,
        callback_id="away.set",
        submit=text.say(language, "away.submit"),
        close=text.say(language, "form.cancel"),
    )


def _told(key: str) -> Callable[[str, Facts], Json]:
    def render(language: str, facts: Facts) -> Json:
        words = home.span(language, key, facts, facts)
        return block.message(words, [block.section(words)])

    return render


def _deputy_gone(language: str, facts: Facts) -> Json:
    words = home.span(language, "away.deputy_gone", facts, facts)
    change = block.button(text.say(language, "button.away_change"), "away.set")
    return block.message(words, [block.section(words, accessory=change)])


RENDERERS: Final = {
    "away.stand_in": _told("away.stand_in"),
    "away.no_longer": _told("away.no_longer"),
    "away.deputy_gone": _deputy_gone,
}
