"""What disputes need beyond rows: files from Slack, transactions from Stripe, a daily look for drafts."""

import hashlib
import json
import logging
from collections.abc import Mapping
from datetime import timedelta
from itertools import islice
from typing import Final

from bot.clock import Clock
from bot.domain.dispute import STRIPE_DAYS
from bot.effects import paper
from bot.effects.download import Files
from bot.effects.paper import PaperError
from bot.services import dispute_follow, dispute_paper
from bot.slack_api import DownloadError, SlackApi, SlackError
from bot.stripe_api import StripeApi, StripeAwayError, StripeError, Whose
from storage import Database
from storage.queries import claim as waiting
from storage.queries import dispute as rows
from storage.tables_dispute import DisputePaper
from storage.tables_stripe_event import StripeDispute

CLAIM: Final = timedelta(seconds=120)
MOST_ATTEMPTS: Final = 5
BATCH: Final = 8
EVERY: Final = timedelta(hours=24)
REST: Final = timedelta(minutes=5)
MOST_PAGES: Final = 500
"""Of 100 captures: what is older than the newest 50,000 is looked up in the Dashboard."""
_log: Final = logging.getLogger(__name__)


class Papers:
    """Makes one file of those given for a field."""

    def __init__(self, database: Database, slack: SlackApi, clock: Clock, files: Files) -> None:
        self._database = database
        self._slack = slack
        self._clock = clock
        self._files = files

    def claim(self) -> list[DisputePaper]:
        """Take fields whose files may be fetched now."""
        wall = self._clock.wall()
        with self._database.reading() as session:
            due = waiting.due(session, DisputePaper, "waiting", wall, BATCH)
        if not due:
            return []
        with self._database.transaction() as session:
            return waiting.claim(session, DisputePaper, due, "waiting", wall=wall, until=wall + CLAIM)

    def make(self, row: DisputePaper) -> None:
        """Fetch the files of one field, make one of them, keep it, and record how that ended."""
        name = ""
        try:
            fetched = []
            for one in json.loads(row.given or "[]"):
                name = one["name"]
                fetched.append((name, self._slack.download(one["link"] or self._address(one["id"])).content))
            content, mimetype = paper.make(fetched)
            digest = hashlib.sha256(content).hexdigest()
            place = self._files.keep(row.team, digest, content)
        except PaperError as error:
            self._failed(row, error.code, error.name)
        except DownloadError as error:
            self._failed(row, error.code, name)
        except (SlackError, OSError) as error:
            _log.warning("paper %s: %s", row.id, error)
            self._failed(row, "unreachable", name)
        else:
            with self._database.transaction() as session:
                dispute_paper.made(
                    session,
                    row,
                    sha256=digest,
                    size=len(content),
                    mimetype=mimetype,
                    place=place,
                    now=self._clock.now(),
                )

    def _address(self, file_id: str) -> str:
        file = self._slack.read("files.info", file=file_id).get("file") or {}
        return str(file.get("url_private_download") or file.get("url_private") or "")

    def _failed(self, row: DisputePaper, code: str, name: str) -> None:
        with self._database.transaction() as session:
            if code == "unreachable" and row.attempts < MOST_ATTEMPTS:
                fresh = rows.numbered_paper(session, row.id)
                if fresh is not None and fresh.state == "waiting":
                    fresh.next_attempt_at = self._clock.wall() + timedelta(seconds=2**row.attempts)
                    session.add(fresh)
                return
            dispute_paper.failed(session, row, code=code, name=name, now=self._clock.now())


class Disputes:
    """Brings disputes to where Stripe says, and finds drafts that exist only there."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        stripe: StripeApi,
        channels: Mapping[str, str],
        language: str,
    ) -> None:
        self._database = database
        self._clock = clock
        self._stripe = stripe
        self._channels = channels
        self._language = language
        self._rest: dict[str, float] = {}  # until when (wall) a transaction that Stripe did not give is left

    def claim(self) -> list[StripeDispute]:
        """Return disputes that have to follow; whoever comes second finds that they do."""
        wall = self._clock.wall().timestamp()
        with self._database.reading() as session:
            found = rows.changed(session, BATCH)
        return [row for row in found if self._rest.get(row.id, 0) <= wall]

    def follow(self, row: StripeDispute) -> None:
        """Have one dispute follow; a transaction that nobody has told us of is fetched."""
        if self._once(row.id):
            return
        whose = Whose(row.livemode, row.account, row.platform)
        try:
            found = self._stripe.get(whose, f"/v1/issuing/transactions/{row.transaction}")
        except StripeError as error:
            wait = REST if isinstance(error, StripeAwayError) else EVERY
            self._rest[row.id] = (self._clock.wall() + wait).timestamp()
            _log.warning("%s: its transaction cannot be fetched: %s", row.id, error.code)
            return
        with self._database.transaction() as session:
            dispute_follow.learn(session, found, account=row.account, livemode=row.livemode)
        self._once(row.id)

    def _once(self, dispute: str) -> bool:
        with self._database.transaction() as session:
            return dispute_follow.follow(session, dispute, self._channels, self._language, self._clock.now())

    def sweep(self) -> int:
        """Look once a day for drafts that exist only at Stripe; returns how many were found.

        The first look at an account also reads the captures that can still be disputed.
        """
        now = self._clock.now()
        with self._database.reading() as session:
            accounts = rows.accounts(session, now - EVERY)
        found = 0
        for account in accounts:
            whose = Whose(account.livemode, account.account, account.platform)
            if not self._stripe.can_call(whose):
                continue
            try:
                if account.disputes_at is None:
                    self._learn_purchases(whose)
                for page in self._stripe.pages(whose, "/v1/issuing/disputes", {"status": "unsubmitted"}):
                    with self._database.transaction() as session:
                        for one in page:
                            found += dispute_follow.learn_dispute(
                                session,
                                one,
                                platform=account.platform,
                                account=account.account,
                                livemode=account.livemode,
                            )
            except StripeError as error:
                _log.warning("drafts of %s: %s", account.account or "the platform", error.code)
                continue
            with self._database.transaction() as session:
                rows.swept(session, account.platform, account.account, now, livemode=account.livemode)
        return found

    def _learn_purchases(self, whose: Whose) -> None:
        """Know the captures that can still be disputed and were made before Gantry listened."""
        since = int((self._clock.now() - timedelta(days=STRIPE_DAYS)).timestamp())
        wanted = {"type": "capture", "created": {"gte": since}}
        pages = self._stripe.pages(whose, "/v1/issuing/transactions", wanted)
        for page in islice(pages, MOST_PAGES):
            with self._database.transaction() as session:
                for one in page:
                    dispute_follow.learn(session, one, account=whose.account, livemode=whose.livemode)
