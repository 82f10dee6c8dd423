"""Card numbers in text that people typed: found however they are spaced, so that they are never kept."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

SHORTEST: Final = 13
LONGEST: Final = 19
REMOVED: Final = "[card number removed]"
"""What stands in a redacted text where a card number was."""

_POINTS: Final = frozenset(".·•‧∙⋅\N{MINUS SIGN}")
_GAPS: Final = frozenset({"Zs", "Zl", "Zp", "Pd", "Cf", "Mn", "Me"})

_OTHER_NUMBERS: Final = re.compile(
    r"(?<!\d)(?:19|20)\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])(?!\d)"  # an ISO date
    r"|(?<!\d)1\d{9}\.\d{6}(?!\d)"  # the time stamp of a Slack message
    r"|(?<=/p)1\d{15}(?!\d)"  # the same in a link to it
)
"""Numbers that are long, common in Slack, and no card number though one in ten passes Luhn."""


class _Group(NamedTuple):
    start: int
    end: int
    digits: str


def contains_card_number(text: str) -> bool:
    """Tell whether a text holds a card number: 13 to 19 digits that pass Luhn, in any spacing and script."""
    return next(_spans(text), None) is not None


def redact(text: str) -> str:
    """Return the text with every card number replaced by `REMOVED`; the result holds none."""
    parts: list[str] = []
    kept = 0
    for start, end in _spans(text):
        parts += [text[kept:start], REMOVED]
        kept = end
    return "".join(parts) + text[kept:]


def _spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield where card numbers are, from the left, without overlap.

    A number begins and ends where a group of digits does, so that part of a longer number is not one.
    """
    for run in _runs(text):
        digits = "".join(group.digits for group in run)
        sums = _luhn_sums(digits)
        offsets = [0]
        for group in run:
            offsets.append(offsets[-1] + len(group.digits))
        first = 0
        while first < len(run):
            last = _last_group(sums, offsets, first, digits)
            if last is None:
                first += 1
            else:
                yield run[first].start, run[last - 1].end
                first = last


def _last_group(sums: tuple[list[int], list[int]], offsets: list[int], first: int, digits: str) -> int | None:
    """Return the end of the longest card number that begins with a group, as an index of groups."""
    begin, found = offsets[first], None
    for last in range(first + 1, len(offsets)):
        end = offsets[last]
        if end - begin > LONGEST:
            break
        # Luhn doubles every second digit from the right: those whose index is even or odd as the end is.
        total = sums[end % 2][end] - sums[end % 2][begin]
        if end - begin >= SHORTEST and total % 10 == 0 and any(one != "0" for one in digits[begin:end]):
            found = last
    return found


def _luhn_sums(digits: str) -> tuple[list[int], list[int]]:
    """Return running Luhn sums that double even and odd indexes, so that any window is one subtraction."""
    sums: tuple[list[int], list[int]] = ([0], [0])
    for index, one in enumerate(digits):
        value = int(one)
        doubled = value * 2 - 9 * (value > 4)  # noqa: PLR2004 - doubling 5 and more gives two digits to add
        sums[index % 2].append(sums[index % 2][-1] + doubled)
        sums[1 - index % 2].append(sums[1 - index % 2][-1] + value)
    return sums


def _runs(text: str) -> Iterator[list[_Group]]:
    """Yield groups of digits that only spaces, dashes, points or invisible characters separate."""
    breaks = {index for found in _OTHER_NUMBERS.finditer(text) for index in range(*found.span())}
    run: list[_Group] = []
    start, digits = 0, ""
    for index, character in enumerate(text + "|"):
        digit = -1 if index in breaks else unicodedata.digit(character, -1)
        if digit >= 0:
            start = start if digits else index
            digits += str(digit)
            continue
        if digits:
            run.append(_Group(start, index, digits))
            digits = ""
        if run and (index in breaks or not _is_gap(character)):
            yield run
            run = []


def _is_gap(character: str) -> bool:
    return character.isspace() or character in _POINTS or unicodedata.category(character) in _GAPS
