"""What a person types, as Slack's client sends it: escaped, with names turned into ids."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.playground.workspace import Workspace

_MENTION = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^>]*)?>|<#([CG][A-Z0-9]+)(?:\|[^>]*)?>")
_URL = re.compile(r"https?://[^\s<>|]+[^\s<>|.,;:!?)]")
_SPECIAL = re.compile(r"(?<!\w)@(channel|here|everyone)\b")


def message(workspace: Workspace, text: str) -> str:
    """A typed message: only `<@U…>` and `<#C…>` of people and channels that exist stay markup."""
    return _SPECIAL.sub(
        lambda found: f"<!{found.group(1)}>", _outside(workspace, text, links=True, labels=False)
    )


def command(workspace: Workspace, text: str, *, escaped: bool) -> str:
    """The text of a slash command; with `should_escape` names become `<@U…|name>` and `<#C…|name>`."""
    if escaped:
        return _outside(workspace, _name_people(workspace, text), links=False, labels=True)
    return _MENTION.sub(lambda found: _plain(workspace, found), text)


def _outside(workspace: Workspace, text: str, *, links: bool, labels: bool) -> str:
    made: list[str] = []
    position = 0
    for found in _MENTION.finditer(text):
        person, place = found.groups()
        if person not in workspace.people and place not in workspace.channels:
            continue
        made.append(_escape(text[position : found.start()], links=links))
        if person:
            made.append(f"<@{person}|{workspace.people[person].handle}>" if labels else f"<@{person}>")
        else:
            made.append(f"<#{place}|{workspace.channels[place].name if labels else ''}>")
        position = found.end()
    made.append(_escape(text[position:], links=links))
    return "".join(made)


def _escape(text: str, *, links: bool) -> str:
    safe = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _URL.sub(lambda found: f"<{found.group(0)}>", safe) if links else safe


def _name_people(workspace: Workspace, text: str) -> str:
    for person in sorted(workspace.people.values(), key=lambda one: -len(one.name)):
        for name in (person.name, person.handle):
            text = re.sub(rf"(?<![\w<])@{re.escape(name)}\b", f"<@{person.id}>", text, flags=re.IGNORECASE)
    for place in workspace.channels.values():
        if not place.is_im:
            text = re.sub(rf"(?<![\w<&])#{re.escape(place.name)}(?![\w-])", f"<#{place.id}>", text)
    return text


def _plain(workspace: Workspace, found: re.Match[str]) -> str:
    person, place = found.groups()
    if person in workspace.people:
        return f"@{workspace.people[person].handle}"
    return f"#{workspace.channels[place].name}" if place in workspace.channels else found.group(0)
