"""A month ends: Marc, who reads French, signs what is there, gets the files, and records what was sent."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from storage.tables import Program
from storage.tables_complaint_report import ComplaintReport, ReportFile
from tests.reliability.rig import MARC, Bot
from tests.support.complaints import complaint


def press(bot: Bot, action: str) -> None:
    """Click in the form that Marc has open, and wait for the form that this opens."""
    assert bot.slack.click(MARC, action).ok
    bot.slack.wait_for(lambda: callback(bot) == action, what=action)


def callback(bot: Bot) -> str:
    """Which form Marc has open."""
    view = bot.slack.view(MARC)
    return str(view.payload["callback_id"]) if view else ""


def test_a_manager_reads_french_signs_gets_the_files_and_records_what_was_sent(started: Bot) -> None:
    started.slack.command(MARC, "C0CARDS", "/onboarding list")  # Gantry has met him
    middle = started.clock.now().replace(day=15, hour=12)
    number = started.program().id
    with started.gantry.database.transaction() as session:
        program = session.get(Program, number)
        assert program is not None
        program.live_at, program.manager = middle.replace(day=1) - timedelta(days=3), MARC
        session.add(program)
        session.add(complaint(program.id, 1, middle, team=program.team, text="=1+1"))
    # The tenth of the next month lies behind its first business day everywhere.
    started.clock.advance((middle.replace(day=1) + timedelta(days=32)).replace(day=10) - started.clock.now())
    assert started.gantry.reports.tick() == 2
    started.settle()
    assert any("Les rapports de réclamations de" in one.text for one in started.slack.messages(MARC))
    started.slack.command(MARC, "C0CARDS", "/complaint report")
    started.slack.wait_for(lambda: started.slack.view(MARC), what="the list")
    press(started, "report.nil")
    assert started.slack.submit(MARC)
    press(started, "report.page")
    press(started, "report.sign")
    assert started.slack.submit(MARC)
    started.settle()
    rows = started.rows(ComplaintReport)
    assert [row.state for row in rows] == ["signed", "signed"]
    assert {row.state for row in started.rows(ReportFile)} == {"uploaded"}
    files = started.slack.slack.workspace.files
    brought = {
        files[name].name: files[name].content
        for message in started.slack.messages(MARC)
        for name in message.files
    }
    kinds = sorted(name.rpartition(".")[2] for name in brought)
    assert kinds == ["csv", "png", "xlsx"]
    csv = next(content for name, content in brought.items() if name.endswith(".csv"))
    assert hashlib.sha256(csv).hexdigest() == rows[1].sha256
    assert b"'=1+1" in csv
    press(started, "report.sent")
    assert started.slack.submit(MARC, {"reference": "e-mail"})
    assert [row.state for row in started.rows(ComplaintReport)] == ["signed", "sent"]
