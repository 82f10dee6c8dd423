"""What a Slack message says in plain words: its text, else its blocks, and its attachments.

Helpdesk apps post with an empty `text` and everything in blocks or attachments. Source:
https://docs.slack.dev/reference/block-kit/blocks and https://docs.slack.dev/messaging/formatting-message-text.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

MOST_DEPTH: Final = 12
MOST_PARTS: Final = 400
"""More parts than any message has; a payload made to be deep or long ends here."""

_LINK: Final = re.compile(r"<((?:https?|mailto|tel):[^|>]*)(?:\|([^>]*))?>")
_NAMED: Final = re.compile(r"<([@#!])([^|>]*)(?:\|([^>]*))?>")


def text_of(message: Mapping[str, Any]) -> str:
    """Return what a message says; empty when it holds no words at all."""
    said = _shown(message.get("text"))
    blocks = "\n".join(_parts(message.get("blocks")))
    body = said if len(said) >= len(blocks) or not blocks.strip() else blocks
    parts = [body.strip(), *(part for part in _attachments(message.get("attachments")) if part not in body)]
    whole = "\n\n".join(part for part in parts if part).replace("\x00", "")
    return re.sub(r"[ \t]*\n\s*\n\s*", "\n\n", whole)


def files_of(message: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the files of a message: their ids and names."""
    files = message.get("files")
    found = []
    for one in files if isinstance(files, list) else ():
        number = one.get("id") if isinstance(one, dict) else None
        if isinstance(number, str) and re.fullmatch(r"[A-Z0-9]{1,60}", number):
            name = one.get("name") or one.get("title") or number
            found.append({"id": number, "name": str(name)[:200]})
    return found[:10]


def _shown(value: object) -> str:
    """Return markup as people read it."""
    if not isinstance(value, str):
        return ""
    words = _LINK.sub(lambda found: found[2] or found[1].removeprefix("mailto:"), value)
    words = _NAMED.sub(lambda found: f"{'' if found[1] == '!' else found[1]}{found[3] or found[2]}", words)
    return html.unescape(words)


def _attachments(value: object) -> list[str]:
    found = []
    for one in value if isinstance(value, list) else ():
        if not isinstance(one, dict):
            continue
        lines = [_shown(one.get(name)) for name in ("pretext", "author_name", "title", "text")]
        fields = one.get("fields")
        lines += [_field(field) for field in (fields if isinstance(fields, list) else ())]
        lines += _parts(one.get("blocks"))
        said = "\n".join(line for line in lines if line.strip()) or _shown(one.get("fallback"))
        found.append(said.strip())
    return found[:MOST_PARTS]


def _field(field: object) -> str:
    if not isinstance(field, dict):
        return ""
    return ": ".join(filter(None, (_shown(field.get(name)) for name in ("title", "value"))))


def _parts(value: object) -> list[str]:
    """Return the lines of blocks, in order."""
    found: list[str] = []
    for block in value if isinstance(value, list) else ():
        if len(found) >= MOST_PARTS:
            break
        said = "".join(_leaves(block, 0)).strip()
        if said:
            found.append(said)
    return found


def _leaves(node: object, depth: int) -> Iterator[str]:
    if depth > MOST_DEPTH or not isinstance(node, dict):
        return
    kind = node.get("type")
    if isinstance(kind, str) and kind in _WORDS:
        yield _WORDS[kind](node)
        return
    for name in ("title", "text", "fields", "elements", "rows"):
        inner = node.get(name)
        for each in inner if isinstance(inner, list) else (inner,):
            for one in each if isinstance(each, list) else (each,):
                yield from _leaves(one, depth + 1)
                if name in {"fields", "rows"} or (isinstance(one, dict) and one.get("type") in _LINES):
                    yield "\n"
    if kind in {"header", "section"}:
        yield "\n"


def _plain(value: object) -> str:
    return value if isinstance(value, str) else ""


def _mention(node: Mapping[str, Any]) -> str:
    return f"@{_plain(node.get('user_id') or node.get('channel_id') or node.get('usergroup_id'))}"


_WORDS: Final[Mapping[str, Callable[[Mapping[str, Any]], str]]] = {
    **dict.fromkeys(("mrkdwn", "markdown"), lambda node: _shown(node.get("text"))),
    **dict.fromkeys(("plain_text", "text", "raw_text"), lambda node: _plain(node.get("text"))),
    "link": lambda node: _plain(node.get("text")) or _plain(node.get("url")),
    "emoji": lambda node: f":{_plain(node.get('name'))}:",
    **dict.fromkeys(("user", "channel", "usergroup"), _mention),
}
"""How the leaves of blocks are read, by their type."""

_LINES: Final = frozenset(
    {"rich_text_section", "rich_text_quote", "rich_text_preformatted", "rich_text_list"}
)
