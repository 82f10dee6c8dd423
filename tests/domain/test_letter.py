"""`mailto:` addresses that every mail program reads back as they were meant."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from bot.domain.letter import LONGEST, mailto

BODIES = [
    "Hello",
    "Bonjour Zoé,\n\nÀ bientôt & merci ? 100 % = <oui>",
    "one\r\ntwo\rthree\nfour",
    "+ plus and #hash and 🙂",
]


@pytest.mark.parametrize("body", BODIES)
def test_subject_and_body_come_back_as_they_were(body: str) -> None:
    found = mailto("ann@example.com", "Carte & compte?", body)
    parts = urlsplit(found.address)
    assert (parts.scheme, parts.path) == ("mailto", "ann@example.com")
    fields = parse_qs(parts.query.replace("+", "%2B"), strict_parsing=True)
    assert fields["subject"] == ["Carte & compte?"]
    lines = body.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    assert fields["body"] == ["\r\n".join(lines)]
    assert not found.cut


def test_an_address_smuggles_in_no_further_recipients() -> None:
    found = mailto("ann@example.com?cc=eve@example.com&bcc=x@example.com", "s", "b")
    assert set(parse_qs(urlsplit(found.address).query)) == {"subject", "body"}


@pytest.mark.parametrize("letter", ["a", "é", "🙂", "word "])
def test_a_long_text_is_cut_and_says_so(letter: str) -> None:
    found = mailto("ann@example.com", "subject", letter * 3000)
    assert found.cut
    assert len(found.address) <= LONGEST
    assert len(found.address) > LONGEST - 40
    body = parse_qs(urlsplit(found.address).query)["body"][0]
    assert body.endswith("…")
    assert "\ufffd" not in body
