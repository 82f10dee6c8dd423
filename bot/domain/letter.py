"""A message to somebody outside, as a `mailto:` address that mail programs take."""

from __future__ import annotations

from typing import Final, NamedTuple
from urllib.parse import quote

LONGEST: Final = 1_800
"""Characters of the whole address: Windows hands on at most 2,083, and Slack's text holds 3,000."""


class Mailto(NamedTuple):
    """The address to click; `cut` when not all of the body fits into it."""

    address: str
    cut: bool


def mailto(to: str, subject: str, body: str, longest: int = LONGEST) -> Mailto:
    """Return a `mailto:` address with subject and body (RFC 6068: percent-encoded UTF-8, lines end in CRLF).

    A body that does not fit is cut at the end of a word, with "…" behind it.
    """
    start = f"mailto:{quote(to, safe='@')}?subject={_encoded(subject)}&body="
    room = longest - len(start)
    whole = _encoded(body)
    if len(whole) <= room:
        return Mailto(start + whole, cut=False)
    low, high = 0, len(body)
    while low < high:  # the longest beginning that fits
        middle = (low + high + 1) // 2
        if len(_encoded(f"{body[:middle]}…")) <= room:
            low = middle
        else:
            high = middle - 1
    kept = body[:low]
    word = max(kept.rfind(" "), kept.rfind("\n"))
    kept = kept[:word] if word > 0 else kept
    return Mailto(start + _encoded(f"{kept.rstrip()}…"), cut=True)


def _encoded(words: str) -> str:
    lines = words.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return quote("\r\n".join(lines), safe="")
