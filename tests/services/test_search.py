"""Which programme words mean on real rows: by number, name, thread or channel."""

from __future__ import annotations

import pytest

from bot.services import search
from storage import Database
from storage.queries import thread as threads
from tests.support.course import Course

FINDS = [
    ("P-1", ["Acme cards"], True),
    ("p-2", ["Acme wallets"], True),
    ("acme cards", ["Acme cards"], True),
    ("Cards, ACME", ["Acme cards"], True),
    ("acme", ["Acme cards", "Acme wallets"], True),
    ("wallets", ["Acme wallets"], True),
    ("walets", ["Acme wallets"], False),
    ("zebra", [], True),
    ("", ["Acme cards"], True),
]


@pytest.fixture
def two(database: Database) -> Course:
    """Two programmes in two channels; the course is about the second."""
    course = Course(database)
    course.start(name="Acme cards")
    course.channel = "C0CARTES"
    course.start(name="Acme wallets")
    return course


@pytest.mark.parametrize(("words", "wanted", "sure"), FINDS)
def test_programmes_are_found_by_reference_name_or_channel(
    two: Course, words: str, wanted: list[str], *, sure: bool
) -> None:
    with two.database.reading() as session:
        found = search.programs_meant(session, "T0PLAY", words, channel="C0CARDS")
        assert [program.name for program in found.programs] == wanted
        assert found.sure is sure
        assert bool(found.nearest) is not bool(wanted), "what is not found lists the nearest"
        assert not search.programs_meant(session, "T0OTHER", words, channel="C0CARDS").programs


def test_a_thread_means_its_own_programme_and_words_mean_more_than_the_thread(two: Course) -> None:
    with two.database.transaction() as session:
        board = threads.of(session, "program", two.program_id)
        assert board is not None
        board.ts = "1700000000.000100"
        session.add(board)
        place = {"channel": "C0CARTES", "thread_ts": "1700000000.000100"}
        assert [one.name for one in search.programs_meant(session, "T0PLAY", "", **place).programs] == [
            "Acme wallets"
        ]
        said = search.programs_meant(session, "T0PLAY", "acme cards", **place)
        assert [one.name for one in said.programs] == ["Acme cards"]
        elsewhere = search.programs_meant(
            session, "T0PLAY", "", channel="C0CARDS", thread_ts="1700000000.000100"
        )
        assert [one.name for one in elsewhere.programs] == ["Acme cards"], "a thread belongs to its channel"
