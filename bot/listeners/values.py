"""Reading what Slack sends: form fields, and card numbers that must go no further."""

import re
from collections.abc import Mapping
from typing import Any, Final

from bot.domain.card_number import contains_card_number, redact
from bot.domain.error import FormError

_USER: Final = re.compile(r"[UW][A-Z0-9]{2,20}")
_CHANNEL: Final = re.compile(r"[CG][A-Z0-9]{2,20}")
_WORDS: Final = frozenset(
    {"text", "value", "name", "title", "fallback", "alt_text", "preview", "plain_text", "description"}
)


def plain(state: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a form by block id, as plain values."""
    fields: dict[str, Any] = {}
    for block_id, actions in (state.get("values") or {}).items():
        for element in actions.values():
            fields[block_id] = _value(element)
    return fields


def _value(element: Mapping[str, Any]) -> Any:  # noqa: ANN401 - text, a list, or None
    kind = element.get("type", "")
    if kind == "file_input":
        return list(element.get("files") or [])
    if kind in {"checkboxes", "multi_static_select", "multi_external_select"}:
        return [option["value"] for option in element.get("selected_options") or []]
    if kind in {"static_select", "external_select", "radio_buttons"}:
        option = element.get("selected_option")
        return option["value"] if option else ""
    for name in (
        "selected_users",
        "selected_conversations",
        "selected_channels",
        "selected_date",
        "selected_time",
        "selected_user",
        "selected_conversation",
        "selected_channel",
        "selected_date_time",
        "value",
    ):
        if name in element:
            return element[name] if element[name] is not None else ""
    return ""


def users_in(fields: Mapping[str, Any]) -> set[str]:
    """Return the people chosen in a form."""
    return _matching(_USER, fields)


def channels_in(fields: Mapping[str, Any]) -> set[str]:
    """Return the channels chosen in a form."""
    return _matching(_CHANNEL, fields)


def _matching(wanted: re.Pattern[str], fields: Mapping[str, Any]) -> set[str]:
    chosen = [item for value in fields.values() for item in (value if isinstance(value, list) else [value])]
    return {item for item in chosen if isinstance(item, str) and wanted.fullmatch(item)}


def refuse_card_numbers(fields: Mapping[str, Any]) -> None:
    """Stop a form in which somebody typed a card number, at its field.

    Raises:
        FormError: names the fields; it never repeats what was typed.
    """
    wrong: dict[str, tuple[str, Mapping[str, object]]] = {
        block_id: ("error.card_number", {})
        for block_id, value in fields.items()
        if any(contains_card_number(text) for text in _texts(value))
    }
    if wrong:
        raise FormError(wrong)


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, list):
        return [text for item in value for text in _texts(item)]
    if isinstance(value, Mapping):
        return [text for name in ("name", "title") for text in _texts(value.get(name))]
    return []


def without_card_numbers(body: Any, *, words: bool = False) -> Any:  # noqa: ANN401 - any JSON value
    """Return an event body in which card numbers inside words are blacked out; ids and times stay."""
    if isinstance(body, Mapping):
        return {
            name: without_card_numbers(
                value, words=name in _WORDS or (words and isinstance(value, list | Mapping))
            )
            for name, value in body.items()
        }
    if isinstance(body, list):
        return [without_card_numbers(value, words=words) for value in body]
    return redact(body) if words and isinstance(body, str) else body
