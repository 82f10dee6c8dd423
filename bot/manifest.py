"""The Slack app manifest, made from the doors: what the app is called, may do, and listens to."""

import json
from typing import Any, Final

import commands

SCOPES: Final = {
    "commands": "slash commands and shortcuts",
    "chat:write": "boards, threads and private answers",
    "files:read": "files given as evidence, which Slack requires for file inputs",
    "files:write": "packets of files for Stripe's review, as ZIPs in the thread; pictures of forecasts",
    "im:write": "pictures that only one person gets: opens their conversation with the bot",
    "users:read": "language, time zone, and whether somebody is a guest",
    "app_mentions:read": "the same verbs inside threads, where commands do not work",
    "channels:read": "whether a channel is public, shared or archived, before customers' data goes there",
    "groups:read": "the same of private channels in which Gantry is a member",
}
"""Each scope with its reason; docs/reference/manifest.md shows them."""

OPTIONAL: Final = {
    "users:read.email": "lets a cardholder revoke their own card: their address is compared with the card's",
    "channels:history": "in public channels: look whether a message arrived before sending it again",
    "groups:history": "the same in private channels",
}
"""Scopes that nobody has to grant; `bot.effects.arrival` uses those that are there."""

EVENTS: Final = (
    "app_home_opened",
    "app_mention",
    "app_uninstalled",
    "channel_archive",
    "channel_left",
    "channel_shared",
    "channel_unshared",
    "group_archive",
    "group_left",
    "tokens_revoked",
    "user_change",
)
DESCRIPTIONS: Final = {
    "/approval-status": ("Approvals: where each stands, who must act, days left", "[<programme>]"),
    "/complaint": (
        "Complaints: log one, see those open, overdue or executive",
        "[list | show | settings | <what was said>]",
    ),
    "/dispute": (
        "Dispute a purchase on a card, and follow it to its end",
        "[new | list | show | picture]",
    ),
    "/gantry": ("Help, away, hand-over, channels, roles", "[help | away | hand-over | channels | status]"),
    "/lost-card": ("Stop a lost or stolen card, then revoke it", "[<last four> | <ic_…> | list]"),
    "/onboarding": ("Take a card programme from intake form to launch", "[start | list | show | forecast]"),
}


def manifest(url: str | None) -> dict[str, Any]:
    """Return the manifest; with a public address for HTTP, without one for Socket Mode."""
    endpoint = f"{url.rstrip('/')}/slack/events" if url else None
    listed = []
    for command in commands.DOORS.commands():
        description, hint = DESCRIPTIONS[command]
        entry: dict[str, Any] = {
            "command": command,
            "description": description,
            "usage_hint": hint,
            "should_escape": True,
        }
        listed.append(entry | ({"url": endpoint} if endpoint else {}))
    interactivity: dict[str, Any] = {"is_enabled": True}
    events: dict[str, Any] = {"bot_events": sorted(EVENTS)}
    if endpoint:
        interactivity |= {"request_url": endpoint, "message_menu_options_url": endpoint}
        events["request_url"] = endpoint
    return {
        "_metadata": {"major_version": 2},
        "display_information": {
            "name": "Gantry",
            "description": "Card programmes: onboarding, approvals, compliance",
            "background_color": "#12263f",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": True,
            },
            "bot_user": {"display_name": "Gantry", "always_online": True},
            "slash_commands": listed,
            "shortcuts": [
                {
                    "name": shortcut.name,
                    "type": shortcut.kind,
                    "callback_id": shortcut.callback_id,
                    "description": shortcut.description,
                }
                for shortcut in commands.DOORS.shortcuts
            ],
        },
        "oauth_config": {"scopes": {"bot": list(SCOPES)}},
        "settings": {
            "event_subscriptions": events,
            "interactivity": interactivity,
            "org_deploy_enabled": False,
            "socket_mode_enabled": endpoint is None,
            "token_rotation_enabled": False,
        },
    }


def render(url: str | None) -> str:
    """Return the manifest as JSON, ending in a line break."""
    return json.dumps(manifest(url), indent=2, ensure_ascii=False) + "\n"
