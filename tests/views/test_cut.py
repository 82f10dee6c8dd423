from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import text
from bot.text import Mrkdwn
from bot.views.cut import cut, length

FAMILY = "👩‍👩‍👧"
ISOLATES = "\u2066\u2067\u2068"


@pytest.mark.parametrize(
    ("whole", "limit", "short"),
    [
        ("abc", 3, "abc"),
        ("abcd", 3, "ab…"),
        ("one two three", 9, "one two…"),
        ("one two three", 8, "one two…"),
        ("", 3, ""),
        (f"ab{FAMILY}", 9, "ab…"),
        (f"ab{FAMILY}cd", 11, f"ab{FAMILY}…"),
        ("e\u0301e\u0301e\u0301", 5, "e\u0301e\u0301…"),
        ("e\u0301e\u0301e\u0301", 4, "e\u0301…"),
        ("🇫🇷🇩🇪🇺🇸", 9, "🇫🇷🇩🇪…"),
        ("🇫🇷🇩🇪🇺🇸", 8, "🇫🇷…"),
        ("👍🏽👍🏽", 6, "👍🏽…"),
        ("\u2068אבגד\u2069", 5, "\u2068אב…\u2069"),
    ],
)
def test_text_is_cut_where_nothing_is_torn(whole: str, limit: int, short: str) -> None:
    assert cut(whole, limit) == short


@pytest.mark.parametrize(
    ("whole", "limit", "short"),
    [
        ("<@U123456> is here", 8, "…"),
        ("Hi <@U123456> is here", 8, "Hi…"),
        ("Hi <@U123456> is here", 15, "Hi <@U123456>…"),
        ("a &amp; b", 5, "a…"),
        ("aa<https://x.test|a label>", 12, "aa…"),
    ],
)
def test_markup_is_cut_outside_its_signs(whole: str, limit: int, short: str) -> None:
    done = cut(Mrkdwn(whole), limit)
    assert done == short
    assert isinstance(done, Mrkdwn)


def test_an_emoji_beyond_the_basic_plane_counts_twice() -> None:
    assert (length("a"), length("é"), length("👍"), length("\ud800")) == (1, 1, 2, 1)


@given(st.text(max_size=120), st.integers(min_value=4, max_value=60))
def test_whatever_somebody_typed_fits(typed: str, limit: int) -> None:
    for whole in (typed, text.escape(typed)):
        short = cut(whole, limit)
        assert length(short) <= limit
        assert short == whole or short.rstrip("\u2069").endswith("…")


@pytest.mark.parametrize("sign", [*ISOLATES, "\u0301", "\u200d", "🇫", "&amp;", "\n"])
def test_the_worst_three_thousand_characters_fit(sign: str) -> None:
    assert length(cut(Mrkdwn(sign * 3000), 3000)) <= 3000
