"""Judges messages and views as Slack does before it takes them."""

from __future__ import annotations

import json
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from bot.playground.errors import SlackError

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.playground.identity import Json

MESSAGE_BLOCKS: Final = 50
VIEW_BLOCKS: Final = 100
UPDATE_TEXT: Final = 4_000
POST_TEXT: Final = 40_000
# Not documented; seen near this number of characters (bolt-js issue 2509).
ALL_BLOCKS: Final = 13_200
VIEW_BYTES: Final = 250_000
METADATA_BYTES: Final = 8_000
_SHORT: Final = 24
_MISSING = "missing required field: {}"


def findings(payload: Json, surface: str) -> list[str]:
    """What the project's table of Block Kit limits says about a payload, with JSON pointers."""
    return _linter()(payload, surface)


@cache
def _linter() -> Callable[[Json, str], list[str]]:
    """The project's linter when the installation has it, else the few limits below."""
    if find_spec("bot.views") is None or find_spec("bot.views.limits") is None:
        return lambda payload, _surface: _basic(payload)
    linter: Callable[[Json, str], list[str]] = import_module("bot.views.limits").check
    return linter


def message(text: str, blocks: list[Json] | None, attachments: list[Json]) -> None:
    """Refuses a message that Slack would not post.

    Raises:
        SlackError: `no_text`, `invalid_blocks`, `msg_blocks_too_long` or `too_many_attachments`.
    """
    if not text and not blocks and not attachments:
        raise SlackError("no_text")
    if len(attachments) > 100:  # noqa: PLR2004 - Slack's limit
        raise SlackError("too_many_attachments")
    if not blocks:
        return
    if len(json.dumps(blocks, ensure_ascii=False)) > ALL_BLOCKS * 4 or _words(blocks) > ALL_BLOCKS:
        raise SlackError("msg_blocks_too_long")
    # The text is judged elsewhere: Slack takes blocks without a text, our linter does not.
    found = findings({"text": text or "-", "blocks": blocks}, "message")
    if found:
        raise SlackError.with_messages("invalid_blocks", found)


def metadata(value: object) -> Json | None:
    """The metadata of a message when it has Slack's form.

    Raises:
        SlackError: `invalid_metadata_format` or `metadata_too_large`.
    """
    if value in (None, "", {}):
        return None
    if not isinstance(value, dict) or not value.get("event_type") or "event_payload" not in value:
        raise SlackError("invalid_metadata_format")
    if len(json.dumps(value).encode()) > METADATA_BYTES:
        raise SlackError("metadata_too_large")
    return value


def view(payload: object, surface: str) -> Json:
    """A view's payload when Slack would take it.

    Raises:
        SlackError: `invalid_arguments` with the findings, or `view_too_large`.
    """
    if not isinstance(payload, dict):
        raise SlackError.with_messages("invalid_arguments", ["missing required field: view"])
    found: list[str] = []
    if payload.get("type") != surface:
        found.append(
            f"invalid view type: {payload.get('type')!r} where {surface!r} is wanted [json-pointer:/type]"
        )
    if not isinstance(payload.get("blocks"), list):
        found.append("missing required field: blocks [json-pointer:/view]")
    elif surface == "modal":
        found += _modal(payload)
    if not found:
        found = findings(payload, surface)
    if found:
        raise SlackError.with_messages("invalid_arguments", found)
    if len(json.dumps(payload).encode()) > VIEW_BYTES:
        raise SlackError("view_too_large")
    return payload


def _modal(payload: Json) -> list[str]:
    found = []
    for key in ("title", "submit", "close"):
        held = payload.get(key)
        if held is None:
            if key == "title":
                found.append(_MISSING.format("title [json-pointer:/view]"))
            continue
        if not isinstance(held, dict) or held.get("type") != "plain_text" or not held.get("text"):
            found.append(f"must be a plain_text object [json-pointer:/{key}]")
        elif len(held["text"]) > _SHORT:
            found.append(f"must be less than {_SHORT + 1} characters [json-pointer:/{key}/text]")
    if any(block.get("type") == "input" for block in payload["blocks"]) and not payload.get("submit"):
        found.append(_MISSING.format("submit [json-pointer:/view] (a view with inputs needs it)"))
    return found


def _basic(payload: Json) -> list[str]:
    blocks = payload.get("blocks")
    if not isinstance(blocks, list):
        return ["blocks must be a list [json-pointer:/blocks]"]
    most = MESSAGE_BLOCKS if "type" not in payload else VIEW_BLOCKS
    found = [f"no more than {most} items allowed [json-pointer:/blocks]"] if len(blocks) > most else []
    seen: set[str] = set()
    for number, block in enumerate(blocks):
        if not isinstance(block, dict) or not block.get("type"):
            found.append(f"{_MISSING.format('type')} [json-pointer:/blocks/{number}]")
            continue
        name = block.get("block_id")
        if name in seen:
            found.append(f"duplicate block_id {name!r} [json-pointer:/blocks/{number}/block_id]")
        elif name:
            seen.add(name)
        found += _section(block, number)
    return found


def _section(block: Json, number: int) -> list[str]:
    if block["type"] != "section":
        return []
    text = block.get("text")
    if text is None and not block.get("fields"):
        return [f"{_MISSING.format('text')} [json-pointer:/blocks/{number}]"]
    if text is not None and not 0 < len(str(text.get("text", ""))) <= 3000:  # noqa: PLR2004 - Slack's limit
        return [f"must be between 1 and 3000 characters [json-pointer:/blocks/{number}/text/text]"]
    return []


def _words(value: object) -> int:
    """Characters of all texts in blocks."""
    if isinstance(value, dict):
        own = value.get("text")
        rest = sum(_words(held) for key, held in value.items() if key != "text" or not isinstance(own, str))
        return rest + (len(own) if isinstance(own, str) else 0)
    if isinstance(value, list):
        return sum(_words(item) for item in value)
    return 0
