"""Saying no, or that something went wrong: what, why, and what to do now."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from bot import text
from bot.views import block, form
from bot.views.block import Json


def sentence(language: str, key: str, values: Mapping[str, Any]) -> text.Mrkdwn:
    """Return an error as one sentence; people are mentioned, lists are joined, moments formatted.

    What a plan says comes in every language, and the reader gets theirs.
    """
    ready: dict[str, Any] = {}
    for name, given in values.items():
        value = _own(language, given)
        if name == "role":
            ready[name] = text.say(language, f"role.{value}")
            ready["setting"] = f"GANTRY_{_SETTING.get(str(value), 'ADMINS')}"
        elif name != "no_admin":
            ready[name] = _ready(language, name, value)
    words = text.mrkdwn(language, key, **ready)
    if values.get("no_admin"):
        return text.Mrkdwn(f"{words} {text.mrkdwn(language, 'refused.no_admin')}")
    return words


def _ready(language: str, name: str, value: Any) -> Any:  # noqa: ANN401 - a value of an error
    if name == "users":
        return text.Mrkdwn(text.listing(language, [text.person(user) for user in value]))
    if name == "who":
        return text.person(str(value)) if value else text.Mrkdwn("")
    if name == "channel":
        return text.channel(str(value))
    if name == "at":
        return text.when(datetime.fromisoformat(value), language) if value else text.Mrkdwn("")
    if name in {"date", "before_on", "now_on"}:
        return text.date(language, date.fromisoformat(value))
    return text.listing(language, [str(item) for item in value]) if isinstance(value, list) else value


def _own(language: str, value: Any) -> Any:  # noqa: ANN401 - a value of an error
    if isinstance(value, list):
        return [_own(language, one) for one in value]
    return value[language] if isinstance(value, dict) else value


_SETTING: Final = {
    "support": "SUPPORT",
    "operator": "OPERATORS",
    "manager": "MANAGERS",
    "admin": "ADMINS",
    "member": "ADMINS",
}


def message(language: str, facts: Mapping[str, Any]) -> Json:
    """Return a private message that says what went wrong."""
    words = sentence(language, facts["key"], facts["values"])
    return block.message(words, [block.section(words)])


def failure(language: str, facts: Mapping[str, Any]) -> Json:
    """Return a page that says what went wrong, on top of the form that asked: what was typed stays."""
    words = sentence(language, facts["key"], facts["values"])
    return form.modal(
        text.say(language, "failure.title"),
        [block.section(words)],
        callback_id="failure",
        close=text.say(language, "form.close"),
    )


def form_errors(language: str, fields: Mapping[str, tuple[str, Mapping[str, Any]]]) -> dict[str, str]:
    """Return the errors of a form by block id, as plain words."""
    return {
        block_id: text.say(
            language,
            key,
            **{name: _plain(language, _own(language, value)) for name, value in values.items()},
        )
        for block_id, (key, values) in fields.items()
    }


def _plain(language: str, value: object) -> object:
    return text.listing(language, value) if isinstance(value, list) else value


RENDERERS: Final = {"failure": message}
