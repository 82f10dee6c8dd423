"""`views.*`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.playground.errors import SlackError

if TYPE_CHECKING:
    from bot.playground.args import Args
    from bot.playground.identity import Json
    from bot.playground.slack import Slack


def open_view(slack: Slack, args: Args) -> Json:
    """`views.open`: a new modal for the person of the trigger."""
    trigger = slack.triggers.redeem(args.needed("trigger_id"))
    return {"view": slack.modals.open(trigger.person, args.json("view")).shape()}


def push(slack: Slack, args: Args) -> Json:
    """`views.push`: on top of the modal that the trigger came from."""
    trigger = slack.triggers.redeem(args.needed("trigger_id"))
    if trigger.view is None:
        raise SlackError("not_found")
    return {"view": slack.modals.push(trigger.person, args.json("view")).shape()}


def update(slack: Slack, args: Args) -> Json:
    """`views.update`, by `view_id` or `external_id`."""
    view = slack.modals.find(args.text("view_id"), args.text("external_id"))
    if view is None:
        raise SlackError("not_found")
    return {"view": slack.modals.update(view, args.json("view"), args.text("hash")).shape()}


def publish(slack: Slack, args: Args) -> Json:
    """`views.publish`: a person's Home tab."""
    person = args.needed("user_id")
    if person not in slack.workspace.people:
        raise SlackError.with_messages("invalid_arguments", ["invalid `user_id`"])
    if not slack.manifest.get("features", {}).get("app_home", {}).get("home_tab_enabled"):
        raise SlackError("not_enabled")
    return {"view": slack.modals.publish(person, args.json("view"), args.text("hash")).shape()}
