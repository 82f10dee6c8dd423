"""Packets on their way into the thread: lost replies, and a process that ends between each two steps."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from bot.domain.role import Asker
from bot.effects import packet as effect
from bot.effects.upload import CLAIM
from bot.playground.workspace import Message, StoredFile
from bot.services import evidence, submission
from storage.queries import submission as rows
from storage.tables import Evidence, Step
from storage.tables_submission import Packet, Submission
from tests.reliability.beginnings import once
from tests.reliability.rig import AGAIN, CARDS, LENA, MARC, OLGA, Bot
from tests.support.course import Course
from tests.support.packing import SIGN_UP, STEP, begin, required

WHO = Asker(team="T0PLAY", user=LENA, role="member")
PDF = b"%PDF-1.4\n%% "

pytestmark = pytest.mark.usefixtures("at_once")


class EndedError(BaseException):
    """The process ends here: nothing that would have followed happens."""


def content(name: str) -> bytes:
    return PDF + name.encode()


def begun(bot: Bot) -> Course:
    """A programme at its submission, whose required files are kept; its board is there."""
    # The walk takes hours: it ends before now, not on the next day when the tests run late.
    course = Course(bot.gantry.database, now=bot.clock.now() - timedelta(hours=8), channel=CARDS)

    def work() -> tuple[int, datetime]:
        begin(course, name="Acme", manager=MARC)
        with bot.gantry.database.transaction() as session:
            for row in session.exec(select(Evidence).where(Evidence.kind == "link")).all():
                row.state = "failed"
                session.add(row)
        for number, key in enumerate(required(course)):
            keep(bot, course, key, f"first{number}")
        bot.settle(600, step=1)  # a message a second: between two there is nothing to do
        return course.program_id, course.now

    course.program_id, course.now = once(bot, "at its submission", work)
    for number in range(len(required(course))):
        stored(bot, f"first{number}")
    return course


def stored(bot: Bot, name: str) -> tuple[bytes, str]:
    """Put the bytes of a file into the storage; returns them with their place."""
    data = content(name)
    return data, packets_of(bot)._files.keep("T0PLAY", hashlib.sha256(data).hexdigest(), data)


def keep(bot: Bot, course: Course, key: str, name: str) -> None:
    """Add a file for an item, with its bytes in the storage."""
    step, _, item = key.partition("/")
    file = {"id": f"F{name.upper()}", "name": f"{name}.pdf", "mimetype": "application/pdf"}
    with bot.gantry.database.transaction() as session:
        step_id = course_step(session, course, step)
        evidence.add(session, WHO, step_id, item=item, files=[file], link="", now=course.now)
        row = session.exec(select(Evidence).where(Evidence.origin == file["id"])).one()
        number = row.id
    data, place = stored(bot, name)
    digest = hashlib.sha256(data).hexdigest()
    with bot.gantry.database.transaction() as session:
        found = session.get(Evidence, number)
        assert found is not None
        kept = {"sha256": digest, "size": len(data), "mimetype": "application/pdf", "location": place}
        evidence.stored(session, found, **kept, now=course.now)  # type: ignore[arg-type]


def course_step(session: Any, course: Course, key: str) -> int:
    wanted = select(Step).where(Step.program_id == course.program_id, Step.key == key)
    found: Step = session.exec(wanted).one()
    return found.id


def packets_of(bot: Bot) -> effect.Packets:
    """What brings packets, as the worker has it."""
    work = bot.tasks()["packets"].work
    found: effect.Packets = work.__self__  # type: ignore[attr-defined]
    return found


def prepare(course: Course) -> None:
    course.do(submission.prepare, WHO, course.id(STEP), course.now, without=True)


def zips(bot: Bot) -> list[tuple[Message, StoredFile]]:
    """The ZIPs people see in the thread, oldest first."""
    workspace = bot.slack.slack.workspace
    return [
        (message, workspace.files[name])
        for message in bot.slack.messages(CARDS)
        for name in message.files
        if name in workspace.files
    ]


def states(bot: Bot) -> list[str]:
    return [row.state for row in bot.rows(Packet)]


def calm(bot: Bot, seconds: float = 120, step: float = 1) -> None:
    """Let time pass until every packet is settled and everything is said, or the seconds are over."""
    end = bot.clock.wall() + timedelta(seconds=seconds)
    while True:
        bot.work()
        if bot.clock.wall() >= end or not (set(states(bot)) & set(rows.UNSETTLED) or bot.waiting()):
            return
        bot.clock.pass_wall(timedelta(seconds=step))


@pytest.fixture
def course(bot: Bot) -> Course:
    """A programme whose next round is ready to be packed."""
    return begun(bot)


def test_packets_their_texts_and_the_button_arrive_in_this_order(bot: Bot, course: Course) -> None:
    keep(bot, course, "review_fees/fee_list", "fees")
    prepare(course)
    calm(bot)

    thread = [m for m in bot.slack.messages(CARDS) if m.is_reply]
    wanted = [
        "had round 1 packed",
        "packet 1 of 2",
        "packet 1 of 2",
        "packet 2 of 2",
        "packet 2 of 2",
        "S-1 is complete",
    ]
    told = [m for m in thread if any(words in m.text for words in wanted)]
    assert [next(w for w in wanted if w in m.text) for m in told] == wanted
    assert [bool(m.files) for m in told] == [False, True, False, True, False, False]
    root = bot.root()
    assert {m.thread_ts for m in told} == {root.ts}
    assert "https://form.asana.com/" in str(told[2].blocks)
    assert "submission.sent" in str(told[-1].blocks)
    assert states(bot) == ["uploaded", "uploaded"]
    assert [row.state for row in bot.rows(Submission)] == ["prepared"]


def test_a_zip_holds_the_files_under_their_names_and_is_the_same_each_time(bot: Bot, course: Course) -> None:
    prepare(course)
    calm(bot)

    [(_, file)] = zips(bot)
    packed = zipfile.ZipFile(io.BytesIO(file.content))
    assert file.name == "S-1-packet-1-of-1.zip"
    assert packed.namelist() == [
        "1-disclosures-signup-v1.pdf",
        "1-disclosures-account-v1.pdf",
        "2-complaints-account-v1.pdf",
        "2-disputes-account-v1.pdf",
        "3-emails-v1.pdf",
    ]
    assert packed.read("1-disclosures-signup-v1.pdf") == content("first0")
    [row] = bot.rows(Packet)
    assert (row.sha256, row.size) == (hashlib.sha256(file.content).hexdigest(), len(file.content))
    with bot.gantry.database.reading() as session:
        facts = [{"name": e.name or "", "place": f.location} for e, f in rows.contents(session, 1, 1)]
    assert packets_of(bot)._pack(facts) == file.content


def test_a_lost_reply_to_the_sharing_is_looked_up_and_nothing_is_doubled(
    bot: Bot, course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(course)
    drop_only_sharing(bot, monkeypatch)
    calm(bot)

    assert len(zips(bot)) == 1
    assert AGAIN not in zips(bot)[0][0].text
    assert bot.calls("files.completeUploadExternal") == 1
    assert states(bot) == ["uploaded"]
    assert len(bot.said("S-1 is complete")) == 1


def drop_only_sharing(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the reply to the next sharing be lost, and no other."""
    original = type(bot.slack.faults).drops
    spent: list[str] = []

    def drops(faults: Any, method: str) -> bool:
        if method == "files.completeUploadExternal" and not spent:
            spent.append(method)
            return True
        return original(faults, method)

    monkeypatch.setattr(type(bot.slack.faults), "drops", drops)


def ends_after(bot: Bot, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """Let the process end right after this step, once."""
    bringing = packets_of(bot)
    target: Any = {
        "pack": bringing,
        "renew": bringing,
        "upload": bot.gantry.slack,
        "keep": bringing,
        "share": bot.gantry.slack,
    }[step]
    name = {"pack": "_pack", "renew": "_move", "upload": "upload", "keep": "_move", "share": "share"}[step]
    original: Callable[..., Any] = getattr(target, name)
    calls: list[bool] = []

    def then_end(*args: Any, **more: Any) -> Any:
        found = original(*args, **more)
        calls.append(True)
        if len(calls) == (2 if step == "keep" else 1):  # the lease is renewed before
            raise EndedError
        return found

    monkeypatch.setattr(target, name, then_end)


def work_until_the_end(bot: Bot) -> None:
    """Work as the process does that ends while it brings a packet."""
    outbox, task = bot.tasks()["outbox"], bot.tasks()["packets"]
    while bot.waiting():
        for message in outbox.claim():
            outbox.work(message)
        bot.clock.pass_wall(timedelta(seconds=1))
    [packet] = task.claim()
    with pytest.raises(EndedError):
        task.work(packet)
    packets_of(bot)._in_hand.clear()  # a new process holds nothing in its hands


@pytest.mark.parametrize("step", ["pack", "renew", "upload", "keep", "share"])
def test_a_process_that_ends_anywhere_leaves_one_zip_once(
    bot: Bot, course: Course, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    prepare(course)
    ends_after(bot, monkeypatch, step)
    work_until_the_end(bot)
    assert len(zips(bot)) == (1 if step == "share" else 0)
    calm(bot, 30)
    assert len(zips(bot)) == (1 if step == "share" else 0), "the lease of the one that ended still holds"
    bot.clock.pass_wall(CLAIM)
    calm(bot)

    [(message, _)] = zips(bot)
    assert states(bot) == ["uploaded"]
    # After `keep` the packet was never shared, but nobody can tell: Slack is asked, and then it says so.
    assert (AGAIN in message.text) == (step == "keep")
    assert len(bot.said("S-1 is complete")) == 1
    assert len(bot.said("packet 1 of 1")) == 2, "the ZIP and its text"


def test_a_process_that_ends_before_the_sharing_asks_slack_once(
    bot: Bot, course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(course)
    ends_after(bot, monkeypatch, "share")
    work_until_the_end(bot)
    bot.clock.pass_wall(CLAIM)
    calm(bot)

    assert bot.calls("files.info") == 1
    assert bot.calls("files.completeUploadExternal") == 1


def unclear_twice(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Slack neither show a file nor say whether it was shared."""
    from bot.slack_api import SlackUnclearError

    def share(*_args: Any, **_more: Any) -> None:
        raise SlackUnclearError("files.completeUploadExternal", "TimeoutError")

    monkeypatch.setattr(bot.gantry.slack, "share", share)


def test_a_second_doubt_is_left_to_people_with_a_button(
    bot: Bot, course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(course)
    with monkeypatch.context() as patch:
        unclear_twice(bot, patch)
        calm(bot, 600)
    [row] = bot.rows(Packet)
    assert (row.state, row.error, row.again) == ("failed", "unclear", True)
    [told] = bot.said("could not be put into the thread")
    assert "Look in the thread" in told.text
    assert f"<@{LENA}>" in told.text

    bot.click(LENA, f"packet.again:{row.id}")
    calm(bot)
    [(message, _)] = zips(bot)
    assert AGAIN in message.text, "what may be there twice says so"
    assert states(bot) == ["uploaded"]
    assert len(bot.audited("submission:retry:packing")) == 1


def test_only_who_may_finish_the_step_tries_again(
    bot: Bot, course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(course)
    with monkeypatch.context() as patch:
        unclear_twice(bot, patch)
        calm(bot, 600)
    [row] = bot.rows(Packet)
    bot.click("U0NOOR", f"packet.again:{row.id}")
    calm(bot)
    assert states(bot) == ["failed"]
    bot.click(OLGA, f"packet.again:{row.id}")
    calm(bot)
    assert states(bot) == ["uploaded"]


def test_an_app_without_the_scope_says_so_and_does_not_hold_up_the_rest(bot: Bot, course: Course) -> None:
    granted = bot.slack.slack.manifest["oauth_config"]["scopes"]["bot"]
    granted.remove("files:write")
    try:
        prepare(course)
        calm(bot)
    finally:
        granted.append("files:write")
    assert states(bot) == ["failed"]
    [told] = bot.said("could not be put into the thread")
    assert "files:write" in told.text
    bot.click(LENA, f"packet.again:{bot.rows(Packet)[0].id}")
    calm(bot)
    assert AGAIN not in zips(bot)[0][0].text, "nothing can have arrived before"


def test_a_file_that_is_gone_from_the_storage_is_named(bot: Bot, course: Course, tmp_path: Path) -> None:
    prepare(course)
    digest = hashlib.sha256(content("first0")).hexdigest()
    (tmp_path / "files" / "T0PLAY" / digest[:2] / digest).unlink()
    calm(bot)

    assert [(row.state, row.error) for row in bot.rows(Packet)] == [("failed", "file_gone")]
    assert bot.said("not in Gantry's storage any more")


def test_an_outage_is_waited_out(bot: Bot, course: Course) -> None:
    prepare(course)
    bot.slack.faults.outage = True
    calm(bot, 60)
    assert zips(bot) == []
    assert set(states(bot)) <= {"waiting", "sharing"}
    bot.slack.faults.outage = False
    calm(bot, 600)

    assert [AGAIN in message.text for message, _ in zips(bot)] == [False]
    assert states(bot) == ["uploaded"]


def test_a_failed_packet_does_not_hold_up_the_next_one(bot: Bot, course: Course, tmp_path: Path) -> None:
    keep(bot, course, "review_fees/fee_list", "fees")
    prepare(course)
    digest = hashlib.sha256(content("first0")).hexdigest()
    place = tmp_path / "files" / "T0PLAY" / digest[:2] / digest
    bytes_ = place.read_bytes()
    place.unlink()
    calm(bot)
    assert states(bot) == ["failed", "uploaded"]
    assert bot.said("S-1 is complete") == []

    place.write_bytes(bytes_)
    bot.click(LENA, f"packet.again:{bot.rows(Packet)[0].id}")
    calm(bot)
    assert states(bot) == ["uploaded", "uploaded"]
    assert len(bot.said("S-1 is complete")) == 1


def test_a_round_that_is_replaced_stops_where_it_is(bot: Bot, course: Course) -> None:
    prepare(course)
    keep(bot, course, "review_fees/fee_list", "fees")
    prepare(course)
    calm(bot)

    assert states(bot) == ["dropped", "uploaded", "uploaded"]
    assert {file.name for _, file in zips(bot)} == {"S-2-packet-1-of-2.zip", "S-2-packet-2-of-2.zip"}


def test_the_sign_up_of_a_second_round_is_version_two(bot: Bot, course: Course) -> None:
    from bot.services import step_answer

    prepare(course)
    calm(bot)
    course.do(submission.sent, WHO, course.id(STEP), course.today, "CASE-1", course.now)
    given = step_answer.Answer(
        happened_at=course.now, choice="revision", note="One thing", changes={SIGN_UP: "Show the bank"}
    )
    course.do(step_answer.answer, WHO, course.id("review"), given, course.now)
    keep(bot, course, SIGN_UP, "better")
    prepare(course)
    calm(bot)

    packed = zipfile.ZipFile(io.BytesIO(zips(bot)[-1][1].content))
    assert packed.namelist() == ["1-disclosures-signup-v2.pdf"]
    [told] = [m for m in bot.said("packet 1 of 1 (S-2)") if "Show the bank" in str(m.blocks)]
    assert "Unchanged since the round before" in str(told.blocks)
