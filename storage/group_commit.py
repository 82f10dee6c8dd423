"""One commit for what several threads bring at the same time.

A commit is a write to the disk, and on SQLite a turn in the only line. Whoever finds a commit under way
waits; the first of those who wait takes with it what all of them brought.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from storage.errors import StorageError, is_unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from storage.engine import Database, Session

Piece = TypeVar("Piece")
MOST_TOGETHER: Final = 32


class _Brought(Generic[Piece]):
    """A piece that somebody waits for, behind a gate of their own."""

    __slots__ = ("error", "gate", "piece", "settled")

    def __init__(self, piece: Piece) -> None:
        self.piece = piece
        self.gate = threading.Lock()
        self.gate.acquire()
        self.settled = False
        self.error: Exception | None = None


class GroupCommit(Generic[Piece]):
    """Does the same work for pieces of many threads, in few transactions."""

    def __init__(self, database: Database, work: Callable[[Session, Sequence[Piece]], None]) -> None:
        """Commit to this database; `work` takes some pieces inside a transaction, in the order they came."""
        self._database = database
        self._work = work
        self._guard = threading.Lock()
        self._waiting: deque[_Brought[Piece]] = deque()
        self._led = False

    def bring(self, piece: Piece) -> None:
        """Return once this piece is committed, alone or with others; one that fails spoils only itself.

        Raises:
            Exception: whatever the work on this piece raised, or the database for all of them.
        """
        ours = _Brought(piece)
        with self._guard:
            self._waiting.append(ours)
            leads, self._led = not self._led, True
        if not leads:
            ours.gate.acquire()  # opened when it is settled, or when it is the first of those who wait
        if not ours.settled:
            self._lead(ours)
        if ours.error is not None:
            raise ours.error

    def _lead(self, ours: _Brought[Piece]) -> None:
        """Commit ours, which is the first, and those behind it; then let the next one lead."""
        with self._guard:
            batch = [self._waiting.popleft() for _ in range(min(MOST_TOGETHER, len(self._waiting)))]
        try:
            self._settle(batch)
        finally:
            # Only when this very thread is being stopped; nobody may take that for a commit.
            _fail(
                [one for one in batch if not one.settled], StorageError("the committing thread was stopped")
            )
            with self._guard:
                after = self._waiting[0] if self._waiting else None
                self._led = after is not None
            if after is not None:
                after.gate.release()
            for one in batch:
                if one is not ours:
                    one.gate.release()

    def _settle(self, batch: Sequence[_Brought[Piece]]) -> None:
        try:
            self._commit(batch)
        except Exception as error:  # noqa: BLE001 - whoever brought a piece hears of it
            if len(batch) > 1 and not is_unavailable(error):
                self._commit_apart(batch)
            else:
                _fail(batch, error)
        else:
            for one in batch:
                one.settled = True

    def _commit_apart(self, batch: Sequence[_Brought[Piece]]) -> None:
        for place, one in enumerate(batch):
            try:
                self._commit([one])
            except Exception as error:  # noqa: BLE001 - the same, for this one alone
                if is_unavailable(error):
                    _fail(batch[place:], error)
                    return
                _fail([one], error)
            else:
                one.settled = True

    def _commit(self, batch: Sequence[_Brought[Piece]]) -> None:
        with self._database.transaction() as session:
            self._work(session, [one.piece for one in batch])


def _fail(batch: Iterable[_Brought[Any]], error: Exception) -> None:
    for one in batch:
        one.settled, one.error = True, error
