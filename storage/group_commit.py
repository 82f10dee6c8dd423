"""One commit for what several threads bring at the same time.

A commit is a write to the disk, and on SQLite a turn in the only line. Whoever finds a commit under way
waits; the first of those who wait takes with it what all of them brought.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from storage.errors import is_unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from storage.engine import Database, Session

Piece = TypeVar("Piece")
MOST_TOGETHER: Final = 32


class _Brought(Generic[Piece]):
    """A piece that somebody waits for."""

    __slots__ = ("error", "piece", "settled")

    def __init__(self, piece: Piece) -> None:
        self.piece = piece
        self.settled = False
        self.error: BaseException | None = None


class GroupCommit(Generic[Piece]):
    """Does the same work for pieces of many threads, as few transactions."""

    def __init__(self, database: Database, work: Callable[[Session, Sequence[Piece]], None]) -> None:
        """Commit to this database; `work` takes some pieces inside a transaction, in the order they came."""
        self._database = database
        self._work = work
        self._waiting: deque[_Brought[Piece]] = deque()
        self._committing = threading.Lock()

    def bring(self, piece: Piece) -> None:
        """Return once this piece is committed, alone or with others; one that fails spoils only itself.

        Raises:
            Exception: whatever the work on this piece raised, or the database for all of them.
        """
        ours = _Brought(piece)
        self._waiting.append(ours)
        with self._committing:
            while not ours.settled:  # more than once when others, more than one commit takes, came before
                batch = [self._waiting.popleft() for _ in range(min(MOST_TOGETHER, len(self._waiting)))]
                self._settle(batch)
        if ours.error is not None:
            raise ours.error

    def _settle(self, batch: Sequence[_Brought[Piece]]) -> None:
        try:
            self._commit(batch)
        except BaseException as error:
            if isinstance(error, Exception) and len(batch) > 1 and not is_unavailable(error):
                self._commit_apart(batch)
                return
            _fail(batch, error)
            if not isinstance(error, Exception):  # this thread is being stopped; the others hear of it too
                raise
        else:
            for one in batch:
                one.settled = True

    def _commit_apart(self, batch: Sequence[_Brought[Piece]]) -> None:
        for place, one in enumerate(batch):
            try:
                self._commit([one])
            except Exception as error:  # noqa: BLE001 - whoever brought it hears of it
                if is_unavailable(error):
                    _fail(batch[place:], error)
                    return
                _fail([one], error)
            else:
                one.settled = True

    def _commit(self, batch: Sequence[_Brought[Piece]]) -> None:
        with self._database.transaction() as session:
            self._work(session, [one.piece for one in batch])


def _fail(batch: Iterable[_Brought[Any]], error: BaseException) -> None:
    for one in batch:
        one.settled, one.error = True, error
