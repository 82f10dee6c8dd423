from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from bot import text
from bot.text import catalogue

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HEAD = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\nPlural-Forms: nplurals=2; plural=(n > 1);\\n"\n\n'
ENGLISH = """
msgid "greet"
msgstr "Hello {name}, see *{thing}* & <more>"

msgid "steps"
msgid_plural "steps"
msgstr[0] "{count} step of {name}"
msgstr[1] "{count} steps of {name}"

msgid "brace"
msgstr "{{literal}}"

msgid "two"
msgstr "one\\nline"
"""
FRENCH = """
msgid "greet"
msgstr "Bonjour {name}, voir *{thing}*"

msgid "steps"
msgid_plural "steps"
msgstr[0] "{count} étape de {name}"
msgstr[1] "{count} étapes de {name}"

msgid "brace"
msgstr "{{littéral}}"

msgid "two"
msgstr "une\\nligne"
"""


def write(folder: Path, language: str, entries: str) -> None:
    file = folder / language / "LC_MESSAGES" / "gantry.po"
    file.parent.mkdir(parents=True)
    file.write_text(HEAD + entries, encoding="utf-8")


@pytest.fixture
def words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    write(tmp_path, "en", ENGLISH)
    write(tmp_path, "fr", FRENCH)
    monkeypatch.setattr(catalogue, "FOLDER", tmp_path)
    catalogue.catalogue.cache_clear()
    yield
    catalogue.catalogue.cache_clear()


@pytest.mark.parametrize(
    ("locale", "default", "language"),
    [
        ("fr-FR", "en", "fr"),
        ("fr-CA", "en", "fr"),
        ("fr_CH", "en", "fr"),
        ("FR", "en", "fr"),
        ("en-US", "fr", "en"),
        ("de-DE", "fr", "en"),
        ("frr", "en", "en"),
        ("", "fr", "fr"),
        (None, "fr", "fr"),
        (None, "en", "en"),
    ],
)
def test_the_language_follows_the_locale(
    locale: str | None, default: catalogue.Language, language: str
) -> None:
    assert text.language_of(locale, default) == language


@pytest.mark.usefixtures("words")
class TestCatalogue:
    def test_words_come_in_the_readers_language(self) -> None:
        assert text.say("en", "greet", name="Ada", thing="it") == "Hello Ada, see *it* & <more>"
        assert text.say("fr", "greet", name="Ada", thing="ça") == "Bonjour Ada, voir *ça*"

    @pytest.mark.parametrize(
        ("language", "number", "said"),
        [
            ("en", 0, "0 steps of X"),
            ("en", 1, "1 step of X"),
            ("en", 2, "2 steps of X"),
            ("fr", 0, "0 étape de X"),
            ("fr", 1, "1 étape de X"),
            ("fr", 2, "2 étapes de X"),
            ("fr", 1_000_000, "1\u202f000\u202f000 étapes de X"),
        ],
    )
    def test_a_number_chooses_the_form(self, language: str, number: int, said: str) -> None:
        assert text.count(language, "steps", number, name="X") == said

    def test_doubled_braces_are_shown_once(self) -> None:
        assert text.say("en", "brace") == "{literal}"

    def test_plain_words_stay_on_one_line(self) -> None:
        assert text.plain("fr", "two") == "une ligne"

    def test_braces_in_a_value_are_left_alone(self) -> None:
        assert "{thing} {0.x}" in text.say("en", "greet", name="{thing} {0.x}", thing="it")

    @pytest.mark.parametrize(
        ("key", "values", "complaint"),
        [
            ("nothing", {}, "no text 'nothing'"),
            ("greet", {"name": "Ada"}, r"'greet' needs a value for \{thing\}"),
            ("steps", {"name": "X"}, "'steps' has plural forms"),
            ("steps", {"name": "X", "count": True}, "'steps' has plural forms"),
        ],
    )
    def test_what_is_missing_is_named(self, key: str, values: dict[str, object], complaint: str) -> None:
        with pytest.raises(text.TextError, match=complaint):
            text.say("en", key, **values)

    def test_an_unknown_language_is_named(self) -> None:
        with pytest.raises(text.TextError, match="no language 'de'; there are en, fr"):
            text.say("de", "greet")

    @pytest.mark.parametrize(
        "value", [None, True, ["a"], text.person("U1"), pytest.param(object(), id="object")], ids=repr
    )
    def test_a_value_without_plain_words_is_refused(self, value: object) -> None:
        with pytest.raises(TypeError):
            text.say("en", "greet", name=value, thing="it")

    def test_numbers_and_dates_are_written_for_the_reader(self) -> None:
        said = text.say("fr", "greet", name=1234.5, thing=date(2026, 11, 30))
        assert said == "Bonjour 1\u202f234,5, voir *30 novembre 2026*"

    def test_markup_escapes_our_words_and_the_values(self) -> None:
        said = text.mrkdwn("en", "greet", name="<!channel>", thing=text.person("U1"))
        assert said == "Hello &lt;!channel&gt;, see *<@U1>* &amp; &lt;more&gt;"
        assert isinstance(said, text.Mrkdwn)

    def test_a_moment_in_markup_is_shown_in_the_readers_zone(self) -> None:
        at = datetime(2026, 11, 30, 9, 5, tzinfo=UTC)
        said = text.mrkdwn("en", "greet", name=at, thing="it")
        assert "<!date^1796029500^{date_long} at {time}|November 30, 2026 at 9:05\u00a0AM UTC>" in said


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        ('msgid "a"\nmsgstr ""', "'a' has no words"),
        ('msgid "a"\nmsgstr "{x.y}"', "a place is a plain name"),
        ('msgid "a"\nmsgstr "{x!r}"', "a place is a plain name"),
        ('msgid "a"\nmsgstr "{}"', "a place is a plain name"),
        ('msgid "a"\nmsgstr "{x"', "for a brace that people shall see"),
        ('#, fuzzy\nmsgid "a"\nmsgstr "x"', "marked fuzzy"),
        ('msgid "a"\nmsgid_plural "b"\nmsgstr[0] "x"\nmsgstr[1] "y"', "msgid_plural equal to msgid"),
        ('msgid "a"\nmsgid_plural "a"\nmsgstr[0] "x"\nmsgstr[1] ""', "msgid_plural equal to msgid"),
    ],
)
def test_a_malformed_entry_is_named_at_once(
    entry: str, complaint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "en", entry)
    write(tmp_path, "fr", "")
    monkeypatch.setattr(catalogue, "FOLDER", tmp_path)
    catalogue.catalogue.cache_clear()
    try:
        with pytest.raises(text.TextError, match=complaint):
            text.load()
    finally:
        catalogue.catalogue.cache_clear()


@pytest.mark.parametrize(
    ("language", "amount", "currency", "written"),
    [
        ("en", 1234, "usd", "$12.34"),
        ("en", -50, "usd", "-$0.50"),
        ("fr", 123456, "EUR", "1\u202f234,56\u00a0€"),
        ("en", 500, "jpy", "¥500"),
        ("en", 500, "isk", "ISK\u00a05"),
        ("en", 500, "ugx", "UGX\u00a05"),
        ("en", 5124, "kwd", "KWD\u00a05.124"),
        ("en", 10**15, "usd", "$10,000,000,000,000.00"),
    ],
)
def test_money_has_the_decimals_stripe_counts(
    language: str, amount: int, currency: str, written: str
) -> None:
    assert text.money(language, amount, currency) == written


def test_shares_and_lists_are_written_for_the_reader() -> None:
    assert text.percent("en", Decimal("0.125"), 1) == "12.5%"
    assert text.percent("fr", 0.125, 1) == "12,5\u00a0%"
    assert text.percent("fr", 1) == "100\u00a0%"
    assert text.listing("en", ["a", "b", "c"]) == "a, b and c"
    assert text.listing("fr", ["a", "b", "c"]) == "a, b et c"
    assert text.listing("fr", []) == ""


def test_a_list_with_markup_is_markup() -> None:
    both = text.listing("en", [text.person("U1"), "<@U2>"])
    assert isinstance(both, text.Mrkdwn)
    assert both == "<@U1> and &lt;@U2&gt;"


@pytest.mark.parametrize(
    ("language", "zone", "written"),
    [
        ("en", "America/New_York", "November 30, 2026 at 11:59\u00a0PM EST"),
        ("fr", "America/New_York", "30 novembre 2026 à 23:59 EST"),
        ("fr", "Europe/Paris", "1er décembre 2026 à 05:59 CET"),
        ("en", "America/Sao_Paulo", "December 1, 2026 at 1:59\u00a0AM UTC-03:00"),
        ("en", "Asia/Kathmandu", "December 1, 2026 at 10:44\u00a0AM UTC+05:45"),
    ],
)
def test_a_moment_names_its_zone(language: str, zone: str, written: str) -> None:
    at = datetime(2026, 12, 1, 4, 59, 59, tzinfo=UTC)
    assert text.moment(language, at, zone) == written
    assert text.moment(language, at, ZoneInfo(zone)) == text.moment(language, at, zone)


@pytest.mark.parametrize("zone", ["Europe/Paris", "Asia/Tokyo", "America/Los_Angeles", "Asia/Kolkata"])
def test_a_deadline_has_one_date_for_all_readers(zone: str) -> None:
    end_of_day = datetime(2026, 11, 30, 23, 59, 59, tzinfo=ZoneInfo("America/New_York"))
    shown = text.when(end_of_day, "en", "day", "America/New_York")
    stamp = int(shown.split("^")[1])
    days_off = (datetime.fromtimestamp(stamp, ZoneInfo(zone)).date() - date(2026, 11, 30)).days
    assert days_off == (1 if zone == "Asia/Tokyo" else 0), "twelve hours and more away the date differs"
    assert shown.endswith("^{date_long}|November 30, 2026 (EST)>")
    assert text.day(date(2026, 11, 30), "en", "America/New_York") == shown


def test_times_without_a_zone_and_unknown_zones_are_refused() -> None:
    naive = datetime(2026, 1, 1, tzinfo=timezone(timedelta(0))).replace(tzinfo=None)
    with pytest.raises(ValueError, match="has no zone"):
        text.when(naive, "en")
    with pytest.raises(ValueError, match="unknown zone 'Mars/Base'"):
        text.day(date(2026, 1, 1), "en", "Mars/Base")


INVISIBLE = dict.fromkeys(map(ord, "\u2060\ufeff\u2068\u2069"))
THREE_THOUSAND = ("Zoë said *no* & <left> " * 140)[:3000]


@pytest.mark.parametrize(
    ("typed", "escaped"),
    [
        ("<!channel> <!here>", "&lt;!channel&gt; &lt;!here&gt;"),
        ("<@U1>", "&lt;@U1&gt;"),
        ("<https://x|y>", "&lt;https://x|y&gt;"),
        ("&lt;b&gt; &amp;", "&amp;lt;b&amp;gt; &amp;amp;"),
        ("*bold*", "\u2060*\ufeffbold\u2060*\ufeff"),
        ("_it_ ~no~", "\u2060_\ufeffit\u2060_\ufeff \u2060~\ufeffno\u2060~\ufeff"),
        ("`code`", "\u2060`\ufeffcode\u2060`\ufeff"),
        ("a`b`c", "a\u2060`\ufeffb\u2060`\ufeffc"),
        ("report_final_2.pdf", "report_final_2.pdf"),
        ("2*3*4", "2*3*4"),
        ("> quote\n  > more\n\uff1e wide", "\u2060&gt; quote\n  \u2060&gt; more\n\u2060\uff1e wide"),
        ("a > b", "a &gt; b"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("👩‍👩‍👧 :tada:", "👩‍👩‍👧 :tada:"),
        ("", ""),
    ],
)
def test_what_somebody_typed_has_no_effect(typed: str, escaped: str) -> None:
    assert text.escape(typed) == escaped


@pytest.mark.parametrize(
    "typed",
    [
        THREE_THOUSAND,
        "```\nblock\n```",
        "שלום *עולם*",
        "مرحبا <@U1>",
        "abc\u202edcba",
        "\u2067open",
        "close\u2069 *x*",
        "日*本*語",
        ">>> all of it",
        "é*x*é",
    ],
)
def test_what_somebody_typed_can_be_copied_back(typed: str) -> None:
    shown = text.escape(typed).translate(INVISIBLE)
    decoded = shown.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    assert decoded == typed.translate(INVISIBLE)


def test_markup_is_escaped_once() -> None:
    once = text.escape("*<x>*")
    assert text.escape(once) is once
    assert text.lines("a & b", once, "", text.strong("c*")) == f"a &amp; b\n{once}\n*c\u2060*\ufeff*"


@pytest.mark.parametrize("typed", ["abc\u202edef", "a\u2069b", "\u2067\u2066x", "\u2069\u2069ש", "נ\u2068"])
def test_right_to_left_text_stays_in_its_place(typed: str) -> None:
    around = text.escape(typed)
    depth = 0
    for index, character in enumerate(around):
        depth += (character in "\u2066\u2067\u2068") - (character == "\u2069")
        assert depth >= (1 if index < len(around) - 1 else 0), "nothing of it stands outside the isolate"
    assert depth == 0


@pytest.mark.parametrize(
    ("url", "written"),
    [
        ("https://x.test/a?b=1&c=2", "<https://x.test/a?b=1&amp;c=2|see *it*>"),
        ("https://x.test/a|b>c d", "<https://x.test/a%7Cb%3Ec%20d|see *it*>"),
    ],
)
def test_a_link_holds_any_address(url: str, written: str) -> None:
    assert text.link(url, "see\n*it*").translate(INVISIBLE) == written


@pytest.mark.parametrize("url", ["javascript:alert(1)", "file:///etc", "x.test", ""])
def test_only_addresses_to_click_become_links(url: str) -> None:
    with pytest.raises(ValueError, match="not an address to click"):
        text.link(url, "x")


@pytest.mark.parametrize("wrong", ["", "U1>", "u1", "<@U1>", "C1", "U1|x"])
def test_only_ids_become_mentions(wrong: str) -> None:
    with pytest.raises(ValueError, match="not a Slack user id"):
        text.person(wrong)


def test_channels_are_shown_by_id() -> None:
    assert text.channel("C0CARDS") == "<#C0CARDS>"
    with pytest.raises(ValueError, match="not a Slack channel id"):
        text.channel("#cards")


def test_what_gantry_did_has_its_name_and_mentions_nobody() -> None:
    assert text.person("gantry") == "Gantry"
