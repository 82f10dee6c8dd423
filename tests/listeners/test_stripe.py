"""What people say and see about Stripe: signed clicks and forms in, rows and words out."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.domain.stripe_event import event_of
from bot.services.stripe_record import AT_ONCE, record
from storage.queries import stripe_event as rows
from storage.tables_stripe_event import ProgramAccount, StripeEvent
from tests.listeners.test_doors import answer, opened
from tests.reliability.rig import CARDS, CLAIRE, LENA, OLGA, OPS, SAM, Bot
from tests.support.course import LENA as LENA_ASKS
from tests.support.course import Course
from tests.support.stripe_events import event, written
from tests.support.stripe_lives import card


def at_configuration(bot: Bot, name: str = "Acme") -> Course:
    """A programme that waits for Stripe's configuration."""
    program = bot.start(name)
    course = Course(bot.gantry.database, program.id, now=bot.clock.now(), lead=LENA_ASKS)
    course.walk(until="configuration")
    bot.clock.advance(course.now - bot.clock.now() + timedelta(minutes=1))
    bot.settle()
    return course


def record_configuration(
    bot: Bot, course: Course, channel: str = CARDS, **fields: object
) -> dict[str, object]:
    bot.click(LENA, f"step.answered:{course.id('configuration')}")
    opened(bot, LENA)
    return bot.slack.submit(LENA, {"choice": "configured", **fields})


def accounts(bot: Bot) -> list[tuple[str, str, str, str]]:
    return [(row.account, row.tell, row.key, row.value) for row in bot.rows(ProgramAccount)]


def test_the_form_of_the_configuration_asks_for_the_account(bot: Bot) -> None:
    course = at_configuration(bot)
    given = {"stripe_account": "acct_shop", "tell": "metadata", "tell_value": "team=travel"}
    assert record_configuration(bot, course, **given) == {"ok": True}
    assert accounts(bot) == [("acct_shop", "metadata", "team", "travel")]
    assert course.step("configuration").state == "done"
    [entry] = bot.audited("program:account:set")
    assert entry.after == {"account": "acct_shop", "tell": "metadata"}


def test_left_as_it_is_the_platform_and_all_its_cards_are_meant(bot: Bot) -> None:
    assert record_configuration(bot, at_configuration(bot)) == {"ok": True}
    assert accounts(bot) == [("", "all", "", "")]


def test_a_wrong_account_comes_back_at_its_field_and_nothing_is_recorded(bot: Bot) -> None:
    course = at_configuration(bot)
    said = record_configuration(bot, course, stripe_account="the shop")
    assert "acct_" in str(said)
    assert accounts(bot) == []
    assert course.step("configuration").state == "open"


def test_a_second_programme_on_the_platform_is_not_held_up(bot: Bot) -> None:
    record_configuration(bot, at_configuration(bot))
    second = at_configuration(bot, "Bold")
    assert record_configuration(bot, second) == {"ok": True}
    assert len(accounts(bot)) == 1
    assert second.step("configuration").state == "done"


@pytest.mark.parametrize(("person", "said"), [(LENA, "All of them"), (CLAIRE, "Toutes")])
def test_the_account_can_be_seen_and_changed_later(bot: Bot, person: str, said: str) -> None:
    record_configuration(bot, at_configuration(bot))
    assert said in answer(bot, person, "/gantry stripe-account Acme")
    bot.slack.command(LENA, CARDS, "/gantry stripe-account Acme")
    bot.slack.click(LENA, f"stripe.account:{bot.program().id}", channel=CARDS)
    opened(bot, LENA)
    assert bot.slack.submit(LENA, {"tell": "currency", "tell_value": "EUR"}) == {"ok": True}
    assert accounts(bot) == [("", "currency", "", "eur")]


def test_whoever_is_not_of_the_programme_may_not_change_it(bot: Bot) -> None:
    record_configuration(bot, at_configuration(bot))
    answer(bot, SAM, "/gantry stripe-account Acme")
    bot.slack.click(SAM, f"stripe.account:{bot.program().id}", channel=CARDS)
    bot.settle()
    assert bot.slack.view(SAM) is None
    assert "Marc" in "".join(bot.told(SAM)) or "U0LENA" in "".join(bot.told(SAM))


def dead_letter(bot: Bot) -> StripeEvent:
    found = event("issuing_card.created", card(), number="dead")
    with bot.gantry.database.transaction() as session:
        record(
            session,
            event_of(found),
            written(found).decode(),
            platform="",
            account="",
            source="delivered",
            now=bot.clock.now(),
        )
        row = rows.one(session, "evt_dead")
        assert row is not None
        rows.failed(session, row.id, error="NoObjectError", next_attempt_at=AT_ONCE, dead=True)
    [row] = bot.rows(StripeEvent)
    return row


def test_operators_see_dead_letters_and_try_again(bot: Bot) -> None:
    row = dead_letter(bot)
    said = answer(bot, OLGA, "/gantry events", OPS)
    assert "NoObjectError" in said
    assert "issuing_card.created" in said
    bot.slack.click(OLGA, f"events.again:{row.id}", channel=OPS)
    assert bot.rows(StripeEvent)[0].state == "pending"
    assert [entry.actor for entry in bot.audited("stripe_event:retry:pending")] == [OLGA]


def test_nobody_else_sees_them(bot: Bot) -> None:
    row = dead_letter(bot)
    assert "NoObjectError" not in answer(bot, CLAIRE, "/gantry events")
    assert bot.audited("stripe_event:retry:pending") == []
    assert row.state == "dead"


def test_it_can_be_said_in_french(bot: Bot) -> None:
    assert answer(bot, OLGA, "/gantry événements", OPS) == answer(bot, OLGA, "/gantry events", OPS)
