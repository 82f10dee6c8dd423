"""The story of a lost card, with a real bot, a local Slack and a local Stripe."""

from __future__ import annotations

from tests.lost_card.rig import Scene
from tests.reliability.rig import LENA, SAM


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
