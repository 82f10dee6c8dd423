"""The Slack app manifest: within Slack's public limits, with every verb, and no scope without a reason."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import commands
from bot.manifest import DESCRIPTIONS, EVENTS, SCOPES, manifest, render
from bot.playground.manifest import EVENT_SCOPES

URL = "https://gantry.example.com"


def text(most: int, least: int = 1, **more: Any) -> dict[str, Any]:
    return {"type": "string", "minLength": least, "maxLength": most, **more}


def thing(needs: tuple[str, ...] = (), **fields: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(needs), "properties": fields, "additionalProperties": False}


def many(items: dict[str, Any], most: int) -> dict[str, Any]:
    return {"type": "array", "items": items, "maxItems": most, "uniqueItems": True}


FLAG = {"type": "boolean"}
ADDRESS = text(3000, pattern=r"^https://[^\s]+$")
# Slack's public reference of app manifests: names and limits.
SCHEMA = thing(
    ("display_information",),
    _metadata=thing(major_version={"const": 2}, minor_version={"const": 1}),
    display_information=thing(
        ("name",),
        name=text(35),
        description=text(140),
        long_description=text(4000, 175),
        background_color=text(7, 4, pattern="^#[0-9a-fA-F]{3}([0-9a-fA-F]{3})?$"),
    ),
    features=thing(
        app_home=thing(home_tab_enabled=FLAG, messages_tab_enabled=FLAG, messages_tab_read_only_enabled=FLAG),
        bot_user=thing(
            ("display_name",),
            display_name=text(80, pattern=r"^[A-Za-z0-9._ -]+$"),
            always_online=FLAG,
        ),
        slash_commands=many(
            thing(
                ("command", "description"),
                command=text(32, 2, pattern=r"^/[a-z0-9_-]+$"),
                description=text(2000),
                usage_hint=text(1000),
                should_escape=FLAG,
                url=ADDRESS,
            ),
            50,
        ),
        shortcuts=many(
            thing(
                ("name", "type", "callback_id", "description"),
                name=text(24),
                type={"enum": ["message", "global"]},
                callback_id=text(255),
                description=text(150),
            ),
            10,
        ),
    ),
    oauth_config=thing(
        redirect_urls=many(ADDRESS, 1000),
        scopes=thing(bot=many(text(100, pattern=r"^[a-z_.]+(:[a-z_.]+)?$"), 255)),
    ),
    settings=thing(
        event_subscriptions=thing(request_url=ADDRESS, bot_events=many(text(100), 100)),
        interactivity=thing(
            ("is_enabled",), is_enabled=FLAG, request_url=ADDRESS, message_menu_options_url=ADDRESS
        ),
        org_deploy_enabled=FLAG,
        socket_mode_enabled=FLAG,
        token_rotation_enabled=FLAG,
    ),
)


@pytest.mark.parametrize("url", [None, URL, f"{URL}/"])
def test_the_manifest_keeps_slacks_rules(url: str | None) -> None:
    found = json.loads(render(url))
    assert [error.message for error in Draft202012Validator(SCHEMA).iter_errors(found)] == []


def test_the_schema_notices_what_is_wrong() -> None:
    wrong = manifest(None) | {"display_information": {"name": "G" * 36}, "colour": "blue"}
    assert len(list(Draft202012Validator(SCHEMA).iter_errors(wrong))) == 2


def test_every_command_is_there_and_nothing_else() -> None:
    listed = [entry["command"] for entry in manifest(None)["features"]["slash_commands"]]
    assert tuple(listed) == commands.DOORS.commands()
    assert set(DESCRIPTIONS) == set(listed)


def test_the_hint_of_a_command_names_words_that_it_knows() -> None:
    for command, (_, hint) in DESCRIPTIONS.items():
        said = [word for word in hint.strip("[]").split(" | ") if not word.startswith("<")]
        known = {verb.words for verb in commands.DOORS.verbs if verb.command == command}
        known |= {alias for verb in commands.DOORS.verbs for alias in verb.aliases if command == "/gantry"}
        assert [word for word in said if word not in known] == [], command


def test_what_people_type_reaches_us_with_their_ids() -> None:
    entries = manifest(None)["features"]["slash_commands"]
    assert all(entry["should_escape"] for entry in entries), "a mention comes as an id, never as a name"


def test_every_shortcut_is_there() -> None:
    listed = manifest(None)["features"]["shortcuts"]
    assert [entry["callback_id"] for entry in listed] == [
        door.callback_id for door in commands.DOORS.shortcuts
    ]
    kinds = [entry["type"] for entry in listed]
    assert max(kinds.count("global"), kinds.count("message")) <= 5


def test_every_scope_has_its_reason() -> None:
    assert manifest(None)["oauth_config"]["scopes"]["bot"] == list(SCOPES)
    assert [scope for scope, why in SCOPES.items() if len(why) < 10] == []


def test_every_event_has_the_scope_it_needs_and_no_scope_reads_more() -> None:
    needed = {EVENT_SCOPES[event] for event in EVENTS if EVENT_SCOPES.get(event)}
    assert needed <= set(SCOPES)
    too_much = (
        "history",
        "channels:write",
        "channels:join",
        "groups:write",
        "im:history",
        "im:read",
        "chat:write.public",
        "chat:write.customize",
        "admin",
    )
    assert [scope for scope in SCOPES if any(part in scope for part in too_much)] == []


def test_with_an_address_slack_calls_us_and_without_one_we_call_slack() -> None:
    ours, theirs = manifest(None), manifest(f"{URL}/")
    assert ours["settings"]["socket_mode_enabled"] is True
    assert "http" not in json.dumps(ours)
    assert theirs["settings"]["socket_mode_enabled"] is False
    addresses = {
        theirs["settings"]["event_subscriptions"]["request_url"],
        theirs["settings"]["interactivity"]["request_url"],
        theirs["settings"]["interactivity"]["message_menu_options_url"],
        *[entry["url"] for entry in theirs["features"]["slash_commands"]],
    }
    assert addresses == {f"{URL}/slack/events"}


def test_the_file_is_what_the_doors_give(root: Path) -> None:
    assert (root / "manifest.json").read_text(encoding="utf-8") == render(None), "Run: make generate"
