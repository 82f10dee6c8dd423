"""Which channels may carry customers' data."""

from __future__ import annotations

import pytest

from bot.domain.channel import problem

GOOD = {"private": True, "external": False, "archived": False, "member": True}

# what differs from a good channel, and why it is refused
CASES = [
    ({}, ""),
    ({"private": False}, "public"),
    ({"external": True}, "external"),
    ({"external": True, "private": False}, "external"),
    ({"archived": True}, "archived"),
    ({"archived": True, "private": False, "member": False}, "archived"),
    ({"member": False}, "not_member"),
    ({"private": False, "member": False}, "public"),
    ({"error": "channel_not_found"}, "not_member"),
    ({"error": "not_in_channel"}, "not_member"),
    ({"error": "missing_scope"}, "scope"),
    ({"error": "internal_error"}, "unknown"),
]


@pytest.mark.parametrize(("differs", "reason"), CASES)
def test_why_a_channel_is_refused(differs: dict[str, bool | str], reason: str) -> None:
    assert problem(**{**GOOD, **differs}) == reason  # type: ignore[arg-type]
