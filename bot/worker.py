"""The worker: loops that claim rows and work on them. Many may run, in one process or in several."""

import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

from bot.effects.card_lookup import CardSearches
from bot.effects.complaint_upload import ReportFiles
from bot.effects.deliver import Delivery
from bot.effects.dispute import Disputes, Papers
from bot.effects.download import Downloads
from bot.effects.home import Pages
from bot.effects.packet import Packets
from bot.effects.picture import Pictures
from bot.effects.stripe_call import StripeCalls
from bot.effects.stripe_inbox import StripeInbox
from bot.effects.stripe_tick import CardMatch
from bot.listeners import event as inbox
from bot.listeners.bolt import INBOX
from bot.listeners.desk import Desk
from bot.outbox import WAKE as OUTBOX
from bot.services.card_search import WAKE as SEARCHES
from bot.services.complaint_sign import WAKE as REPORTS
from bot.services.dispute_follow import WAKE as DISPUTES
from bot.services.dispute_paper import WAKE as PAPERS
from bot.services.evidence import WAKE as DOWNLOADS
from bot.services.packet import WAKE as PACKETS
from bot.services.picture import WAKE as PICTURES
from bot.services.stripe_account import WAKE as MATCH
from bot.services.stripe_call import WAKE as CALLS
from bot.services.stripe_record import WAKE as STRIPE
from storage import Database

POLL_SECONDS: Final = 0.25
BETWEEN_LOOKS: Final = 0.05
"""In a storm of commits one look serves many: looking costs time that requests then lack."""
REST_AFTER_FAILURE: Final = 1.0
DRAIN_SECONDS: Final = 10
_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True)
class Task:
    """One kind of work: what is due, how to do one piece, and how many at once."""

    name: str
    claim: Callable[[], Sequence[Any]]
    work: Callable[[Any], None]
    hands: int


class Loop(threading.Thread):
    """Claims what is due and hands it out; wakes at a commit, and looks by itself every quarter second."""

    def __init__(self, task: Task) -> None:
        super().__init__(name=f"loop-{task.name}", daemon=True)
        self._task = task
        self._awake = threading.Event()
        self._ended = threading.Event()
        self._free = threading.Semaphore(task.hands)
        self._hands = ThreadPoolExecutor(task.hands, thread_name_prefix=task.name)

    def wake(self) -> None:
        """Look now."""
        self._awake.set()

    def run(self) -> None:
        """Work until `end()`; a failure is logged and costs a second, never the loop."""
        while not self._ended.is_set():
            self._awake.clear()
            try:
                found = self._task.claim()
            except Exception:  # noqa: BLE001 - the database may be away for a while
                _log.exception("%s: looking for work failed", self._task.name)
                self._ended.wait(REST_AFTER_FAILURE)
                continue
            for piece in found:
                self._free.acquire()
                self._hands.submit(self._task.work, piece).add_done_callback(self._done)
            if not found:
                self._awake.wait(POLL_SECONDS)
            self._ended.wait(BETWEEN_LOOKS)

    def end(self) -> None:
        """Stop claiming, and let what is under way finish."""
        self._ended.set()
        self._awake.set()
        self.join(DRAIN_SECONDS)
        self._hands.shutdown(wait=True)

    def _done(self, future: "Future[None]") -> None:
        self._free.release()
        error = future.exception() if not future.cancelled() else None
        if error is not None:
            _log.error("%s failed", self._task.name, exc_info=error)


class Worker:
    """All loops of one process."""

    def __init__(
        self,
        database: Database,
        desk: Desk,
        delivery: Delivery,
        downloads: Downloads,
        packets: Packets,
        *,
        pictures: Pictures,
        reports: ReportFiles,
        pages: Pages,
        stripe: StripeInbox,
        calls: StripeCalls,
        match: CardMatch,
        papers: Papers,
        disputes: Disputes,
        searches: CardSearches,
    ) -> None:
        self._database = database
        self._loops = {
            OUTBOX: Loop(Task("outbox", delivery.claim, delivery.deliver, hands=64)),
            INBOX: Loop(
                Task("inbox", lambda: inbox.claim(desk), lambda row: inbox.handle(desk, row), hands=8)
            ),
            DOWNLOADS: Loop(Task("downloads", downloads.claim, downloads.fetch, hands=4)),
            PACKETS: Loop(Task("packets", packets.claim, packets.bring, hands=2)),
            PICTURES: Loop(Task("pictures", pictures.claim, pictures.bring, hands=1)),
            REPORTS: Loop(Task("reports", reports.claim, reports.bring, hands=1)),
            # Nothing wakes it: what changes within a quarter of a second is looked at together.
            "home": Loop(Task("home", pages.claim, pages.follow, hands=1)),
            STRIPE: Loop(Task("stripe", stripe.claim, stripe.handle, hands=4)),
            CALLS: Loop(Task("calls", calls.claim, calls.settle, hands=4)),
            MATCH: Loop(Task("match", match.claim, match.match, hands=1)),
            PAPERS: Loop(Task("papers", papers.claim, papers.make, hands=2)),
            DISPUTES: Loop(Task("disputes", disputes.claim, disputes.follow, hands=1)),
            SEARCHES: Loop(Task("searches", searches.claim, searches.search, hands=2)),
        }

    def start(self) -> None:
        """Start every loop; commits of this process wake them."""
        for name, loop in self._loops.items():
            self._database.on_commit(name, loop.wake)
            loop.start()

    def end(self) -> None:
        """End every loop; what was claimed is finished or comes back by its lease."""
        for loop in self._loops.values():
            loop.end()
