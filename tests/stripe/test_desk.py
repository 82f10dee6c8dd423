"""What operators see and do: dead letters, cards without a programme, accounts, tasks."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.clock import FixedClock
from bot.domain.error import FormError, RefusedError, StaleError
from bot.domain.stripe_match import Rule, Traits, clash, match
from bot.domain.stripe_task import State, due
from bot.effects.stripe_tick import CardMatch, look_at_tasks
from bot.services import person, stripe_account, stripe_desk, stripe_task
from bot.services.stripe_account import Chosen
from storage import Database
from storage.tables import AuditEntry, OutboxMessage, Program, Workspace
from storage.tables_stripe import Card
from storage.tables_stripe_event import StripeCapability, StripeEvent, StripeTask
from tests.stripe.rig import Rig
from tests.support.course import CLAIRE, LENA, NOOR, OLGA, TEAM, USUAL, Course
from tests.support.stripe_events import NOW, STAMP, event
from tests.support.stripe_lives import card

PLATFORM = "acct_platform"
DAY = 86400


@pytest.fixture
def rig(database: Database) -> Rig:
    return Rig(database)


@pytest.fixture
def courses(database: Database) -> tuple[Course, Course]:
    """Two programmes of one workspace."""
    found = Course(database), Course(database)
    for course, name in zip(found, ("Acme", "Bold"), strict=True):
        course.start(USUAL, name=name)
    with database.transaction() as session:
        session.add(Workspace(team=TEAM, refreshed_at=NOW))
        for who in (LENA, OLGA):
            person.remember(session, team=TEAM, user=who.user, found={"real_name": who.user}, now=NOW)
    return found


def choose(course: Course, account: str = "", tell: str = "all", value: str = "") -> None:
    course.do(stripe_account.choose, LENA, course.program_id, Chosen(account, tell, value), (PLATFORM,), NOW)


def placed(rig: Rig) -> dict[str, str]:
    """The programme of each card, once all were matched."""
    matcher = CardMatch(rig.database, rig.clock)
    for _ in range(100):
        for batch in matcher.claim():
            matcher.match(batch)
    return {row.id: row.program for row in rig.rows(Card)}


def created(number: str, **more: Any) -> dict[str, Any]:
    account = {"account": more.pop("account")} if "account" in more else {}
    return event("issuing_card.created", card(number, **more), number=f"card{number}", **account)


def test_a_dead_letter_is_handled_again_by_hand(rig: Rig, courses: tuple[Course, Course]) -> None:
    rig.take({**created("1"), "data": {"object": {"object": "issuing.card"}}})
    for _ in range(9):
        rig.clock.pass_wall(timedelta(minutes=6))
        rig.work()
    [row] = rig.rows(StripeEvent)
    with rig.database.reading() as session:
        page = stripe_desk.page(session)
    assert page["counts"]["dead"] == 1
    assert page["dead"][0] == {
        "id": row.id,
        "kind": "issuing_card.created",
        "about": "evt_card1",
        "attempts": 8,
        "error": "NoObjectError",
    }
    courses[0].do(stripe_desk.retry, OLGA, row.id, NOW)
    assert rig.states() == ["pending"]
    with pytest.raises(StaleError):
        courses[0].do(stripe_desk.retry, OLGA, row.id, NOW)
    assert [entry.subject for entry in rig.rows(AuditEntry) if entry.tag == "stripe_event:retry:pending"] == [
        "evt_card1"
    ]


@pytest.mark.usefixtures("courses")
def test_the_operations_channel_hears_of_dead_letters_once_an_hour(rig: Rig) -> None:
    def die(*numbers: int) -> list[str]:
        broken = {"object": {"object": "issuing.card"}}
        rig.receive(*({**created(f"{number}"), "data": broken} for number in numbers))
        for _ in range(9):
            rig.work()
            rig.clock.pass_wall(timedelta(minutes=6))
        return [row.channel for row in rig.rows(OutboxMessage) if row.view == "events.dead"]

    assert die(1, 2, 3) == ["C0OPS"]
    rig.clock.pass_wall(timedelta(hours=1))
    assert die(4) == ["C0OPS"] * 2


def test_only_operators_handle_events_again(rig: Rig, courses: tuple[Course, Course]) -> None:
    with pytest.raises(RefusedError):
        courses[0].do(stripe_desk.retry, NOOR, 1, NOW)
    with pytest.raises(RefusedError):
        courses[0].do(stripe_task.finish, CLAIRE, 1, NOW)


def test_the_account_says_whose_a_card_is(rig: Rig, courses: tuple[Course, Course]) -> None:
    choose(courses[0])
    choose(courses[1], "acct_shop")
    rig.receive(created("1"), platform=PLATFORM)
    rig.receive(created("2", account="acct_shop"), created("3", account="acct_other"), platform=PLATFORM)
    rig.work()
    assert placed(rig) == {"ic_1": "P-1", "ic_2": "P-2", "ic_3": ""}


TELLS: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    ("currency", "EUR", {"currency": "eur"}, {"currency": "gbp"}),
    (
        "design",
        "ics_blue",
        {"personalization_design": "ics_blue"},
        {"personalization_design": {"id": "ics_red"}},
    ),
    ("metadata", "team = Travel", {"metadata": {"team": "travel"}}, {"metadata": {"team": "food"}}),
]


@pytest.mark.parametrize(("tell", "value", "ours", "theirs"), TELLS, ids=[case[0] for case in TELLS])
def test_what_tells_cards_apart_can_be_said_before_or_after_they_come(
    rig: Rig,
    courses: tuple[Course, Course],
    tell: str,
    value: str,
    ours: dict[str, Any],
    theirs: dict[str, Any],
) -> None:
    rig.receive(created("1", **ours), created("2", **theirs), platform=PLATFORM)
    rig.work()
    assert placed(rig) == {"ic_1": "", "ic_2": ""}
    choose(courses[0], "", tell, value)
    assert placed(rig) == {"ic_1": "P-1", "ic_2": ""}
    rig.receive(created("3", **ours), platform=PLATFORM)
    rig.work()
    assert placed(rig)["ic_3"] == "P-1"


def test_metadata_that_name_the_programme_win(rig: Rig, courses: tuple[Course, Course]) -> None:
    choose(courses[0], "", "currency", "eur")
    choose(courses[1], "", "currency", "gbp")
    rig.receive(
        created("1", metadata={"gantry_program": "P-2"}),
        created("2", metadata={"gantry_program": "P-9"}),
        platform=PLATFORM,
    )
    rig.work()
    assert placed(rig) == {"ic_1": "P-2", "ic_2": "P-1"}


def test_what_fits_none_is_listed_for_operators(rig: Rig, courses: tuple[Course, Course]) -> None:
    choose(courses[0], "", "currency", "eur")
    rig.receive(
        *(created(str(number), currency="gbp") for number in range(7)),
        created("8"),
        created("9", currency="gbp", status="canceled"),
        platform=PLATFORM,
    )
    rig.work()
    placed(rig)
    with rig.database.reading() as session:
        page = stripe_desk.page(session)
    assert page["unplaced"] == 7
    assert len(page["cards"]) == 5
    assert page["cards"][0]["currency"] == "gbp"


def test_two_programmes_cannot_claim_the_same_cards(courses: tuple[Course, Course]) -> None:
    choose(courses[0], "", "currency", "eur")
    for tell, value in (("currency", "eur"), ("all", "")):
        with pytest.raises(FormError) as caught:
            choose(courses[1], "acct_platform", tell, value)
        assert caught.value.fields["tell"] == ("account.clash", {"ref": "P-1"})
    choose(courses[1], "", "currency", "gbp")
    choose(courses[1], "acct_shop")


WRONG = [
    (Chosen("shop"), "stripe_account"),
    (Chosen("acct_"), "stripe_account"),
    (Chosen("", "currency", "euro"), "tell_value"),
    (Chosen("", "currency"), "tell_value"),
    (Chosen("", "design", "x y"), "tell_value"),
    (Chosen("", "metadata", "team"), "tell_value"),
    (Chosen("", "colour", "red"), "tell"),
]


@pytest.mark.parametrize(("chosen", "place"), WRONG)
def test_a_wrong_account_is_said_at_its_field(
    courses: tuple[Course, Course], chosen: Chosen, place: str
) -> None:
    with pytest.raises(FormError) as caught:
        courses[0].do(stripe_account.choose, LENA, courses[0].program_id, chosen, (PLATFORM,), NOW)
    assert list(caught.value.fields) == [place]


def test_a_canceled_programme_gives_its_cards_up(rig: Rig, courses: tuple[Course, Course]) -> None:
    choose(courses[0])
    with rig.database.transaction() as session:
        program = session.get(Program, courses[0].program_id)
        assert program is not None
        program.state = "canceled"
    choose(courses[1])
    rig.receive(created("1"), platform=PLATFORM)
    rig.work()
    assert placed(rig) == {"ic_1": "P-2"}


def test_a_card_that_fits_two_programmes_is_left_to_people() -> None:
    rules = [Rule("P-1", "currency", "", "eur"), Rule("P-2", "metadata", "team", "travel")]
    assert match(rules, Traits("eur", "", {"team": "travel"})) == ""
    assert match(rules, Traits("eur", "", {})) == "P-1"
    assert match([], Traits("eur", "", {"gantry_program": "P-1"})) == ""
    assert clash(rules, Rule("P-3", "all")) == "P-1"
    assert clash(rules, Rule("P-1", "all")) == "P-2"
    assert clash(rules, Rule("P-3", "metadata", "team", "food")) == ""


# ------------------------------------------------------------------ capabilities


def capability(
    status: str, *, at: int = 0, live: bool = True, due_now: tuple[str, ...] = (), **more: Any
) -> dict[str, Any]:
    about = {
        "id": "card_issuing",
        "object": "capability",
        "account": "acct_shop",
        "requested": True,
        "status": status,
        "requirements": {
            "currently_due": list(due_now),
            "past_due": [],
            "disabled_reason": more.get("reason"),
        },
    }
    return event("capability.updated", about, at=STAMP + at, livemode=live, account="acct_shop")


def look(rig: Rig, *, days: float) -> list[tuple[str, str]]:
    """The tasks as they are that many days later."""
    clock = FixedClock(NOW + timedelta(days=days))
    look_at_tasks(rig.database, clock, {"operations": "C0OPS"}, "fr")
    return [(row.kind, row.state) for row in rig.rows(StripeTask)]


def said(rig: Rig) -> list[str]:
    return [row.channel for row in rig.rows(OutboxMessage) if row.view == "stripe.task"]


@pytest.mark.usefixtures("courses")
def test_an_application_that_stays_unverified_opens_a_task_after_29_days(rig: Rig) -> None:
    rig.take(capability("inactive", due_now=("company.tax_id",)), capability("pending", at=DAY))
    assert look(rig, days=29.99) == []
    assert look(rig, days=30) == [("unverified", "open")]
    assert look(rig, days=31) == [("unverified", "open")]
    assert said(rig) == ["C0OPS"]
    rig.take(capability("active", at=2 * DAY))
    assert look(rig, days=32) == [("unverified", "dropped")]


@pytest.mark.usefixtures("courses")
def test_in_test_mode_it_takes_an_hour(rig: Rig) -> None:
    rig.take(capability("pending", live=False))
    assert look(rig, days=0.9 / 24) == []
    assert look(rig, days=1 / 24) == [("unverified", "open")]


@pytest.mark.usefixtures("courses")
def test_a_programme_without_use_for_395_days_opens_a_task(rig: Rig) -> None:
    rig.take(capability("active"))
    assert look(rig, days=394) == []
    assert look(rig, days=395) == [("inactive", "open")]


@pytest.mark.usefixtures("courses")
def test_use_of_a_card_begins_the_395_days_again(rig: Rig) -> None:
    used = event("issuing_authorization.created", {"id": "iauth_1", "card": "ic_1", "status": "pending", "amount": 1, "currency": "eur", "created": STAMP + 100 * DAY, "request_history": []}, at=STAMP + 100 * DAY, livemode=True, account="acct_shop")  # fmt: skip
    rig.take(capability("active"), used)
    assert look(rig, days=494) == []
    assert look(rig, days=495) == [("inactive", "open")]


@pytest.mark.usefixtures("courses")
def test_stripes_word_that_it_is_inactive_opens_the_task_at_once(rig: Rig) -> None:
    rig.take(capability("active"), capability("inactive", at=DAY, reason="paused.inactivity"))
    assert look(rig, days=2) == [("inactive", "open")]


@pytest.mark.usefixtures("courses")
def test_a_task_that_is_done_stays_done_until_its_reason_comes_back(
    rig: Rig, courses: tuple[Course, Course]
) -> None:
    rig.take(capability("pending"))
    look(rig, days=30)
    [task] = rig.rows(StripeTask)
    courses[0].do(stripe_task.finish, OLGA, task.id, NOW)
    assert look(rig, days=40) == [("unverified", "done")]
    with pytest.raises(StaleError):
        courses[0].do(stripe_task.finish, OLGA, task.id, NOW)


def test_capabilities_end_the_same_in_every_order(rig: Rig) -> None:
    events = [capability("inactive", due_now=("x",)), capability("pending", at=10), capability("active", at=20), capability("inactive", at=30, reason="paused.inactivity")]  # fmt: skip
    ends = []
    for order in (events, events[::-1], [events[2], events[0], events[3], events[1]]):
        rig.forget()
        rig.take(*order)
        [row] = rig.rows(StripeCapability)
        ends.append(row.model_dump())
    assert ends[0] == ends[1] == ends[2]
    assert ends[0]["status"] == "inactive"
    assert ends[0]["completed_at"] == NOW + timedelta(seconds=10)
    assert ends[0]["active_at"] == NOW + timedelta(seconds=20)


@pytest.mark.usefixtures("courses")
def test_an_active_capability_that_was_not_approved_is_told(rig: Rig, courses: tuple[Course, Course]) -> None:
    choose(courses[0], "acct_shop")
    rig.take(capability("active", live=False))
    assert [row for row in rig.rows(OutboxMessage) if row.view == "live.unapproved"] == []
    rig.take(capability("active"), capability("active", at=5))
    assert len([row for row in rig.rows(OutboxMessage) if row.view == "live.unapproved"]) == 1


@pytest.mark.usefixtures("courses")
def test_an_active_capability_that_was_approved_is_not(rig: Rig, courses: tuple[Course, Course]) -> None:
    choose(courses[0], "acct_shop")
    with rig.database.transaction() as session:
        program = session.get(Program, courses[0].program_id)
        assert program is not None
        program.capabilities = ["issuing_physical"]
        session.add(program)
    rig.take(capability("active"))
    assert [row for row in rig.rows(OutboxMessage) if row.view == "live.unapproved"] == []


def test_other_capabilities_ask_for_nothing() -> None:
    assert due(State("transfers", True, "pending", "", NOW, None, None), NOW + timedelta(days=99)) == {}
