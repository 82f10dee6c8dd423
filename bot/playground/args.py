"""The arguments of a Web API call, alike for JSON, form and query."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from bot.playground.errors import SlackError

if TYPE_CHECKING:
    from starlette.requests import Request

    from bot.playground.identity import Json


class Args:
    """Reads arguments by name in the type a method wants."""

    def __init__(self, values: Json, token: str = "") -> None:
        self.values = values
        self.token = token

    @classmethod
    async def read(cls, request: Request) -> Args:
        """The arguments of a request; its token comes from the header or, as of old, from the body.

        Raises:
            SlackError: `invalid_json` or `invalid_form_data`.
        """
        values: Json = dict(request.query_params)
        body = await request.body()
        if request.headers.get("content-type", "").startswith("application/json"):
            try:
                held = json.loads(body or b"{}")
            except ValueError:
                raise SlackError("invalid_json") from None
            if not isinstance(held, dict):
                raise SlackError("json_not_object")
            values |= held
        elif body:
            values |= {
                name: value for name, value in (await request.form()).multi_items() if isinstance(value, str)
            }
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        return cls(values, token if scheme.lower() == "bearer" else str(values.pop("token", "")))

    def text(self, name: str, default: str = "") -> str:
        """A text, empty when it is missing."""
        value = self.values.get(name)
        return default if value is None else str(value)

    def needed(self, name: str) -> str:
        """A text that must be there.

        Raises:
            SlackError: `invalid_arguments`, naming the argument.
        """
        if not (value := self.text(name)):
            raise SlackError.with_messages("invalid_arguments", [f"missing required field: {name}"])
        return value

    def flag(self, name: str) -> bool:
        """A yes or no, in any of the spellings clients use."""
        return str(self.values.get(name, "")).lower() in {"1", "true"}

    def number(self, name: str, default: int) -> int:
        """A whole number.

        Raises:
            SlackError: `invalid_arguments`.
        """
        try:
            return int(self.values.get(name) or default)
        except (TypeError, ValueError):
            raise SlackError.with_messages("invalid_arguments", [f"must be a number: {name}"]) from None

    def json(self, name: str, error: str = "invalid_arguments") -> object:
        """A list or object, also when the client sent it as text; None when it is missing.

        Raises:
            SlackError: `error`, when the text is no JSON.
        """
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        if not value:
            return None
        try:
            return json.loads(value)
        except ValueError:
            raise SlackError(error) from None

    def objects(self, name: str, error: str) -> list[Json] | None:
        """A list of objects; None when it is missing.

        Raises:
            SlackError: `error`, when it is something else.
        """
        value = self.json(name, error)
        if value is None:
            return None
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise SlackError(error)
        return value
