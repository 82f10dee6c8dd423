"""Texts generated from the settings: `.env.example` and the reference page. A test compares both."""

from __future__ import annotations

import sys
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from pydantic import SecretStr

from bot.setting_rules import Entry
from bot.settings import Settings

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

_WIDTH = 100


@dataclass(frozen=True, slots=True)
class Line:
    """One setting as people read it."""

    name: str
    group: str
    help: str
    default: str
    example: str
    secret: bool


def lines() -> tuple[Line, ...]:
    """Every setting, in the order of the documentation."""
    return tuple(_line(name, field) for name, field in Settings.model_fields.items())


def _line(name: str, field: FieldInfo) -> Line:
    extra = cast("dict[str, str]", field.json_schema_extra)
    kind = f"{field.annotation}"
    return Line(
        name=name.upper(),
        group=extra["group"],
        help=field.description or "",
        default="" if field.default in (None, (), False) else f"{field.default}",
        example=extra["example"],
        secret=SecretStr.__name__ in kind or Entry.__name__ in kind,
    )


def env_example() -> str:
    """A `.env` file in which every line is commented out, so that a copy of it starts with the defaults."""
    parts = [
        "# Copy this file to .env and fill in what you need; the environment wins over the file.",
        "# Made by 'make generate' from bot/settings.py.",
    ]
    group = ""
    for line in lines():
        if line.group != group:
            group = line.group
            parts += ["", f"# ---- {group}"]
        parts += textwrap.wrap(line.help, _WIDTH, initial_indent="# ", subsequent_indent="# ")
        parts.append(f"#{line.name}={line.default or line.example}")
    return "\n".join(parts) + "\n"


def settings_page() -> str:
    """The reference page of the settings, in Markdown."""
    parts = [
        "# Settings",
        "",
        "Gantry reads the environment and the file `.env`; the environment wins. `gantry doctor` checks it.",
        "A mistake stops the start with a line that names the setting and the repair, never a secret.",
        "An empty value is refused, except for lists of people and for channels.",
        "This page is made by `make generate` from `bot/settings.py`.",
    ]
    group = ""
    for line in lines():
        if line.group != group:
            group = line.group
            parts += [
                "",
                f"## {group}",
                "",
                "| Setting | What it is for | Default | Example |",
                "|---|---|---|---|",
            ]
        name = f"`{line.name}`" + (" (secret)" if line.secret else "")
        cells = [f"`{text}`" if text else "" for text in (line.default, line.example)]
        parts.append(f"| {name} | {line.help} | {cells[0]} | {cells[1]} |")
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    sys.stdout.write(settings_page())
