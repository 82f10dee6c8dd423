"""Valid requests about the monthly reports of complaints: the list, a report, its forms, the files."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlmodel import select

from bot.effects.complaint_report import Reports
from bot.effects.download import Files
from storage.tables import Program
from storage.tables_complaint_report import ComplaintReport
from tests.support.complaints import complaint

if TYPE_CHECKING:
    from tests.fuzz.corpus import Corpus

MARC = "U0MARC"


def use(corpus: Corpus) -> None:
    """Use every door about reports once, and keep what was sent."""
    from tests.fuzz.corpus import click, command, in_view, submission

    database, clock = corpus.world.database, corpus.world.gantry.clock
    with database.transaction() as session:
        # One launched long ago has reports of several months, one of them with a complaint.
        program = session.exec(select(Program).where(Program.state == "launched")).first()
        assert program is not None
        program.live_at = clock.now() - timedelta(days=100)
        session.add(program)
        session.add(complaint(program.id, 900, clock.now() - timedelta(days=70), customer=None))
    Reports(database, clock, Files(corpus.world.gantry.settings.files_url)).tick()
    with database.reading() as session:
        found = session.exec(select(ComplaintReport).where(ComplaintReport.rows > 0)).first()
    assert found is not None
    number = f"{found.id}"
    corpus.opens("command", command("/complaint report", MARC))
    corpus.opens("click", click("report.list", "", MARC))
    page = corpus.opens("click", click(f"report.page:{number}", number, MARC))
    corpus.sends(corpus.opens("click", click("report.nil", "nil", MARC)), MARC)
    corpus.keep("click", click("report.nil_sent", "nil_signed", MARC))
    for block in (form := corpus.opens("click", click(f"report.sign:{number}", number, MARC)))["blocks"]:
        if block.get("block_id") == "note":
            block["element"]["initial_value"] = "The customer cannot be reached."
    corpus.sends(form, MARC)
    answer = corpus.send("report.sign", submission(form, MARC))  # only a signed one can be sent
    assert b"errors" not in answer[1], answer
    corpus.sends(corpus.opens("click", click(f"report.sent:{number}", number, MARC)), MARC)
    corpus.opens("click in a form", in_view(page, f"report.files:{number}", number, MARC))
    corpus.keep("click", click(f"report.add:{number}", number, MARC))
    corpus.keep("click", click(f"report.again:{number}", number, MARC))
    for state in ("on", "off"):
        value = f"{found.program_id}:{state}"
        corpus.opens("click", click(f"report.switch:{found.program_id}", value, MARC))
