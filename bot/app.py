"""The composition root: settings in, a running Gantry out. Nothing else knows which parts there are."""

import gc
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, Final

import uvicorn
from prometheus_client import CollectorRegistry
from slack_bolt import App, BoltRequest, BoltResponse
from starlette.applications import Starlette

import commands
from bot import web as routes
from bot.authorization import WRITER_WAITS, Endpoint, Writer
from bot.authorization_http import StripeProtocol
from bot.clock import Clock
from bot.effects import away, channel, chart, complaint, keeping, policy_draft, stripe_tick, workspace
from bot.effects import signal as signals
from bot.effects.card_exception import Exceptions
from bot.effects.card_lookup import CardLookup, CardSearches
from bot.effects.complaint_ask import Asks
from bot.effects.complaint_report import Reports
from bot.effects.complaint_upload import ReportFiles
from bot.effects.deliver import Delivery
from bot.effects.dispute import Disputes, Papers
from bot.effects.download import Downloads, Files
from bot.effects.home import Pages
from bot.effects.outage import Outage
from bot.effects.packet import Packets
from bot.effects.picture import Pictures
from bot.effects.reminder import Reminders
from bot.effects.stripe_call import StripeCalls
from bot.effects.stripe_fill import StripeFilling
from bot.effects.stripe_inbox import StripeInbox
from bot.effects.stripe_reconcile import Reconciliation
from bot.listeners import bolt, gate
from bot.listeners.desk import Desk
from bot.listeners.door import Defaults
from bot.listeners.line import Line
from bot.listeners.socket import Socket
from bot.listeners.stripe_event import Inbox
from bot.metrics import Queues
from bot.scheduler import Scheduler
from bot.services import board, call_result, home, notice
from bot.settings import Settings
from bot.slack_api import SlackApi
from bot.stripe_api import StripeApi
from bot.views.registry import render
from bot.worker import Worker
from storage import Database, connect, current, head, migrate

SLACK_THREADS: Final = 128
VIEW_THREADS: Final = 128
STRIPE_THREADS: Final = 32  # those that wait for a commit are in the next one together
SQLITE_PLACES: Final = 2  # clicks worked on at once: SQLite has one writer anyway
POSTGRES_PLACES: Final = 16  # here a click mostly waits for the network
SQLITE_BACKGROUND: Final = 1
POSTGRES_BACKGROUND: Final = 2
"""Messages read or settled and events of Stripe taken in at once beside the clicks, however many wait for the
network: each thread at work makes every other one wait at each of its statements."""
SWITCH_SECONDS: Final = 0.0003
"""For how long a thread may compute while another one wants to, where a worker works: after each of its
statements the one that holds the database, or a freeze, would else wait 5 ms for a list of reminders."""
RETRY_SECONDS: Final = 2.0
RECONCILE_TICK: Final = timedelta(seconds=30)  # what is due is in the rows
ASKED_TICK: Final = timedelta(minutes=1)  # what is newer is looked up when somebody asks
AWAY_TICK: Final = timedelta(seconds=15)  # also in the playground, where days pass in a second
REPORT_TICK: Final = timedelta(seconds=15)  # the same
COMPLAINT_TICK: Final = timedelta(seconds=15)
REMINDER_TICK: Final = timedelta(seconds=5)  # the same, and an emergency is counted in minutes
EXCEPTION_TICK: Final = timedelta(seconds=2)  # who swiped a card looks for its thread
_log: Final = logging.getLogger(__name__)


class NotConfiguredError(Exception):
    """Gantry cannot start with these settings; the message says what to add."""


@dataclass
class Gantry:
    """Everything that runs, wired together; building it opens no connection."""

    settings: Settings
    database: Database
    slack: SlackApi
    clock: Clock
    desk: Desk
    bolt: App
    worker: Worker
    scheduler: Scheduler
    disputes: Disputes
    reminders: Reminders
    reports: Reports
    asks: Asks
    exceptions: Exceptions
    registry: CollectorRegistry
    pools: tuple[ThreadPoolExecutor, ...]
    stripe_inbox: Inbox
    reconciliation: Reconciliation
    filling: StripeFilling
    stripe: StripeApi
    owner: str
    endpoint: Endpoint | None = None
    deciding: Database | None = None

    @property
    def roles(self) -> dict[str, Iterable[str]]:
        """The people of the settings by role."""
        settings = self.settings
        return {
            "admin": settings.gantry_admins,
            "manager": settings.gantry_managers,
            "operator": settings.gantry_operators,
            "support": settings.gantry_support,
        }

    def missing(self) -> list[str]:
        """Return what is missing before requests can be served."""
        try:
            if current(self.database) != head():
                return ["the database is not migrated: run gantry migrate"]
            if not workspace.known(self.database):
                return ["Slack has not answered auth.test yet"]
            if self.endpoint is not None and not self.endpoint.alive():
                return ["the thread that decides authorizations has ended: restart Gantry"]
        except Exception as error:  # noqa: BLE001 - readiness reports, it does not fail
            _log.warning("not ready: %s", type(error).__name__)
            return ["the database does not answer"]
        return []

    def web(self) -> Starlette | Endpoint:
        """Return the web application; with secrets for authorizations, their endpoint stands in front."""
        dispatch = None if self.settings.socket_mode else self._dispatch
        behind = routes.build(
            dispatch=dispatch,
            pool=self.pools[0],
            ready=self.missing,
            registry=self.registry,
            stripe=self.stripe_inbox.record if self.settings.stripe_webhook_secrets else None,
            stripe_pool=self.pools[2],
        )
        secrets = [
            entry.value.get_secret_value().encode() for entry in self.settings.stripe_authorization_secrets
        ]
        if not secrets:
            return behind
        channel = self.settings.gantry_operations_channel or ""
        outage = Outage(self.database, self.clock, owner=self.owner, channel=channel)
        # A connection of its own, with less patience: its statements stay prepared, and it shares the queue.
        self.deciding = connect(self.settings.database_url, wait=WRITER_WAITS)
        writer = Writer(self.deciding, self.clock, outage)
        under = self.settings.fallback_under
        self.endpoint = Endpoint(behind, writer, outage, self.clock, secrets=secrets, under=under)
        self.registry.register(self.endpoint)
        self.endpoint.start()
        return self.endpoint

    def end_web(self) -> None:
        """Answer what waits, and stop."""
        if self.endpoint is not None:
            self.endpoint.end()
        if self.deciding is not None:
            self.deciding.close()

    def listen(self) -> Socket | None:
        """Start to hear Slack through a socket and return it; None without an app token."""
        token = self.settings.slack_app_token
        if token is None:
            return None
        socket = Socket(self.bolt, self.desk, token.get_secret_value())
        socket.start()
        return socket

    def _dispatch(self, body: str, headers: dict[str, Any]) -> Any:  # noqa: ANN401 - Bolt's response
        secret = self.settings.slack_signing_secret
        try:
            payload = gate.admit(
                body,
                headers,
                secret=secret.get_secret_value() if secret else "",
                wall=self.clock.wall().timestamp(),
            )
        except gate.NotAdmittedError as error:
            if error.reason:
                _log.warning(
                    "a request of Slack is not what Slack documents, and was refused (%s)", error.reason
                )
            return BoltResponse(status=error.status, body="")
        # The gate has checked the signature and read the body; Bolt takes it as it does from a socket.
        with self.desk.attending(payload):
            return self.bolt.dispatch(BoltRequest(body=payload, headers=headers, mode="socket_mode"))

    def meet_slack(self, ended: threading.Event) -> None:
        """Learn the workspace, plant the roles, look at the channels; tries again until Slack answers."""
        while not ended.is_set() and not workspace.refresh(self.database, self.slack, self.clock, self.roles):
            ended.wait(RETRY_SECONDS)
        if not ended.is_set():
            self.look_at_channels()

    def look_at_channels(self) -> None:
        """Ask Slack about every channel in use."""
        channel.look_at_all(self.database, self.slack, self.clock, _channels(self.settings))

    def look_at_capabilities(self) -> None:
        """Open and drop tasks about Stripe's capabilities."""
        defaults = self.desk.defaults
        stripe_tick.look_at_tasks(self.database, self.clock, defaults.channels, defaults.language)

    def say_in_public(self) -> None:
        """Put the line "Logged as C-7" where only our people read it."""
        complaint.say_in_public(self.database, self.slack, self.clock, self.desk.defaults.channels)

    def start_worker(self) -> None:
        """Start what works without being asked."""
        self.worker.start()
        self.reconciliation.begin()
        self.scheduler.start(
            {
                "workspace": (
                    timedelta(hours=1),
                    lambda: workspace.refresh(self.database, self.slack, self.clock, self.roles),
                ),
                "channels": (timedelta(hours=1), self.look_at_channels),
                "forget": (timedelta(hours=6), lambda: keeping.forget(self.database, self.clock)),
                "forget-stripe": (
                    timedelta(hours=6),
                    lambda: keeping.forget_of_stripe(self.database, self.clock),
                ),
                "undo": (timedelta(seconds=30), lambda: keeping.end_undo(self.database, self.clock)),
                "reconcile": (RECONCILE_TICK, self.reconciliation.turn),
                "fill": (RECONCILE_TICK, self.filling.turn),
                "asked": (ASKED_TICK, lambda: keeping.look_at_decisions(self.database)),
                "capabilities": (timedelta(minutes=10), self.look_at_capabilities),
                "complaints": (COMPLAINT_TICK, lambda: complaint.turn(self.database, self.clock)),
                "complaint_lines": (COMPLAINT_TICK, self.say_in_public),
                "disputes": (timedelta(minutes=10), self.disputes.sweep),
                "away": (AWAY_TICK, lambda: away.turn(self.database, self.clock)),
                "reminders": (REMINDER_TICK, self.reminders.tick),
                "complaint_reports": (REPORT_TICK, self.reports.tick),
                "complaint_asks": (REPORT_TICK, self.asks.tick),
                "exceptions": (EXCEPTION_TICK, self.exceptions.tick),
                "signals": (RECONCILE_TICK, lambda: signals.look(self.database, self.clock)),
                "parcels": (RECONCILE_TICK, lambda: signals.follow_parcels(self.database, self.clock)),
                "policies": (EXCEPTION_TICK, lambda: policy_draft.show(self.database, self.clock)),
            }
        )

    def end_worker(self) -> None:
        """Stop it; what was claimed is finished or comes back by its lease."""
        self.scheduler.end()
        self.worker.end()


def build(settings: Settings) -> Gantry:
    """Wire everything from the settings.

    Raises:
        NotConfiguredError: a setting without which nothing can run is missing.
    """
    if settings.slack_bot_token is None:
        raise NotConfiguredError(
            "SLACK_BOT_TOKEN is not set. Copy it from your Slack app (OAuth & Permissions), "
            "or try `gantry play`, which needs no account."
        )
    token = settings.slack_bot_token.get_secret_value()
    owner = f"{os.getpid()}-{os.urandom(4).hex()}"
    clock = Clock(settings.gantry_clock_file)
    database = connect(settings.database_url)
    slack = SlackApi(token, settings.slack_api_url)
    pools = (
        ThreadPoolExecutor(SLACK_THREADS, thread_name_prefix="slack"),
        ThreadPoolExecutor(VIEW_THREADS, thread_name_prefix="view"),
        ThreadPoolExecutor(STRIPE_THREADS, thread_name_prefix="stripe"),
    )
    defaults = Defaults(
        language=settings.gantry_language,
        country=settings.gantry_country,
        zone=settings.gantry_timezone,
        channels=_channels(settings),
        platforms=settings.platforms,
    )
    stripe = StripeApi(
        lambda livemode, platform: settings.stripe_key(livemode=livemode, platform=platform),
        settings.stripe_api_url,
    )
    lookup = CardLookup(database, clock, stripe)
    small = database.dialect == "sqlite"
    places = SQLITE_PLACES if small else POSTGRES_PLACES
    background = Line(SQLITE_BACKGROUND if small else POSTGRES_BACKGROUND)
    line = Line(places, background)
    desk = Desk(database, slack, clock, commands.DOORS, render, pools[1], defaults, line, lookup.ask)
    signing = settings.slack_signing_secret.get_secret_value() if settings.slack_signing_secret else ""
    bolt_app = bolt.build(desk, slack, signing_secret=signing, token=token)
    delivery = Delivery(
        database,
        slack,
        clock,
        owner=owner,
        render=render,
        boards=board.LOADERS,
        notice=notice.facts_of,
        home=partial(home.load, language=settings.gantry_language),
        place=background.place,
    )
    files = Files(settings.files_url)
    downloads = Downloads(database, slack, clock, files)
    packets = Packets(database, slack, clock, files, owner=owner, render=render)
    pictures = Pictures(database, slack, clock, owner=owner, render=render, draw=chart.draw)
    disputes = Disputes(database, clock, stripe, defaults.channels, defaults.language)
    registry = CollectorRegistry()
    registry.register(Queues(database, clock))
    return Gantry(
        settings=settings,
        database=database,
        slack=slack,
        clock=clock,
        desk=desk,
        bolt=bolt_app,
        worker=Worker(
            database,
            desk,
            delivery,
            downloads,
            packets,
            pictures=pictures,
            reports=ReportFiles(database, slack, clock, files, owner=owner, render=render),
            pages=Pages(database, clock),
            stripe=StripeInbox(
                database,
                clock,
                stripe,
                operations=defaults.channels.get("operations", ""),
                language=defaults.language,
                place=background.place,
            ),
            calls=StripeCalls(database, clock, stripe, call_result.FOLLOW, files=files),
            match=stripe_tick.CardMatch(database, clock),
            papers=Papers(database, slack, clock, files),
            disputes=disputes,
            searches=CardSearches(database, clock, lookup, defaults.language),
        ),
        scheduler=Scheduler(database, clock, owner=owner),
        disputes=disputes,
        reminders=Reminders(database, clock, settings.gantry_country),
        reports=Reports(database, clock, files),
        asks=Asks(database, clock),
        exceptions=Exceptions(database, clock, defaults.channels, defaults.language),
        registry=registry,
        pools=pools,
        stripe_inbox=Inbox(
            database,
            clock,
            secrets=settings.stripe_webhook_secrets,
            others=settings.stripe_authorization_secrets,
            platform=settings.platform_account,
        ),
        reconciliation=Reconciliation(database, clock, stripe, settings.platforms),
        filling=StripeFilling(database, clock, stripe),
        stripe=stripe,
        owner=owner,
    )


def _channels(settings: Settings) -> dict[str, str]:
    found = {
        "operations": settings.gantry_operations_channel,
        "complaints": settings.gantry_complaints_channel,
        "managers": settings.gantry_managers_channel,
    }
    return {purpose: channel for purpose, channel in found.items() if channel}


def run(settings: Settings) -> None:
    """Everything in one process; with `SLACK_APP_TOKEN`, Slack is heard through Socket Mode."""
    sys.setswitchinterval(SWITCH_SECONDS)
    _serve(settings, with_web=True, with_worker=True)


def web(settings: Settings) -> None:
    """The web server alone."""
    _serve(settings, with_web=True, with_worker=False)


def work(settings: Settings) -> None:
    """The worker alone."""
    sys.setswitchinterval(SWITCH_SECONDS)
    _serve(settings, with_web=False, with_worker=True)


def _serve(settings: Settings, *, with_web: bool, with_worker: bool) -> None:
    logging.basicConfig(
        level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    for noisy in ("httpx", "apscheduler", "slack_sdk", "slack_bolt", "stripe"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    migrate(settings.database_url)
    gantry = build(settings)
    if not settings.gantry_admins:
        _log.warning("GANTRY_ADMINS is empty: nobody can grant roles. Add your Slack user id to it.")
    ended = threading.Event()
    stop: list[Callable[[], object]] = [ended.set]
    if settings.gantry_parent_pipe:
        threading.Thread(target=_end_with_parent, args=(stop,), daemon=True).start()
    # What is loaded now stays: later collections are short. Before anything works, for this one takes 0.2 s
    # in which no other thread runs, and one of them could hold the database meanwhile.
    gc.collect()
    gc.freeze()
    meeting = threading.Thread(target=gantry.meet_slack, args=(ended,), daemon=True, name="meet-slack")
    meeting.start()
    if with_worker:
        gantry.start_worker()
    socket = gantry.listen() if with_web else None
    site = gantry.web() if with_web else None
    try:
        if site is not None:
            server = uvicorn.Server(
                uvicorn.Config(
                    site,
                    http=StripeProtocol,
                    host=settings.gantry_host,
                    port=settings.port,
                    log_level="warning",
                    access_log=False,
                    proxy_headers=False,  # nobody asks for the client's address
                    timeout_graceful_shutdown=5,
                )
            )
            stop.append(lambda: setattr(server, "should_exit", True))
            server.run()
        else:
            for name in (signal.SIGTERM, signal.SIGINT):
                signal.signal(name, lambda *_: ended.set())
            ended.wait()
    finally:
        ended.set()
        if socket is not None:
            socket.close()
        if with_worker:
            gantry.end_worker()
        gantry.end_web()
        for pool in gantry.pools:
            pool.shutdown(wait=False, cancel_futures=True)
        gantry.stripe.close()
        gantry.database.close()


def _end_with_parent(stop: list[Callable[[], object]]) -> None:
    """End when standard input closes: the parent is gone."""
    while os.read(sys.stdin.fileno(), 1024):
        pass
    for step in stop:
        step()
