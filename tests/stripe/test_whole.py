"""The whole bot beside a local Stripe: settings in, signed bytes in, rows and words out; and the command line."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlmodel import select

from bot import app
from bot.__main__ import main
from bot.playground.running import ServerThread
from bot.playground.stripe import acts, disputes
from bot.playground.stripe.local import LocalStripe
from bot.services.stripe_record import WAKE
from bot.settings import load
from storage.tables import OutboxMessage, Program
from storage.tables_stripe import Card
from storage.tables_stripe_event import ProgramAccount, StripeAccount, StripeEvent
from tests.support.course import TEAM, USUAL, Course
from tests.support.stripe_events import FRAUD

SECRET = "whsec_whole"


@dataclass
class Whole:
    gantry: app.Gantry
    local: LocalStripe
    env: dict[str, str]

    def work(self) -> None:
        task = self.gantry.worker._loops[WAKE]._task
        while found := task.claim():
            for row in found:
                task.work(row)


@pytest.fixture
def whole(migrated: Path, tmp_path: Path) -> Iterator[Whole]:
    path = shutil.copy(migrated, tmp_path / "gantry.sqlite3")
    with LocalStripe() as local:
        env = {
            "SLACK_BOT_TOKEN": "xoxb-1",
            "SLACK_SIGNING_SECRET": "abc",
            "STRIPE_API_KEY": "rk_test_local",
            "STRIPE_WEBHOOK_SECRETS": SECRET,
            "STRIPE_API_URL": local.origin,
            "DATABASE_URL": f"sqlite:///{path}",
            "FILES_URL": str(tmp_path / "files"),
        }
        gantry = app.build(load(env, env_file=None))
        server = ServerThread(gantry.web())
        server.start()
        local.attach(f"http://127.0.0.1:{server.port}/stripe/webhook", SECRET)
        yield Whole(gantry, local, env)
        server.stop()
        for pool in gantry.pools:
            pool.shutdown()
        gantry.stripe.close()
        gantry.database.close()


def test_the_story_of_a_dispute_reaches_the_thread(whole: Whole) -> None:
    course = Course(whole.gantry.database)
    course.start(USUAL, language="fr")
    with whole.gantry.database.transaction() as session:
        session.add(
            ProgramAccount(team=TEAM, program_id=course.program_id, by="U0LENA", at=datetime.now(UTC))
        )
    card = whole.local.issue(currency="eur")
    vault, ours = whole.local.vault, next(iter(whole.local.vault.objects))[0]
    paid = acts.capture(vault, ours, acts.authorize(vault, ours, card["id"], 1234)["id"])
    dispute = disputes.create(vault, ours, {"transaction": paid["id"], **FRAUD})
    disputes.submit(vault, ours, dispute["id"])
    disputes.decide(vault, ours, dispute["id"], "won")
    assert whole.local.deliver() == 11
    whole.work()
    with whole.gantry.database.reading() as session:
        [told] = session.exec(select(OutboxMessage).where(OutboxMessage.view == "dispute.closed")).all()
        program = session.get(Program, course.program_id)
        assert program is not None
        [row] = session.exec(select(Card)).all()
    assert (told.kind, told.channel, told.language, row.program) == ("notice", "C0CARDS", "fr", program.ref)


def test_the_metrics_count_events_by_state(whole: Whole) -> None:
    whole.local.issue()
    whole.local.deliver()
    from prometheus_client import generate_latest

    shown = generate_latest(whole.gantry.registry).decode()
    assert 'gantry_stripe_event_rows{state="pending"} 3.0' in shown


def test_the_platform_is_known_from_the_start_in_each_mode_that_has_a_key(whole: Whole) -> None:
    whole.gantry.reconciliation.begin()
    with whole.gantry.database.reading() as session:
        known = session.exec(select(StripeAccount)).all()
    assert [(row.platform, row.account, row.livemode) for row in known] == [("", "", False)]


Run = Callable[..., tuple[int, str]]


@pytest.fixture
def gantry(
    whole: Whole, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Run:
    for name, value in whole.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["gantry", "events", *words])
        with pytest.raises(SystemExit) as left:
            main()
        return int(left.value.code or 0), capsys.readouterr().out

    return run


def test_events_are_listed_with_their_state(whole: Whole, gantry: Run) -> None:
    assert gantry("list") == (0, "No event has arrived yet.\n")
    whole.local.issue()
    whole.local.deliver()
    code, said = gantry("list", "--type", "issuing_card.*")
    assert code == 0
    assert said.count("issuing_card.") == 2
    assert "cardholder" not in said
    assert "pending 3" in said
    assert gantry("list", "--state", "dead")[1] == "pending 3\n"


def test_one_event_is_shown_and_its_body_only_when_asked_for(whole: Whole, gantry: Run) -> None:
    whole.local.issue()
    whole.local.deliver()
    event = whole.local.vault.events[0][1]["id"]
    code, said = gantry("show", event)
    assert (code, "state: pending" in said, "Jenny Rosen" in said) == (0, True, False)
    assert "Jenny Rosen" in gantry("show", event, "--body")[1]
    assert gantry("show", "evt_none")[0] == 1


def test_an_event_is_handled_again(whole: Whole, gantry: Run) -> None:
    whole.local.issue()
    whole.local.deliver()
    whole.work()
    event = whole.local.vault.events[-1][1]["id"]
    assert gantry("replay", event)[0] == 0
    assert "already waits" in gantry("replay", event)[1]
    with whole.gantry.database.reading() as session:
        row = session.exec(select(StripeEvent).where(StripeEvent.event_id == event)).one()
    assert row.state == "pending"
    whole.work()


def test_an_event_that_never_arrived_is_fetched(whole: Whole, gantry: Run) -> None:
    whole.local.faults.drop = True
    whole.local.issue()
    event = whole.local.vault.events[-1][1]["id"]
    code, said = gantry("replay", event)
    assert (code, "fetched" in said) == (0, True)
    whole.work()
    with whole.gantry.database.reading() as session:
        [row] = session.exec(select(StripeEvent)).all()
    assert (row.event_id, row.source, row.state) == (event, "replayed", "handled")
    code, said = gantry("replay", "evt_none")
    assert (code, "resource_missing" in said) == (1, True)
