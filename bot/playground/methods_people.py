"""`auth.test`, `api.test`, `users.*`, `apps.connections.open` and the small methods about people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.playground import shapes
from bot.playground.errors import SlackError
from bot.playground.identity import APP_ID, BOT_ID, BOT_NAME, BOT_USER, TEAM_DOMAIN, TEAM_ID, TEAM_NAME
from bot.playground.methods_conversations import page

if TYPE_CHECKING:
    from bot.playground.args import Args
    from bot.playground.identity import Json
    from bot.playground.slack import Slack
    from bot.playground.workspace import Person


def auth_test(slack: Slack, args: Args) -> Json:
    """`auth.test`."""
    if args.token == slack.app_token:
        return {"app_name": BOT_NAME, "app_id": APP_ID}
    return {
        "url": f"https://{TEAM_DOMAIN}.slack.com/",
        "team": TEAM_NAME,
        "user": BOT_NAME.lower(),
        "team_id": TEAM_ID,
        "user_id": BOT_USER,
        "bot_id": BOT_ID,
        "is_enterprise_install": False,
    }


def api_test(_slack: Slack, args: Args) -> Json:
    """`api.test`: gives back what it was given."""
    if error := args.text("error"):
        raise SlackError(error, args=args.values)
    return {"args": args.values}


def info(slack: Slack, args: Args) -> Json:
    """`users.info`."""
    person = _person(slack, args.needed("user"), "user_not_found")
    return {"user": _shape(slack, person, args)}


def listing(slack: Slack, args: Args) -> Json:
    """`users.list`."""
    found, cursor = page([_shape(slack, person, args) for person in slack.workspace.people.values()], args)
    return {"members": found, "cache_ts": int(slack.clock.wall()), "response_metadata": cursor}


def lookup(slack: Slack, args: Args) -> Json:
    """`users.lookupByEmail`."""
    wanted = args.needed("email").lower()
    for person in slack.workspace.people.values():
        if person.email == wanted and not person.is_bot and not person.deleted:
            return {"user": shapes.user(person)}
    raise SlackError("users_not_found")


def team(_slack: Slack, _args: Args) -> Json:
    """`team.info`."""
    icon = {"image_default": True}
    return {
        "team": {
            "id": TEAM_ID,
            "name": TEAM_NAME,
            "domain": TEAM_DOMAIN,
            "url": f"https://{TEAM_DOMAIN}.slack.com/",
            "email_domain": f"{TEAM_DOMAIN}.example",
            "icon": icon,
        }
    }


def bot(_slack: Slack, args: Args) -> Json:
    """`bots.info`."""
    if args.text("bot", BOT_ID) != BOT_ID:
        raise SlackError("bot_not_found")
    return {"bot": {**shapes.bot_profile(), "user_id": BOT_USER}}


def usergroup(_slack: Slack, args: Args) -> Json:
    """`usergroups.users.list`: this workspace has no user groups."""
    args.needed("usergroup")
    raise SlackError("no_such_subteam")


def dnd(slack: Slack, args: Args) -> Json:
    """`dnd.info`: nobody sleeps here."""
    _person(slack, args.text("user", BOT_USER), "user_not_found")
    return {
        "dnd_enabled": False,
        "next_dnd_start_ts": 1,
        "next_dnd_end_ts": 1,
        "snooze_enabled": False,
    }


def open_socket(slack: Slack, _args: Args) -> Json:
    """`apps.connections.open`: the URL of one Socket Mode connection."""
    return {"url": slack.sockets.ticket()}


def _person(slack: Slack, name: str, error: str) -> Person:
    person = slack.workspace.people.get(name)
    if person is None:
        raise SlackError(error)
    return person


def _shape(slack: Slack, person: Person, args: Args) -> Json:
    return shapes.user(person, locale=args.flag("include_locale"), email="users:read.email" in slack.scopes)
