"""Modals and Home tabs: each person has a stack of at most three modals, and one Home."""

from __future__ import annotations

import copy
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from bot.playground import checks, state
from bot.playground.errors import SlackError
from bot.playground.identity import APP_ID, BOT_ID, TEAM_ID

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.playground.identity import Json

STACK: Final = 3
_TEXTS: Final = ("title", "submit", "close")


@dataclass
class View:
    """A view that somebody sees (or saw). `values` is what they entered, as they last reported it."""

    id: str
    person: str
    payload: Json
    hash: str
    root: str
    previous: str | None = None
    values: Json = field(default_factory=dict)
    busy: bool = False

    @property
    def kind(self) -> str:
        """`modal` or `home`."""
        return str(self.payload["type"])

    @property
    def blocks(self) -> list[Json]:
        """The blocks, each with a block id."""
        return list(self.payload["blocks"])

    def shape(self) -> Json:
        """The view object of Slack's replies and payloads."""
        held = self.payload
        return {
            "id": self.id,
            "team_id": TEAM_ID,
            "type": self.kind,
            "blocks": held["blocks"],
            "private_metadata": held.get("private_metadata") or "",
            "callback_id": held.get("callback_id") or "",
            "state": {"values": state.full(held["blocks"], self.values)},
            "hash": self.hash,
            **{key: held.get(key) for key in _TEXTS},
            "clear_on_close": bool(held.get("clear_on_close")),
            "notify_on_close": bool(held.get("notify_on_close")),
            "previous_view_id": self.previous,
            "root_view_id": self.root,
            "app_id": APP_ID,
            "external_id": held.get("external_id") or "",
            "app_installed_team_id": TEAM_ID,
            "bot_id": BOT_ID,
        }

    def page(self) -> Json:
        """The view for the page."""
        shape = self.shape()
        wanted = ("id", "hash", "type", "blocks", "callback_id", "private_metadata", "state", *_TEXTS)
        return {
            **{key: shape[key] for key in wanted},
            "root_view_id": self.root,
            "previous_view_id": self.previous,
            "busy": self.busy,
        }


class Modals:
    """Every person's views. `on_change` is called with the person and `view` or `home`."""

    def __init__(self, wall: Callable[[], float], new_id: Callable[[str], str]) -> None:
        self._wall = wall
        self._new_id = new_id
        self.stacks: dict[str, list[View]] = {}
        self.homes: dict[str, View] = {}
        self.on_change: Callable[[str, str], None] | None = None

    def top(self, person: str) -> View | None:
        """The modal a person looks at."""
        stack = self.stacks.get(person)
        return stack[-1] if stack else None

    def find(self, view_id: str = "", external_id: str = "") -> View | None:
        """A view that is open, by its id or the bot's own."""
        everything = [*self.homes.values(), *(view for stack in self.stacks.values() for view in stack)]
        for view in everything:
            if (view_id and view.id == view_id) or (
                external_id and view.payload.get("external_id") == external_id
            ):
                return view
        return None

    def open(self, person: str, payload: object) -> View:
        """Opens a modal on an empty stack; what was open before is gone.

        Raises:
            SlackError: the view is refused.
        """
        fresh = self._make(person, payload, "modal")
        fresh.root = fresh.id
        self.stacks[person] = [fresh]
        self._changed(person, "view")
        return fresh

    def push(self, person: str, payload: object) -> View:
        """Lays a modal on the stack.

        Raises:
            SlackError: `push_limit_reached`, `not_found` (nothing is open), or the view is refused.
        """
        stack = self.stacks.get(person) or []
        if not stack:
            raise SlackError("not_found")
        if len(stack) >= STACK:
            raise SlackError("push_limit_reached")
        fresh = self._make(person, payload, "modal")
        fresh.root, fresh.previous = stack[0].root, stack[-1].id
        stack.append(fresh)
        self._changed(person, "view")
        return fresh

    def update(self, view: View, payload: object, wanted_hash: str | None = None) -> View:
        """Gives an open view new content; entries under the same block and action id stay.

        Raises:
            SlackError: `hash_conflict`, or the view is refused.
        """
        if wanted_hash and wanted_hash != view.hash:
            raise SlackError("hash_conflict")
        checked = self._checked(payload, view.kind, view)
        kept = state.full(checked["blocks"], {})
        for block_id, fields in kept.items():
            for action_id in fields:
                held = view.values.get(block_id, {}).get(action_id)
                if held and held.get("type") == fields[action_id]["type"]:
                    fields[action_id] = held
        view.payload, view.values, view.hash, view.busy = checked, kept, self._hash(), False
        self._changed(view.person, view.kind if view.kind == "home" else "view")
        return view

    def publish(self, person: str, payload: object, wanted_hash: str | None = None) -> View:
        """Sets a person's Home tab.

        Raises:
            SlackError: `hash_conflict`, or the view is refused.
        """
        known = self.homes.get(person)
        if known is not None:
            return self.update(known, payload, wanted_hash)
        fresh = self._make(person, payload, "home")
        fresh.root = fresh.id
        self.homes[person] = fresh
        self._changed(person, "home")
        return fresh

    def close(self, view: View) -> None:
        """Takes a modal (and those above it) away."""
        stack = self.stacks.get(view.person, [])
        if view in stack:
            del stack[stack.index(view) :]
        self._changed(view.person, "view")

    def clear(self, person: str) -> None:
        """Closes all modals of a person."""
        self.stacks.pop(person, None)
        self._changed(person, "view")

    def enter(self, view: View, values: Json) -> None:
        """Somebody has typed into a view: the page shows it."""
        view.values = values
        self._changed(view.person, view.kind if view.kind == "home" else "view")

    def busy(self, view: View, *, on: bool) -> None:
        """A submission is under way, or has come back."""
        view.busy = on
        self._changed(view.person, "view")

    def _make(self, person: str, payload: object, surface: str) -> View:
        return View(self._new_id("V"), person, self._checked(payload, surface, None), self._hash(), "")

    def _checked(self, payload: object, surface: str, own: View | None) -> Json:
        checked = copy.deepcopy(checks.view(payload, surface))
        external = checked.get("external_id")
        if external and (other := self.find(external_id=external)) is not None and other is not own:
            raise SlackError("duplicate_external_id")
        name_blocks(checked["blocks"])
        return checked

    def _hash(self) -> str:
        return f"{int(self._wall())}.{secrets.token_hex(4)}"

    def _changed(self, person: str, what: str) -> None:
        if self.on_change is not None:
            self.on_change(person, what)


def name_blocks(blocks: list[Json]) -> list[Json]:
    """Gives every block and element without an id one, in place, as Slack does."""
    for block in blocks:
        if not block.get("block_id"):
            block["block_id"] = secrets.token_urlsafe(4)
    for _, element in state.elements(blocks):
        if not element.get("action_id") and element.get("type") != "image":
            element["action_id"] = secrets.token_urlsafe(4)
    return blocks
