"""Valid requests about lost cards: search, freeze, revoke, replace, wallets, late purchases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storage.tables_lost import LateCapture, LostCard
from storage.tables_stripe import Card, Cardholder, Token

if TYPE_CHECKING:
    from tests.fuzz.corpus import Corpus
    from tests.fuzz.world import Json


def use(corpus: Corpus) -> None:
    """Use every door about lost cards once, and keep what was sent."""
    from tests.fuzz.corpus import _interactive, click, command, in_view

    world = corpus.world
    now = world.gantry.clock.now()
    with world.database.transaction() as session:
        session.add(Cardholder(id="ich_1", livemode=True, name="Jenny Rosen", event_at=now))
        for number in range(1, 6):
            session.add(
                Card(
                    id=f"ic_{number}",
                    livemode=True,
                    last4="4242",
                    status="active",
                    cardholder="ich_1",
                    event_at=now,
                )
            )
        session.add(
            Token(id="intok_1", livemode=True, card="ic_1", status="active", wallet_provider="apple_pay")
        )
    for said in (
        "/lost-card 4242",
        "/lost-card jenny",
        "/lost-card ic_1",
        "/lost-card list",
        "/lost-card 9 test",
        "/lost-card 0007",
        "/lost-card nobody@example.com",
    ):
        corpus.keep("command", command(said, "U0OLGA"))
    search = corpus.opens("command", command("/lost-card", "U0OLGA"))
    _choose(search, "ic_2")
    corpus.sends(search, "U0OLGA")
    corpus.opens("click", click("lost.search", "4242", "U0OLGA"))
    for name, value in (("lost.tests", "4242"), ("lost.freeze:ic_3", "ic_3")):
        corpus.keep("click", click(name, value, "U0OLGA"))
    for card in ("ic_1", "ic_4", "ic_5"):
        corpus.send("click", click(f"lost.freeze:{card}", card, "U0OLGA"))
    first, second, third = (f"{row.id}" for row in _cases(corpus)[-3:])
    corpus.keep("click", click(f"lost.release:{third}", third, "U0OLGA"))
    revoke = corpus.opens("click", click(f"lost.ask_revoke:{first}", first, "U0OLGA"))
    corpus.sends(revoke, "U0OLGA")
    with world.database.transaction() as session:
        row = session.get(LostCard, int(second))
        assert row is not None
        row.state, row.kind, row.revoked_by, row.revoked_at = "revoked", "lost", "U0OLGA", now
        session.add(row)
        session.add(LateCapture(transaction="ipi_1", case_id=row.id, at=now))
    replacement = corpus.opens("click", click(f"lost.ask_replace:{second}", second, "U0OLGA"))
    corpus.sends(replacement, "U0OLGA")
    corpus.sends(_address(corpus, replacement), "U0OLGA")
    corpus.opens("click", click("lost.open:ic_1", "ic_1", "U0OLGA"))
    page = corpus.opens("click", click(f"lost.open:{first}", first, "U0OLGA"))
    corpus.keep("click in a form", in_view(page, "lost.token:delete_intok_1", "delete intok_1", "U0OLGA"))
    for name in ("lost.was_ours", "lost.not_ours"):
        corpus.keep("click", click(f"{name}:ipi_1", "ipi_1", "U0OLGA"))
    for kind, callback in (("shortcut", "lost.card"), ("message_action", "lost.card_message")):
        menu = {**_interactive(kind, "U0OLGA"), "callback_id": callback, "action_ts": "1.1"}
        if kind == "message_action":
            menu |= {"channel": {"id": "C0CARDS", "name": "cards"}, "message_ts": "1763900000.000100",
                     "message": {"type": "message", "text": "lost •••• 4242", "ts": "1763900000.000100"},
                     "response_url": "http://127.0.0.1:9/respond/1"}  # fmt: skip
        corpus.opens("shortcut", menu)
    corpus.keep("other", {**_interactive("block_suggestion", "U0OLGA"), "action_id": "lost.card", "block_id": "card", "value": "4242",
                          "container": {"type": "view", "view_id": "V1"}, "view": {**search, "id": "V1"}})  # fmt: skip


def _cases(corpus: Corpus) -> list[LostCard]:
    from sqlmodel import select

    with corpus.world.database.reading() as session:
        return list(session.exec(select(LostCard).order_by(LostCard.id)).all())  # type: ignore[arg-type]


def _choose(view: Json, card: str) -> None:
    for block in view["blocks"]:
        if block.get("block_id") == "card":
            block["element"]["initial_option"] = {
                "text": {"type": "plain_text", "text": "4242"},
                "value": card,
            }


def _address(corpus: Corpus, view: Json) -> Json:
    """The second page, which comes as the answer to the first."""
    import json

    from tests.fuzz.corpus import submission

    for block in view["blocks"]:
        if block.get("block_id") in {"type", "where"}:
            options = {option["value"]: option for option in block["element"]["options"]}
            block["element"]["initial_option"] = options.get("physical") or options["another"]
    _, body = corpus.send(view["callback_id"], submission(view, "U0OLGA"))
    found: Json = json.loads(body)["view"]
    for block in found["blocks"]:
        if block.get("block_id") == "country":
            block["element"]["initial_value"] = "US"
    return found
