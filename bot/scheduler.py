"""The ticks of time. APScheduler keeps nothing: what is due are rows, and one process at a time looks."""

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, timedelta
from typing import Final

from apscheduler.schedulers.background import BackgroundScheduler

from bot.clock import Clock
from storage import Database
from storage.queries import lease as leases

_log: Final = logging.getLogger(__name__)


class Scheduler:
    """Runs each tick at its interval, in one process of many: the one that holds the lease."""

    def __init__(self, database: Database, clock: Clock, *, owner: str) -> None:
        self._database = database
        self._clock = clock
        self._owner = owner
        self._scheduler = BackgroundScheduler(timezone=UTC)

    def start(self, ticks: Mapping[str, tuple[timedelta, Callable[[], object]]]) -> None:
        """Start ticking; `ticks` names for each tick its interval and what it does."""
        for name, (interval, work) in ticks.items():
            self._scheduler.add_job(
                self._tick,
                "interval",
                seconds=interval.total_seconds(),
                args=(name, interval, work),
                coalesce=True,
                misfire_grace_time=None,
                max_instances=1,
            )
        self._scheduler.start()

    def end(self) -> None:
        """Stop ticking; a tick under way finishes."""
        self._scheduler.shutdown(wait=True)

    def _tick(self, name: str, interval: timedelta, work: Callable[[], object]) -> None:
        wall = self._clock.wall()
        try:
            with self._database.transaction() as session:
                ours = leases.take(
                    session, f"tick:{name}", owner=self._owner, now=wall, until=wall + interval * 2
                )
            if ours:
                work()
        except Exception:  # noqa: BLE001 - a tick that fails comes again
            _log.exception("tick %s failed", name)
