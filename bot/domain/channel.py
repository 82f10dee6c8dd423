"""Which channels may carry customers' data: private, ours alone, and with Gantry in them."""

from __future__ import annotations

from typing import Final

PURPOSES: Final = ("operations", "complaints", "managers")
"""What a programme's own channels are for; each has a setting with the default of the workspace."""

SETTINGS: Final = {purpose: f"GANTRY_{purpose.upper()}_CHANNEL" for purpose in PURPOSES}

NOT_VISIBLE: Final = frozenset({"channel_not_found", "not_in_channel"})
"""What Slack says of a private channel in which the bot is not."""


def no_sharing(*, external: bool, archived: bool, member: bool, error: str, own: bool) -> str:
    """Return why nothing is shared in a channel, or an empty text when it may be tried.

    People of another company read along in an external channel: only what is its `own` is shared there.
    """
    if error:
        return "not_member" if error in NOT_VISIBLE else ""
    reasons = (("archived", archived), ("external", external and not own), ("not_member", not member))
    return next((name for name, holds in reasons if holds), "")


def problem(*, private: bool, external: bool, archived: bool, member: bool, error: str = "") -> str:
    """Return why a channel cannot be used for customers' data, or an empty text when it can.

    `not_member` and `scope` can be repaired where they are; `unknown` may pass by itself; the others ask for
    another channel. A channel whose sharing is only offered counts as shared: nobody would ask us again.
    """
    if error:
        if error in NOT_VISIBLE:
            return "not_member"
        return "scope" if error == "missing_scope" else "unknown"
    reasons = (
        ("archived", archived),
        ("external", external),
        ("public", not private),
        ("not_member", not member),
    )
    return next((name for name, holds in reasons if holds), "")
