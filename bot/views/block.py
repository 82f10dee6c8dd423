"""Builds Slack's blocks: pure functions that return what the Web API takes and keep its limits.

Text we compose is cut with "…" where Slack would refuse it; ids and values never are: a wrong one raises.
`str` becomes plain text, shown literally; `Mrkdwn` becomes markup in which Slack guesses no links and names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

from bot.text import Mrkdwn, escape
from bot.views import schema
from bot.views.cut import cut, length

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Json = dict[str, Any]
Style = Literal["primary", "danger"]

QUOTE: Final = 3_000
"""What we show of one text that somebody typed; Slack's inputs hold no more."""


class BlockError(ValueError):
    """A mistake in our own code: what was asked for cannot be shown by Slack."""


def words(text: str, most: int) -> Json:
    """A plain text object.

    Raises:
        BlockError: the text is empty, or is markup, whose signs people would see.
    """
    if isinstance(text, Mrkdwn):
        raise BlockError(f"this place takes plain words, not markup: {text!r}")
    return {"type": "plain_text", "text": cut(_filled(text), most), "emoji": True}


def text_object(text: str, most: int) -> Json:
    """A text object: markup for `Mrkdwn`, else plain."""
    if not isinstance(text, Mrkdwn):
        return words(text, most)
    return {"type": "mrkdwn", "text": str(cut(_filled(text), most)), "verbatim": True}


def header(text: str, *, block_id: str | None = None) -> Json:
    """A title, 150 characters."""
    return _block("header", block_id, text=words(type(text)(" ".join(text.split())), schema.HEADER))


def section(
    text: str | None = None,
    *,
    fields: Sequence[str] = (),
    accessory: Json | None = None,
    block_id: str | None = None,
) -> Json:
    """A paragraph of up to 3,000 characters and up to ten fields of 2,000, with one element at its side."""
    if not text and not fields:
        raise BlockError("a section needs a text or fields")
    block = _block("section", block_id)
    if text:
        block["text"] = text_object(text, schema.SECTION)
    if fields:
        _at_most("fields", fields, schema.FIELDS)
        block["fields"] = [text_object(each, schema.FIELD) for each in fields]
    if accessory is not None:
        block["accessory"] = accessory
    return block


def context(*parts: str | Json, block_id: str | None = None) -> Json:
    """A small line of up to ten texts and images."""
    _at_most("context elements", parts, schema.CONTEXT_ELEMENTS)
    elements = [part if isinstance(part, dict) else text_object(part, schema.SECTION) for part in parts]
    return _block("context", block_id, elements=elements)


def divider() -> Json:
    """A line."""
    return {"type": "divider"}


def actions(*elements: Json, block_id: str | None = None) -> Json:
    """Up to 25 buttons and pickers in a row.

    Raises:
        BlockError: none, too many, or two with the same action id.
    """
    _at_most("actions", elements, schema.ACTIONS)
    ids = [element["action_id"] for element in elements]
    if len(set(ids)) < len(ids):
        raise BlockError(f"two elements of one block have the same action id: {sorted(ids)}")
    return _block("actions", block_id, elements=list(elements))


def button(
    label: str,
    action_id: str,
    value: str | None = None,
    *,
    style: Style | None = None,
    confirm: Json | None = None,
    accessibility_label: str | None = None,
    url: str | None = None,
) -> Json:
    """A button. Keep the label under 30 characters: phones cut there.

    `accessibility_label` says what a repeated label is about ("Mark the intake form done").
    """
    element: Json = {
        "type": "button",
        "text": words(label, schema.BUTTON),
        "action_id": identifier(action_id),
    }
    if value is not None:
        element["value"] = exact("a button's value", value, schema.BUTTON_VALUE)
    if url is not None:
        element["url"] = exact("a button's address", url, schema.URL)
    if style is not None:
        element["style"] = style
    if confirm is not None:
        element["confirm"] = confirm
    if accessibility_label:
        element["accessibility_label"] = cut(accessibility_label, schema.BUTTON)
    return element


def confirm(title: str, text: str, yes: str, no: str, *, style: Style | None = None) -> Json:
    """The question before an act: 100, 300, 30 and 30 characters. `yes` names the act, never "OK"."""
    dialog: Json = {
        "title": words(title, schema.CONFIRM_TITLE),
        "text": words(text, schema.CONFIRM_TEXT),
        "confirm": words(yes, schema.CONFIRM_BUTTON),
        "deny": words(no, schema.CONFIRM_BUTTON),
    }
    if style is not None:
        dialog["style"] = style
    return dialog


def image(
    alt_text: str,
    *,
    url: str | None = None,
    file_id: str | None = None,
    title: str | None = None,
    block_id: str | None = None,
) -> Json:
    """A picture by its address or its Slack file; `alt_text` tells what it shows.

    Raises:
        BlockError: neither or both of address and file.
    """
    block = _block("image", block_id, **image_element(alt_text, url=url, file_id=file_id))
    if title:
        block["title"] = words(title, schema.ALT)
    return block


def image_element(alt_text: str, *, url: str | None = None, file_id: str | None = None) -> Json:
    """A small picture, for `context` and beside a `section`. Raises as `image` does."""
    element: Json = {"type": "image", "alt_text": cut(_filled(alt_text), schema.ALT)}
    if (url is None) == (file_id is None):
        raise BlockError("an image has either an address or a Slack file")
    if url is not None:
        return element | {"image_url": exact("an image's address", url, schema.URL)}
    return element | {"slack_file": {"id": file_id}}


def quote(text: str, *, most: int = QUOTE, block_id: str | None = None) -> Json:
    """What somebody typed, as a quotation. Literal by its type: Slack looks for nothing in it."""
    leaf = {"type": "text", "text": cut(_filled(str(text)), most)}
    part = {"type": "rich_text_quote", "elements": [leaf]}
    return _block("rich_text", block_id, elements=[part])


def preformatted(text: str, *, most: int = QUOTE, block_id: str | None = None) -> Json:
    """A text to copy, shown as it is with its lines: literal by its type, as a quotation is."""
    leaf = {"type": "text", "text": cut(_filled(str(text)), most)}
    part = {"type": "rich_text_preformatted", "elements": [leaf]}
    return _block("rich_text", block_id, elements=[part])


def message(text: str, blocks: Iterable[Json] = ()) -> Json:
    """A message: the `text` that phones and screen readers tell, and the blocks that others see.

    The text alone says who, what, state, deadline and next step; it is cut at 3,000 characters, and escaped
    unless it is markup.

    Raises:
        BlockError: no text, or more than 50 blocks.
    """
    built = list(blocks)
    if len(built) > schema.MESSAGE_BLOCKS:
        raise BlockError(f"{len(built)} blocks in a message, at most {schema.MESSAGE_BLOCKS}")
    payload: Json = {"text": str(cut(escape(_filled(text)), schema.COMFORTABLE_TEXT))}
    if built:
        payload["blocks"] = built
    return payload


def home(blocks: Iterable[Json], *, callback_id: str | None = None) -> Json:
    """The Home tab.

    Raises:
        BlockError: no blocks, or more than 100.
    """
    view: Json = {"type": "home", "blocks": view_blocks(blocks)}
    if callback_id is not None:
        view["callback_id"] = identifier(callback_id)
    return view


def view_blocks(blocks: Iterable[Json]) -> list[Json]:
    """The blocks of a view, counted.

    Raises:
        BlockError: none, or more than 100.
    """
    built = list(blocks)
    _at_most("blocks in a view", built, schema.VIEW_BLOCKS)
    return built


def identifier(text: str) -> str:
    """An id of ours, as it is.

    Raises:
        BlockError: empty or over 255 characters.
    """
    if not text:
        raise BlockError("an id is empty")
    return exact("an id", text, schema.IDENTIFIER)


def exact(what: str, text: str, most: int) -> str:
    """A value that must arrive whole.

    Raises:
        BlockError: it is too long.
    """
    if length(text) > most:
        raise BlockError(f"{what} has {length(text)} characters, at most {most}: {text[:60]!r}…")
    return text


def _block(kind: str, block_id: str | None, **fields: Any) -> Json:  # noqa: ANN401 - Slack's JSON
    block: Json = {"type": kind}
    if block_id is not None:
        block["block_id"] = identifier(block_id)
    return block | fields


def _filled(text: str) -> str:
    if not text.strip():
        raise BlockError("Slack refuses empty texts")
    return text


def _at_most(what: str, items: Sequence[object], most: int) -> None:
    if not 1 <= len(items) <= most:
        raise BlockError(f"{len(items)} {what}, 1 to {most} fit")
