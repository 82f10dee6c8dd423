"""The one type that tells safe Slack markup from words."""

from __future__ import annotations


class Mrkdwn(str):
    """Markup that is already safe. Made by `bot.text.markup`; by hand only around constants."""

    __slots__ = ()
