"""What `/metrics` shows of the rows: how much waits, how much people are reminded, what cards met."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from prometheus_client.core import GaugeMetricFamily

from bot.clock import Clock
from bot.domain.card_exception import KINDS
from bot.domain.reminder import THREAD
from bot.services import reminder
from storage import Database
from storage.queries import event as events
from storage.queries import exception as exceptions
from storage.queries import outbox
from storage.queries import stripe_event as stripe_events

WEEK: Final = timedelta(days=7)
DAY: Final = timedelta(days=1)


class Queues:
    """How much waits, read from the rows when somebody looks."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """Return the gauges of `/metrics`."""
        with self._database.reading() as session:
            counted = {
                "outbox": outbox.counts(session),
                "slack_event": events.counts(session),
                "stripe_event": stripe_events.counts(session),
            }
            reminded = reminder.per_person(session, self._clock.now() - WEEK)
            noted = exceptions.counts(session, self._clock.now() - DAY)
        for table, states in counted.items():
            gauge = GaugeMetricFamily(f"gantry_{table}_rows", f"Rows of {table} by state", labels=["state"])
            for state, number in sorted(states.items()):
                gauge.add_metric([state], number)
            yield gauge
        about = "Exceptions of cards in the last 24 hours: declines, answers that came too late or wrong"
        of_cards = GaugeMetricFamily("gantry_card_exceptions_day", about, labels=["kind"])
        for kind in KINDS:
            of_cards.add_metric([kind], noted.get(kind, 0))
        yield of_cards
        lines = reminded.pop(THREAD, 0)
        about = "Private reminders of the last 7 days: the most one person got, all, and lines in threads"
        week = GaugeMetricFamily("gantry_reminders_week", about, labels=["of"])
        figures = {"person": max(reminded.values(), default=0), "all": sum(reminded.values()), THREAD: lines}
        for name, number in figures.items():
            week.add_metric([name], number)
        yield week

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """Return nothing: registering must not read the database."""
        return []
