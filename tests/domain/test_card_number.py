from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.card_number import REMOVED, contains_card_number, redact

# Numbers that card networks and processors publish for tests.
KNOWN = [
    "4242424242424242",
    "4000056655665556",
    "5555555555554444",
    "2223003122003222",
    "378282246310005",
    "371449635398431",
    "6011111111111117",
    "30569309025904",
    "36227206271667",
    "3566002020360505",
    "6200000000000005",
    "4222222222222",
    "6205500000000000004",
]

SPACINGS = {
    "spaces": " ",
    "two spaces": "  ",
    "no-break spaces": "\N{NO-BREAK SPACE}",
    "thin spaces": "\N{THIN SPACE}",
    "narrow no-break spaces": "\N{NARROW NO-BREAK SPACE}",
    "zero-width spaces": "\N{ZERO WIDTH SPACE}",
    "tabs": "\t",
    "dashes": "-",
    "spaced dashes": " - ",
    "en dashes": "\N{EN DASH}",
    "non-breaking hyphens": "\N{NON-BREAKING HYPHEN}",
    "minus signs": "\N{MINUS SIGN}",
    "dots": ".",
    "middle dots": "\N{MIDDLE DOT}",
    "line breaks": "\n",
    "windows line breaks": "\r\n",
    "right-to-left marks": "\N{RIGHT-TO-LEFT MARK}",
    "keycaps": "\N{VARIATION SELECTOR-16}\N{COMBINING ENCLOSING KEYCAP}",
}


def spaced(number: str, gap: str, size: int) -> str:
    return gap.join(number[index : index + size] for index in range(0, len(number), size))


@pytest.mark.parametrize("gap", list(SPACINGS.values()), ids=list(SPACINGS))
def test_a_card_number_is_found_in_any_spacing(gap: str) -> None:
    texts = [
        f"My card is {spaced(number, gap, size)}, please help." for number in KNOWN for size in (1, 4, 5)
    ]

    assert [text for text in texts if not contains_card_number(text)] == []
    assert {text: redact(text) for text in texts} == dict.fromkeys(
        texts, f"My card is {REMOVED}, please help."
    )


FOUND = [
    ("4242424242424242", REMOVED),
    ("card:4242424242424242!", f"card:{REMOVED}!"),
    ("x4242424242424242y", f"x{REMOVED}y"),
    ("4242 4242 4242 4242 12/27 123", f"{REMOVED} 12/27 123"),
    ("order 12, 4242 4242 4242 4242", f"order 12, {REMOVED}"),
    ("3782 822463 10005", REMOVED),
    ("\uff14\uff12\uff14\uff12" * 4, REMOVED),
    ("\u0664\u0662\u0664\u0662" * 4, REMOVED),
    ("\u06f4\u06f2\u06f4\u06f2" * 4, REMOVED),
    ("4242424242424242 and 5555555555554444", f"{REMOVED} and {REMOVED}"),
    ("4242424242424242\n5555555555554444", f"{REMOVED}\n{REMOVED}"),
    ("*4242 4242 4242 4242*", f"*{REMOVED}*"),
    ("<https://x.test/?c=4242424242424242|a>", f"<https://x.test/?c={REMOVED}|a>"),
    ("🙂4242-4242-4242-4242🙂", f"🙂{REMOVED}🙂"),
    ("2026-11-23 4242 4242 4242 4242", f"2026-11-23 {REMOVED}"),
]


@pytest.mark.parametrize(("text", "expected"), FOUND)
def test_only_the_card_number_is_removed(text: str, expected: str) -> None:
    assert contains_card_number(text)
    assert redact(text) == expected


HARMLESS = [
    "",
    "no digits at all",
    "4242424242424241",
    "4242 4242 4242 425",
    "424242424242",
    "42424242424242424242",
    "1" * 3000,
    "0000000000000000",
    "card ending in 4242",
    "ic_1MytUz2eZvKYlo2CZCn5fuvZ",
    "iauth_1PqRs2eZvKYlo2CabcDEF12",
    "idp_1Jn4Mb2eZvKYlo2C",
    "evt_1NG8Du2eZvKYlo2CUI79vXWy",
    "acct_1032D82eZvKYlo2C",
    "<@U0123456789> in <#C0123456789>",
    "2026-11-23 2026-11-30",
    "2026-11-23T15:00:00+01:00",
    "1700000000.123456",
    "https://acme.slack.com/archives/C012ABCDEF/p1700000000123456",
    "+33 6 12 34 56 78",
    "+1 (555) 010-9999",
    "0044 20 7946 0958",
    "FR76 3000 6000 0112 3456 7890 188",
    "1,234,567.89 EUR on 23/11/2026",
    "4242 4242 x 4242 4242",
    "4242/4242/4242/4242",
]


@pytest.mark.parametrize("text", HARMLESS)
def test_other_numbers_are_left_alone(text: str) -> None:
    assert not contains_card_number(text)
    assert redact(text) == text


def luhn(number: str) -> bool:
    digits = [int(one) for one in reversed(number)]
    return sum(digits[::2] + [sum(divmod(2 * one, 10)) for one in digits[1::2]]) % 10 == 0


@given(st.integers(12, 18).flatmap(lambda zeros: st.integers(10**zeros, 10 ** (zeros + 1) - 1)).map(str))
def test_a_bare_number_is_a_card_number_exactly_when_it_passes_luhn(number: str) -> None:
    assert contains_card_number(f"n {number}, n") is luhn(number)


@given(st.text(alphabet="0123456789 -.\nx/", max_size=120))
def test_a_redacted_text_holds_no_card_number(text: str) -> None:
    assert not contains_card_number(redact(text))


@pytest.mark.parametrize(
    "text", ["1 " * 1500, "12-" * 1000, "7" * 3000, "4242 " * 600, "\N{ZERO WIDTH SPACE}1" * 1500]
)
def test_the_longest_field_is_searched_without_trouble(text: str) -> None:
    assert not contains_card_number(redact(text))
