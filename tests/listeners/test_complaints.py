"""A complaint is logged where it arises: from a message, a thread, a command; and who must not read of it."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta

import pytest

from bot.effects import complaint as ticks
from bot.playground.workspace import Message
from storage.tables import File, OutboxMessage
from storage.tables_complaint import Complaint, ComplaintEntry
from tests.reliability.rig import BOT_USER, CARDS, LENA, MARC, RANDOM, SAM, Bot

PARTNERS = "C0PARTNERS"
CALM = "The card of Mrs Alvarez was declined twice."
ANGRY = "Mr Okoro says we will hear from his lawyer."


def opens(bot: Bot, person: str, message: Message) -> str:
    """Use the shortcut on a message; gives the title of what opened."""
    bot.slack.shortcut(person, "complaint.message", message.channel, message.ts)
    bot.slack.wait_for(lambda: bot.slack.view(person), what="the form")
    view = bot.slack.view(person)
    assert view is not None
    return str(view.payload["title"]["text"])


def logs(bot: Bot, message: Message, person: str = SAM) -> Complaint:
    assert opens(bot, person, message) == "Log a complaint"
    assert bot.slack.submit(person, {}) == {"ok": True}
    found: Complaint = bot.rows(Complaint)[-1]
    return found


def lines(bot: Bot, channel: str) -> list[str]:
    """What stands in public at the source, after somebody has looked who reads there."""
    gantry = bot.gantry
    ticks.say_in_public(gantry.database, gantry.slack, gantry.clock, gantry.desk.defaults.channels)
    bot.settle()
    return [
        message.text for message in bot.slack.messages(channel) if message.text.startswith("Logged as C-")
    ]


def test_one_click_logs_a_message_with_the_time_at_which_it_was_written(started: Bot) -> None:
    message = started.slack.say(LENA, CARDS, CALM)
    started.clock.advance(timedelta(days=3))
    found = logs(started, message)
    assert (found.text, found.kind, found.source) == (CALM, "operational", f"{CARDS}/{message.ts}")
    written = datetime.fromtimestamp(int(message.ts.partition(".")[0]), UTC)
    assert (found.submitted_at, found.logged_by) == (written, SAM)
    assert found.source_link is not None
    assert found.source_link.endswith(f"/archives/{CARDS}/p{message.ts.replace('.', '')}")
    started.settle()
    assert any("*Logged as C-1.*" in text for text in started.told(SAM))
    started.slack.close(SAM, everything=True)
    assert opens(started, LENA, message) == "C-1"  # the same message again shows what there is
    assert len(started.rows(Complaint)) == 1


def test_a_long_message_with_a_card_number_is_kept_whole_and_without_it(started: Bot) -> None:
    words = f"{'It never works. ' * 250}My card is 4242 4242 4242 4242. The end."
    found = logs(started, started.slack.say(LENA, CARDS, words))
    assert found.redacted
    assert found.text is not None
    assert found.text.endswith("[card number removed]. The end.")
    assert found.text.startswith("It never works. It never works.")
    started.settle()
    assert any("delete the original message" in text for text in started.told(SAM))
    assert "4242 4242" not in json.dumps([row.facts for row in started.rows(OutboxMessage)])


def test_a_card_number_typed_into_the_form_is_refused_at_its_field(started: Bot) -> None:
    opens(started, SAM, started.slack.say(LENA, CARDS, CALM))
    answer = started.slack.submit(SAM, {"text": "Card 4242424242424242 fails"})
    assert list(answer["errors"]) == ["text"]
    assert started.rows(Complaint) == []


def test_a_mention_in_a_thread_counts_from_its_first_message(started: Bot) -> None:
    root = started.slack.say(LENA, CARDS, CALM)
    started.clock.advance(timedelta(days=1))
    started.slack.say(SAM, CARDS, f"<@{BOT_USER}> complaint she called again", thread_ts=root.ts)
    started.settle()
    [answer] = [one for one in started.slack.ephemerals(SAM) if "verb.run" in str(one.blocks)]
    assert answer.thread_ts == root.ts
    started.slack.click(SAM, "verb.run", channel=CARDS)
    started.slack.wait_for(lambda: started.slack.view(SAM), what="the form")
    assert started.slack.submit(SAM, {}) == {"ok": True}
    [found] = started.rows(Complaint)
    assert (found.text, found.source) == ("she called again", f"{CARDS}/{root.ts}")
    assert found.submitted_at == datetime.fromtimestamp(int(root.ts.partition(".")[0]), UTC)


def test_a_command_takes_what_was_said_and_counts_from_now(started: Bot) -> None:
    started.slack.command(SAM, CARDS, "/complaint the fee is far too high")
    started.slack.wait_for(lambda: started.slack.view(SAM), what="the form")
    started.slack.click(SAM, "complaint.more")
    started.slack.wait_for(lambda: "employee" in str(started.slack.view(SAM)), what="all fields")
    assert started.slack.submit(SAM, {"customer": "Ada", "category": "fees"}) == {"ok": True}
    [found] = started.rows(Complaint)
    assert (found.text, found.category, found.source_ts, found.public) == (
        "the fee is far too high",
        "fees",
        "",
        "",
    )
    assert abs(found.submitted_at - started.clock.now()) < timedelta(minutes=1)


def test_the_form_asks_whether_it_is_executive_and_the_draft_stays_shut(started: Bot) -> None:
    found = logs(started, started.slack.say(LENA, CARDS, ANGRY))
    assert (found.proposal, found.locked) == ("asked", True)
    view = started.slack.view(SAM)
    assert view is not None
    assert view.payload["callback_id"] == "complaint.decide"
    assert list(started.slack.submit(SAM, {"executive": "no"})["errors"]) == ["reason"]
    started.slack.close(SAM, everything=True)
    started.settle()
    # A button of a message from before the lock: it opens no draft, and says what to do.
    container, action = started.button(f"complaint.open:{found.id}")
    started.slack.click_raw(MARC, container, {**action, "action_id": f"complaint.draft:{found.id}"})
    started.settle()
    assert started.slack.view(MARC) is None
    assert any("C-1" in text and "Stripe" in text for text in started.told(MARC))


def test_the_bytes_of_documents_are_kept_and_what_fails_says_so_and_is_fetched_again(started: Bot) -> None:
    letter = started.slack.upload(SAM, "letter.txt", b"Dear bank", "text/plain")
    found = logs(started, started.slack.say(SAM, CARDS, CALM, files=[letter.id]))

    def documents() -> dict[str, str]:
        return {one.origin: one.state for one in started.rows(ComplaintEntry) if one.kind == "document"}

    assert documents() == {letter.id: "arriving"}
    started.settle()
    assert documents() == {letter.id: "stored"}
    [kept] = started.rows(File)
    assert kept.sha256 == hashlib.sha256(b"Dear bank").hexdigest()
    started.slack.close(SAM, everything=True)
    large = started.slack.upload(SAM, "film.mp4", bytes(11 * 1024 * 1024), "video/mp4")
    board = started.thread("complaint", found.id)
    started.click(SAM, f"complaint.open:{found.id}", board.channel)
    started.slack.wait_for(lambda: "complaint.documents" in str(started.slack.view(SAM)), what="the page")
    started.slack.click(SAM, "complaint.documents")
    started.slack.wait_for(lambda: "file_input" in str(started.slack.view(SAM)), what="the form of documents")
    assert started.slack.submit(SAM, {"files": [large.id]}) == {"ok": True}
    started.settle()
    assert documents()[large.id] == "failed"
    assert started.said("a document of C-1 could not be saved", board.channel)
    started.slack.close(SAM, everything=True)
    started.click(SAM, f"complaint.open:{found.id}", board.channel)
    started.slack.wait_for(lambda: "larger than 10 MB" in str(started.slack.view(SAM)), what="the reason")
    large.content = b"short"
    started.slack.click(SAM, "complaint.fetch")
    started.slack.wait_for(lambda: "being saved" in str(started.slack.view(SAM)), what="the second try")
    started.settle()
    assert documents()[large.id] == "stored"


def test_a_line_at_the_source_is_posted_only_where_our_people_alone_read(started: Bot) -> None:
    logs(started, started.slack.say(LENA, CARDS, CALM))
    assert lines(started, CARDS) == ["Logged as C-1"]
    assert lines(started, CARDS) == ["Logged as C-1"]  # once


@pytest.mark.parametrize("why", ["a guest", "shared", "without Gantry", "Slack does not say"])
def test_no_line_where_others_read_or_nobody_knows(started: Bot, why: str) -> None:
    channel = {"shared": PARTNERS, "without Gantry": RANDOM}.get(why, CARDS)
    message = started.slack.say(LENA, channel, CALM)
    if why == "a guest":
        started.slack.slack.workspace.channels[CARDS].members.append("U0GUS")
    found = logs(started, message, LENA)
    if why == "Slack does not say":
        started.slack.faults.set("outage", on=True)
        gantry = started.gantry
        ticks.say_in_public(gantry.database, gantry.slack, gantry.clock, gantry.desk.defaults.channels)
        started.slack.faults.clear()
    assert lines(started, channel) == []
    started.settle()
    [row] = [one for one in started.rows(Complaint) if one.id == found.id]
    assert row.public == "silent"
