"""Reads an app manifest; and a manifest for tests that bring none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from bot.playground.identity import Json

DEFAULT: Final[Json] = {
    "display_information": {"name": "Gantry"},
    "features": {
        "bot_user": {"display_name": "Gantry", "always_online": True},
        "app_home": {"home_tab_enabled": True, "messages_tab_enabled": True},
        "slash_commands": [
            {"command": "/gantry", "description": "Everything Gantry can do", "usage_hint": "help"},
            {
                "command": "/onboarding",
                "description": "Walk a programme to launch",
                "usage_hint": "start",
                "should_escape": True,
            },
        ],
        "shortcuts": [
            {
                "name": "Add as evidence",
                "type": "message",
                "callback_id": "evidence_from_message",
                "description": "Use this message's files as evidence",
            },
            {
                "name": "Start a programme",
                "type": "global",
                "callback_id": "onboarding_start",
                "description": "Open the form",
            },
        ],
    },
    "oauth_config": {
        "scopes": {
            "bot": ["commands", "chat:write", "files:read", "files:write", "users:read", "app_mentions:read"]
        }
    },
    "settings": {
        "event_subscriptions": {
            "bot_events": [
                "app_home_opened",
                "app_uninstalled",
                "tokens_revoked",
                "app_mention",
                "user_change",
            ]
        },
        "interactivity": {"is_enabled": True},
    },
}

# What an event needs beside its subscription (docs.slack.dev/reference/events).
EVENT_SCOPES: Final = {
    "app_mention": "app_mentions:read",
    "message.im": "im:history",
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "member_joined_channel": "channels:read",
    "member_left_channel": "channels:read",
    "channel_archive": "channels:read",
    "channel_unarchive": "channels:read",
    "channel_left": "channels:read",
    "channel_shared": "channels:read",
    "channel_unshared": "channels:read",
    "group_archive": "groups:read",
    "group_left": "groups:read",
    "user_change": "users:read",
    "file_shared": "files:read",
}


def events(manifest: Json) -> list[str]:
    """The events the app gets: subscribed and with the scope they need."""
    granted = manifest.get("oauth_config", {}).get("scopes", {}).get("bot", [])
    wanted = manifest.get("settings", {}).get("event_subscriptions", {}).get("bot_events", [])
    return [name for name in wanted if EVENT_SCOPES.get(name) in (None, *granted)]


def commands(manifest: Json) -> list[Json]:
    """The slash commands, as the manifest describes them."""
    return list(manifest.get("features", {}).get("slash_commands", []))


def shortcuts(manifest: Json) -> list[Json]:
    """The shortcuts, as the manifest describes them."""
    return list(manifest.get("features", {}).get("shortcuts", []))
