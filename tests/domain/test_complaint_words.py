"""The list of words proposes an executive complaint: it may propose too much, and misses nearly nothing."""

from __future__ import annotations

import pytest

from bot import plans
from bot.domain.complaint_words import MOST_NAMED, words_from
from bot.domain.plan import PlanError
from tests.support.complaint_corpus import EXECUTIVE, OPERATIONAL

LEAST_RECALL = 0.98
LEAST_PRECISION = 0.85


def test_the_corpus_is_large_and_says_nothing_twice() -> None:
    said = [line for group in (EXECUTIVE, OPERATIONAL) for lines in group.values() for line in lines]
    assert len(said) >= 200
    assert len(set(said)) == len(said)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_list_finds_executive_complaints(language: str, capsys: pytest.CaptureFixture[str]) -> None:
    look = plans.complaint_words().look
    missed = [line for line in EXECUTIVE[language] if not look(line)]
    wrong = [line for line in OPERATIONAL[language] if look(line)]
    found = len(EXECUTIVE[language]) - len(missed)
    recall, precision = found / len(EXECUTIVE[language]), found / (found + len(wrong))
    with capsys.disabled():
        print(f"\nexecutive proposal, {language}: recall {recall:.3f}, precision {precision:.3f}")
    assert recall >= LEAST_RECALL, missed
    assert precision >= LEAST_PRECISION, wrong


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("My LAWYER will write to you", ["lawyer"]),
        ("C\u2019est un PROCES", ["procès"]),
        ("Without any kind of consent!", ["without … consent"]),
        ("a sous-traitance, an issue, a pursuit", []),
        ("I was trying to sue-\nyou", ["sue"]),
        ("", []),
    ],
    ids=["capitals", "accents", "words between", "parts of words", "hyphens and lines", "nothing"],
)
def test_spelling_does_not_count_and_parts_of_words_are_no_words(text: str, words: list[str]) -> None:
    assert [hit.word for hit in plans.complaint_words().look(text)] == words


def test_few_words_are_named_of_many() -> None:
    assert len(plans.complaint_words().look("lawyer court judge sue fca cfpb unfair scam racist rent")) == (
        MOST_NAMED
    )


def test_a_list_with_mistakes_is_refused_with_all_of_them() -> None:
    with pytest.raises(PlanError) as raised:
        words_from({"litigation": {"title": {"en": "a"}, "en": [], "fr": []}, "weather": {}}, "w.toml")
    assert "w.toml: weather: unknown reason" in raised.value.problems
    assert "w.toml: litigation: title: en and fr are needed" in raised.value.problems
    assert len(raised.value.problems) == 7
