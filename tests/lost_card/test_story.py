"""The story of a lost card, with a real bot, a local Slack and a local Stripe."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.playground.stripe import acts, swipe
from bot.services.stripe_call import WAKE as CALLS
from bot.services.stripe_call import whose_call
from storage.tables import Deadline
from storage.tables_dispute import Dispute
from tests.lost_card.rig import LIVE, Scene
from tests.reliability.rig import LENA, MARC, OLGA, OPS, SAM


def test_reported_frozen_declined_revoked_declined_replaced(scene: Scene) -> None:
    assert scene.swipe() == "approved"

    said = scene.ask(LENA, "4242")
    assert "J.R." in said
    assert "Jenny" not in said
    scene.private(LENA, f"lost.freeze:{scene.card}")
    assert scene.swipe() == "declined: card_reported"
    scene.hear()
    assert scene.at_stripe()["status"] == "inactive"
    assert "Declined here" in scene.board()
    assert "Stopped at Stripe" in scene.board()
    assert "Jenny" not in " ".join(scene.thread())

    scene.revoke(SAM)
    assert scene.swipe() == "declined: card_reported"
    scene.hear()
    assert scene.at_stripe()["status"] == "canceled"
    assert scene.at_stripe()["cancellation_reason"] == "stolen"
    assert scene.case().state == "revoked"
    assert "for good" in scene.board()

    scene.form(SAM, f"lost.ask_replace:{scene.case().id}")
    assert scene.bot.slack.submit(SAM, {"type": "virtual"}) == {"ok": True}
    scene.hear()
    new = scene.at_stripe(scene.case().new_card)
    assert (new["replacement_for"], new["replacement_reason"]) == (scene.card, "stolen")
    assert new["spending_controls"]["spending_limits"][0]["amount"] == 50000
    assert scene.at_stripe()["replaced_by"] == new["id"]
    assert scene.case().new_state == "active"


def test_without_requests_of_the_account_it_says_not_stopped_yet_and_calls_operators(scene: Scene) -> None:
    scene.local.faults.outage = True
    scene.report()
    scene.hear()
    assert "NOT stopped yet" in scene.bot.told(LENA)[-1]
    assert "NOT stopped yet" in scene.board()
    assert "dashboard.stripe.com" in scene.board()
    called = [message.text for message in scene.bot.slack.messages(OLGA) if "NOT stopped yet" in message.text]
    assert len(called) == 1

    for _ in range(3):
        scene.bot.clock.advance(timedelta(minutes=2))
        scene.bot.gantry.reminders.tick()
        scene.hear()
    called = [message.text for message in scene.bot.slack.messages(OLGA) if "NOT stopped yet" in message.text]
    assert len(called) == 4

    scene.local.faults.outage = False
    scene.pass_(timedelta(minutes=2))
    assert "NOT stopped yet" not in scene.board()
    assert "Stopped at Stripe" in scene.board()
    scene.pass_(timedelta(minutes=10))
    scene.bot.gantry.reminders.tick()
    scene.hear()
    assert len([m for m in scene.bot.slack.messages(OLGA) if "NOT stopped yet" in m.text]) == 4


def test_stripe_down_for_an_hour_at_the_report(scene: Scene) -> None:
    scene.swipe()
    scene.local.faults.outage = True
    scene.report()
    assert scene.swipe() == "declined: card_reported"
    scene.hear()
    scene.revoke(SAM, "lost")
    scene.hear()
    assert scene.case().state == "revoking"
    assert scene.at_stripe()["status"] == "active"
    board = scene.board()
    assert "Declined here" in board
    assert "Stripe has not canceled it yet" in board
    assert any("does not answer at present" in said for said in scene.thread())

    scene.pass_(timedelta(hours=1))
    assert scene.swipe() == "declined: card_reported"
    scene.local.faults.outage = False
    scene.pass_(timedelta(minutes=3))

    assert scene.at_stripe()["status"] == "canceled"
    assert scene.at_stripe()["cancellation_reason"] == "lost"
    assert scene.case().state == "revoked"
    assert any("Canceled at Stripe, for good," in said and "1 h" in said for said in scene.thread()[1:])


def test_a_reply_lost_on_each_call_changes_nothing(scene: Scene) -> None:
    """Freeze, cancel, limits and replacement: each is answered into the void once, and done once."""
    scene.swipe()
    scene.report()
    for what in ("freeze", "revoke", "replace"):
        if what == "revoke":
            scene.revoke(SAM)
        if what == "replace":
            scene.form(SAM, f"lost.ask_replace:{scene.case().id}")
            assert scene.bot.slack.submit(SAM, {"type": "virtual"}) == {"ok": True}
        while any(call.state == "open" for call in scene.calls()):
            scene.local.faults.lost_reply = True
            scene.settle_calls()
            scene.local.faults.lost_reply = False
            scene.bot.clock.pass_wall(timedelta(minutes=2))
            scene.settle_calls()
        scene.hear()
    cards = scene.local.vault.all(LIVE, acts.CARD)
    assert len(cards) == 2
    assert [call.attempts for call in scene.calls()] == [2, 2, 2, 2]
    events = [
        event["data"]["object"]["status"]
        for _, event in scene.local.vault.events
        if event["type"] == "issuing_card.updated" and event["data"]["object"]["id"] == scene.card
    ]
    assert events == ["active", "inactive", "canceled", "canceled"]  # the last names its replacement
    assert scene.case().new_state == "active"


def test_a_worker_killed_between_intention_and_result_repeats_with_the_same_key(scene: Scene) -> None:
    scene.swipe()
    scene.report()
    scene.speak()
    for what in ("freeze", "revoke", "limits", "replace"):
        if what == "revoke":
            scene.revoke(SAM)
        if what == "limits":
            scene.form(SAM, f"lost.ask_replace:{scene.case().id}")
            assert scene.bot.slack.submit(SAM, {"type": "virtual"}) == {"ok": True}
        task = scene.bot.tasks()[CALLS]
        [row] = task.claim()
        params = json.loads(row.params or "{}")
        if row.method == "post":
            scene.bot.gantry.stripe.post(
                whose_call(row), row.path, params, key=row.key
            )  # and the process dies
        assert task.claim() == []
        scene.bot.clock.pass_wall(timedelta(seconds=61))
        scene.settle_calls()
        scene.speak()
    scene.hear()
    assert [call.state for call in scene.calls()] == ["done"] * 4
    assert len(scene.local.vault.all(LIVE, acts.CARD)) == 2
    assert scene.case().new_card == scene.at_stripe()["replaced_by"]


def test_two_people_revoke_at_once_and_the_second_is_told(scene: Scene) -> None:
    scene.swipe()
    scene.report()
    scene.hear()
    scene.form(SAM, f"lost.ask_revoke:{scene.case().id}")
    scene.form(OLGA, f"lost.ask_revoke:{scene.case().id}")
    assert scene.bot.slack.submit(SAM, {"kind": "lost"}) == {"ok": True}
    scene.bot.slack.submit(OLGA, {"kind": "stolen"})
    shown = scene.bot.slack.wait_for(lambda: scene.bot.slack.view(OLGA), what="the refusal")
    assert "was revoked by" in str(shown.payload)
    scene.hear()
    assert scene.at_stripe()["cancellation_reason"] == "lost"
    assert len([call for call in scene.calls() if call.act == "card.cancel"]) == 1


def test_whoever_froze_takes_it_back_within_ten_minutes_and_operators_later(scene: Scene) -> None:
    scene.swipe()
    scene.report()
    scene.hear()
    scene.bot.click(SAM, f"lost.release:{scene.case().id}", OPS)
    assert scene.case().state == "frozen"
    scene.private(LENA, f"lost.release:{scene.case().id}")
    assert scene.swipe() == "approved"
    scene.hear()
    assert scene.at_stripe()["status"] == "active"
    assert "can pay again" in scene.board()

    scene.report()
    assert scene.swipe() == "declined: card_reported"
    scene.hear()
    scene.bot.clock.advance(timedelta(minutes=11))
    scene.private(LENA, f"lost.release:{scene.case().id}")
    scene.hear()
    assert scene.case().state == "frozen"
    assert "Ask an operator" in scene.bot.told(LENA)[-1]
    scene.bot.click(OLGA, f"lost.release:{scene.case().id}", OPS)
    assert scene.case().state == "released"
    assert (scene.case().round, scene.case().ref) == (2, "L-2")


def test_frozen_and_not_revoked_calls_operators_then_managers(scene: Scene) -> None:
    scene.swipe()
    scene.report()
    scene.hear()
    heard = []
    for minutes in (14, 2, 45):
        scene.bot.clock.advance(timedelta(minutes=minutes))
        scene.bot.gantry.reminders.tick()
        scene.hear()
        heard.append([len(scene.bot.slack.messages(user)) for user in (OLGA, MARC)])
    assert heard == [[0, 0], [1, 0], [1, 1]]
    assert "frozen and not revoked yet" in scene.bot.slack.messages(OLGA)[-1].text


def test_money_taken_later_is_asked_about_and_answered_once(scene: Scene) -> None:
    scene.swipe()
    before = acts.authorize(scene.local.vault, LIVE, scene.card, 9900)["id"]
    scene.hear()
    scene.bot.clock.pass_wall(timedelta(seconds=2))
    scene.bot.clock.advance(timedelta(seconds=2))
    scene.report()
    scene.hear()
    assert "1 authorization is still open" in scene.board()
    paid = acts.capture(scene.local.vault, LIVE, before)["id"]
    scene.hear()
    asked = next(said for said in scene.thread() if "Was this yours?" in said)
    assert "*before* the report" in asked

    scene.bot.click(SAM, f"lost.was_ours:{paid}", OPS)
    scene.hear()
    assert any("It was the holder's, says" in said for said in scene.thread())
    with pytest.raises(AssertionError):
        scene.bot.button(f"lost.not_ours:{paid}", OPS)


def test_what_was_not_the_holders_opens_a_dispute_for_fraud(scene: Scene) -> None:
    scene.swipe()
    used = [
        acts.authorize(scene.local.vault, LIVE, scene.card, amount)["id"] for amount in (9900, 8800, 7700)
    ]
    scene.hear()
    scene.report()
    scene.bot.clock.pass_wall(timedelta(seconds=2))
    scene.bot.clock.advance(timedelta(seconds=2))
    stolen, returned, another = [acts.capture(scene.local.vault, LIVE, one)["id"] for one in used]
    scene.hear()
    swipe.refund(scene.local.vault, LIVE, used[1])
    scene.hear()

    scene.bot.slack.slack.workspace.channels[OPS].members.append(LENA)
    scene.bot.click(LENA, f"lost.not_ours:{stolen}", OPS)
    scene.hear()
    assert "support" in scene.bot.told(LENA)[-1]
    assert [row.answer for row in scene.captures()] == ["", "", ""]

    assert chosen(scene.form(SAM, f"lost.not_ours:{stolen}")) == "fraudulent"
    assert scene.bot.slack.submit(SAM, {}) == {"ok": True}
    scene.hear()
    [dispute] = scene.bot.rows(Dispute)
    assert (dispute.transaction, dispute.reason, dispute.amount) == (stolen, "fraudulent", 9900)
    scene.bot.slack.close(SAM, everything=True)

    scene.form(SAM, f"lost.open:{scene.case().id}")
    scene.bot.slack.click(SAM, f"dispute.new:{another}")
    scene.bot.slack.wait_for(lambda: chosen(scene.bot.slack.view(SAM)) == "fraudulent", what="the dispute")
    scene.bot.slack.close(SAM, everything=True)
    scene.bot.click(SAM, f"lost.not_ours:{returned}", OPS)  # nothing is left to dispute; the answer holds
    scene.hear()
    assert "refunded in full" in scene.bot.told(SAM)[-1]
    assert [row.answer for row in scene.captures()] == ["no", "no", ""]


def chosen(view: Any) -> str:
    """The reason that a form shows as chosen."""
    found = [one["element"] for one in view.payload["blocks"] if one.get("block_id") == "reason"]
    return str(found[0]["initial_option"]["value"]) if found else ""


def test_a_warning_of_stripe_offers_to_freeze_the_card(scene: Scene) -> None:
    acts.change_card(
        scene.local.vault,
        LIVE,
        scene.card,
        latest_fraud_warning={
            "type": "user_indicated_fraud",
            "started_at": int(scene.bot.clock.now().timestamp()),
        },
    )
    scene.hear()
    scene.bot.gantry.exceptions.tick()
    scene.hear()
    assert any("Stripe warns of fraud" in said for said in scene.thread())
    paid = acts.capture(
        scene.local.vault, LIVE, acts.authorize(scene.local.vault, LIVE, scene.card, 5500)["id"]
    )
    scene.hear()
    shown = str(scene.form(SAM, f"lost.open:{scene.card}").payload)
    assert all(words in shown for words in ("Jenny Rosen", "1 Main Street", f"dispute.new:{paid['id']}"))
    scene.bot.slack.close(SAM, everything=True)
    scene.swipe()
    scene.bot.click(SAM, f"lost.freeze:{scene.card}", OPS)
    assert scene.swipe() == "declined: card_reported"
    assert "is frozen" in str(scene.form(SAM, f"lost.open:{scene.card}").payload)


def test_a_card_canceled_in_the_dashboard_ends_the_case(scene: Scene) -> None:
    scene.swipe()
    scene.report()
    scene.hear()
    acts.change_card(scene.local.vault, LIVE, scene.card, status="canceled", cancellation_reason="lost")
    scene.hear()
    assert (scene.case().state, scene.case().revoked_by) == ("revoked", "stripe")
    assert "canceled" in scene.ask(LENA, "4242")


def test_a_lost_phone_keeps_the_card(scene: Scene) -> None:
    token = acts.token(scene.local.vault, LIVE, scene.card)["id"]
    scene.swipe()
    scene.report()
    scene.hear()
    scene.form(SAM, f"lost.open:{scene.case().id}")
    scene.bot.slack.click(SAM, f"lost.token:delete_{token}")
    scene.hear()
    assert scene.local.vault.get(LIVE, acts.TOKEN, token)["status"] == "deleted"
    assert scene.at_stripe()["status"] == "inactive"
    assert any("deleted from this wallet" in said for said in scene.thread())


def test_a_physical_card_to_another_address_is_followed_to_its_delivery(scene: Scene) -> None:
    scene.swipe()
    scene.report()
    scene.hear()
    scene.revoke(SAM)
    scene.hear()
    scene.form(SAM, f"lost.ask_replace:{scene.case().id}")
    assert scene.bot.slack.submit(SAM, {"type": "physical", "merchants": "fresh", "where": "another"}) == {
        "ok": True
    }
    to = {
        "name": "Jenny Rosen",
        "line1": "2 Side Street",
        "city": "Boston",
        "postal_code": "02111",
        "country": "us",
    }
    assert scene.bot.slack.submit(SAM, {**to, "country": "USA"})["errors"]
    assert scene.bot.slack.submit(SAM, to) == {"ok": True}
    scene.hear()
    case = scene.case()
    new = scene.at_stripe(case.new_card)
    assert (new["replacement_for"], new["status"]) == (None, "inactive")
    assert (new["shipping"]["address"]["line1"], new["shipping"]["address"]["country"]) == (
        "2 Side Street",
        "US",
    )
    assert case.ship_to is None
    for status in ("shipped", "delivered"):
        acts.ship(scene.local.vault, LIVE, case.new_card, status)
        scene.bot.clock.pass_wall(timedelta(seconds=2))
        scene.hear()
        assert scene.case().new_state == status


def test_a_card_that_does_not_arrive_in_ten_business_days_raises_an_alarm(scene: Scene) -> None:
    scene.swipe()
    scene.report()
    scene.hear()
    scene.revoke(SAM)
    scene.hear()
    scene.form(SAM, f"lost.ask_replace:{scene.case().id}")
    assert scene.bot.slack.submit(SAM, {"type": "physical", "speed": "standard"}) == {"ok": True}
    scene.hear()
    [clock] = [row for row in scene.bot.rows(Deadline) if row.subject == "card_delivery"]
    assert (clock.length, clock.unit, clock.state) == (10, "business_days", "open")

    def alarms(moment: datetime) -> list[str]:
        scene.bot.clock.advance(moment - scene.bot.clock.now())
        scene.bot.gantry.reminders.tick()
        scene.hear()
        return [said for said in scene.thread() if "delivery of the new card" in said]

    assert alarms(clock.due_at - timedelta(hours=25)) == []
    assert len(alarms(clock.due_at - timedelta(hours=1))) == 1
    for days in range(5):  # some of them are working days
        assert len(alarms(clock.due_at + timedelta(days=days, hours=12))) == 1
    for person in (SAM, MARC):  # who ordered it, and the managers
        told = [message.text for message in scene.bot.slack.messages(person)]
        assert any("overdue" in text.lower() and "delivery of the new card" in text for text in told)
    for status in ("shipped", "delivered"):
        acts.ship(scene.local.vault, LIVE, scene.case().new_card, status)
        scene.pass_(timedelta(seconds=2))
    assert [row.state for row in scene.bot.rows(Deadline) if row.subject == "card_delivery"] == ["met"]


def test_without_an_operations_channel_operators_and_the_reporter_are_written_to(scene: Scene) -> None:
    slack = scene.bot.slack
    slack.archive(OPS)
    scene.bot.gantry.look_at_channels()
    scene.report(LENA)
    scene.hear()
    for person in (LENA, OLGA):
        [said] = [
            message
            for message in slack.messages(person)
            if "Declined" in message.text or "NOT" in message.text
        ][:1]
        assert "No operations channel" in str(said.blocks)
        assert f"lost.ask_revoke:{scene.case().id}" in str(said.blocks)
    slack.click(OLGA, f"lost.ask_revoke:{scene.case().id}", channel="dm")
    slack.wait_for(lambda: slack.view(OLGA), what="the form")
    assert slack.submit(OLGA, {"kind": "lost"}) == {"ok": True}
    scene.hear()
    assert scene.at_stripe()["status"] == "canceled"
    assert all("for good" in slack.messages(person)[-1].text for person in (LENA, OLGA))
    slack.click(OLGA, f"lost.ask_replace:{scene.case().id}", channel="dm")
    slack.wait_for(lambda: slack.view(OLGA), what="the form")
    assert slack.submit(OLGA, {"type": "physical", "speed": "standard"}) == {"ok": True}
    scene.hear()
    [clock] = [row for row in scene.bot.rows(Deadline) if row.subject == "card_delivery"]
    for hours in (-25, -1, 24, 24, 24, 24, 24):
        at = clock.due_at if hours < 0 else scene.bot.clock.now()
        scene.bot.clock.advance(at + timedelta(hours=hours) - scene.bot.clock.now())
        scene.bot.gantry.reminders.tick()
        scene.hear()
    told = [message.text for message in slack.messages(OLGA)]
    assert any("overdue" in text.lower() and "delivery of the new card" in text for text in told)
    assert not scene.bot.waiting(), scene.bot.waiting()
